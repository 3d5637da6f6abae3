# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Training: sources of pictures, a compositor, losses and the loop behind `aiatrack train`."""
