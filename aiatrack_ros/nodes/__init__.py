# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""ROS 2 nodes, by their purpose: tracking, selecting, following, playing and recording."""
