# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What stands in for a robot: players of videos, a simulated world, and recorders."""
