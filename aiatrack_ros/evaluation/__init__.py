# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Measure trackers on benchmark sequences: readers, metrics, reports and plots."""
