# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Stand-ins for a robot: videos and a simulated world in, recordings out."""
