# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""On which kinds of GPU the CUDA graph has been held to eager torch, and has passed."""

# By the name that torch gives the card: what it passed with. `tools/gpu_check.py` prints the line
# to be added here after all checks of its first part have passed; nothing else may add one.
CHECKED: dict[str, str] = {}
