# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The commands of `aiatrack`: their options and their words; the work is in the other rooms."""
