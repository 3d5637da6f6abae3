# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The follower, which turns tracks into velocities of a robot that keeps its distance."""
