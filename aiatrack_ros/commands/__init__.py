# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The commands of `aiatrack`: their options and what they print; the work is in other rooms."""
