# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The tracker node: it tracks in the newest image, on the one thread that owns the tracker."""
