# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What a user can do wrong, as exceptions whose text is fit to be shown as it is."""


class AiATrackError(Exception):
    """Something that the user can mend; the text names the input and the remedy in one line."""


class InputError(AiATrackError, ValueError):
    """An image, a box, a video or a setting that cannot be used."""


class CheckpointError(AiATrackError):
    """Weights that are missing, torn or made for another network."""


class DeviceError(AiATrackError):
    """A device or a precision that this machine does not have."""
