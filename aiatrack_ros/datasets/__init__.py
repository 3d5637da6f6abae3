# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Layouts of data sets on disk, each read by one rule for evaluation and training alike."""
