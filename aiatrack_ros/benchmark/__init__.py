# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Speed: how long a frame takes on this machine, and how near that is to what it could do."""
