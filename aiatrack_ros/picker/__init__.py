# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""How a person points at a target, without ROS: a web page with live pictures, or a window."""
