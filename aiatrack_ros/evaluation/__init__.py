# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Accuracy: trackers on benchmark sequences, their metrics, reports and plots."""
