# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The tracker node: the newest frame in, tracks out; one thread owns the tracker."""
