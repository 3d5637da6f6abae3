# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""ROS 2 nodes: the tracker, a video player, a recorder, and the demo that joins them."""
