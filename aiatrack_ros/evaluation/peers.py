# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""OpenCV's trackers under the contract of `one_pass.Evaluated`, to be measured beside ours."""

from collections.abc import Callable
from dataclasses import dataclass
import math
from pathlib import Path
from typing import Any

from aiatrack_ros.errors import InputError
from aiatrack_ros.evaluation.one_pass import Box
import cv2
import numpy as np

NANO_FILES = ('nanotrack_backbone_sim.onnx', 'nanotrack_head_sim.onnx')
VIT_FILES = ('object_tracking_vittrack_2023sep.onnx',)


@dataclass(frozen=True)
class PeerResult:
    """A box in pixels, NaN where the peer reported a failure."""

    box: Box


class Peer:
    """A tracker of OpenCV; each target gets a fresh one."""

    def __init__(self, create: Callable[[], Any]) -> None:
        self._create = create
        self._tracker: Any = None

    def initialize(self, image: np.ndarray, box: Box) -> None:
        """Take the target: image uint8 (H, W, 3) RGB, box x, y, w, h in pixels."""
        self._tracker = self._create()
        # OpenCV wants whole pixels and blue first.
        whole = tuple(round(value) for value in box)
        self._tracker.init(np.ascontiguousarray(image[..., ::-1]), whole)

    def track(self, image: np.ndarray) -> PeerResult:
        """Return the box of the target, NaN if the peer says that it failed."""
        found, box = self._tracker.update(np.ascontiguousarray(image[..., ::-1]))
        x, y, w, h = map(float, box) if found else (math.nan,) * 4
        return PeerResult((x, y, w, h))


def find_peers(folder: str | Path) -> dict[str, Peer]:
    """Return the peers that this OpenCV and the ONNX files of a folder allow, by name.

    Raises:
        InputError: the folder has the files of no peer.
    """
    root = Path(folder)
    if not root.is_dir():
        raise InputError(f'{root}: no such folder; name one with the ONNX files of the peers')
    peers = {}
    if all((root / name).is_file() for name in NANO_FILES):
        peers['nanotrack_v2'] = Peer(lambda: _nano(root))
    if all((root / name).is_file() for name in VIT_FILES):
        peers['vittrack'] = Peer(lambda: _vit(root))
    if not peers:
        wanted = ', '.join((*NANO_FILES, *VIT_FILES))
        raise InputError(f'{root}: no models of peers; put there {wanted} (OpenCV Zoo, or extra)')
    # Only builds of OpenCV with the contributed modules have these.
    for name, attribute in (('csrt', 'TrackerCSRT_create'), ('kcf', 'TrackerKCF_create')):
        create = getattr(cv2, attribute, None)
        if create is not None:
            peers[name] = Peer(create)
    for name, peer in peers.items():
        try:
            peer._create()
        except (cv2.error, AttributeError) as error:
            reason = ' '.join(str(error).split())
            raise InputError(
                f'{root}: OpenCV {cv2.__version__} can not load {name} ({reason}); fetch its '
                'ONNX files anew or use OpenCV 4.9 or later'
            ) from None
    return peers


def _nano(root: Path) -> Any:
    params = cv2.TrackerNano.Params()
    params.backbone, params.neckhead = (str(root / name) for name in NANO_FILES)
    return cv2.TrackerNano.create(params)


def _vit(root: Path) -> Any:
    params = cv2.TrackerVit.Params()
    params.net = str(root / VIT_FILES[0])
    return cv2.TrackerVit.create(params)
