# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What runs the network: one protocol, eager torch that defines it, and faster engines."""
