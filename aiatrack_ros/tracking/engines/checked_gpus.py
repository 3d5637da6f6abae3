# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""On which kinds of GPU the CUDA graph has been held to eager torch, and has passed."""

# The keys are names that torch gives to cards, the values tell with what each has passed.
# `tools/gpu_check.py` prints the line to be added here when all checks of its first part have
# passed, but for ONNX Runtime's, which says nothing of the graph; nothing else may add one.
CHECKED: dict[str, str] = {
    'NVIDIA H200': 'torch 2.11.0+cu130, CUDA 13.0',
}
