# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A small world to try the follower in: a robot with a camera, a room, and people who walk."""
