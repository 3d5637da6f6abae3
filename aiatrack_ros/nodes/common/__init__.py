# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What several nodes share: images, messages, parameters, diagnostics, start and end."""
