# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The target picker: a web page on which a person draws a box on live pictures, without ROS."""
