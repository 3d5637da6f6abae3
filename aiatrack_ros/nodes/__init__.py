# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""ROS 2 nodes, by what they are for: tracking, selecting, following, playing and recording."""
