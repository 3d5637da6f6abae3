# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Clips of what a tracker saw and believed: recorded, read, played again, explained, labelled."""
