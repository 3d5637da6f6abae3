# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Follow one target that a person points at, with AiATrack, in ROS 2 or without it."""

import pkgutil

# The messages are generated into an installed package of the same name; with this line the source
# tree and the installed messages are one package, wherever each of them lies on the path.
__path__ = pkgutil.extend_path(__path__, __name__)

__version__ = '0.1.0'
