# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Every stage of the network, and whole trajectories, held to recorded truth.

A parity file is an npz of inputs, intermediates and trajectories that the released implementation
computed in float32 with seeded weights (see seeded_weights.py). Shapes in it carry the released
implementation's batch axis, which is dropped on reading.
"""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path
import re
from typing import NamedTuple
import zipfile

from aiatrack_ros.errors import InputError
from aiatrack_ros.evaluation.seeded_weights import load_seeded_weights
from aiatrack_ros.model import AiATrack
from aiatrack_ros.model import VARIANTS
from aiatrack_ros.model.attention import join
from aiatrack_ros.model.inference import for_inference
from aiatrack_ros.model.network import Padding
from aiatrack_ros.model.pooling import precise_roi_pool
from aiatrack_ros.tracking import Tracker
from aiatrack_ros.tracking import TrackerSettings
from aiatrack_ros.tracking.crop import Crop
from aiatrack_ros.tracking.crop import crop_region
from aiatrack_ros.tracking.engines.engine import create_engine
from aiatrack_ros.tracking.engines.engine import Engine
import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

MODEL = 'aiatrack_r50'
RELATIVE_LIMIT = 3e-3
BOX_LIMIT = 0.05
IOU_LIMIT = 1e-3

_SEARCH_FRAME = 9  # of the file's frames, the one whose crop is recorded in full
_POOL_CELLS, _POOL_BINS = 20, 4
_REQUIRED = (
    'frames init_box init_memory init_embedding crop_box crop crop_mask resize_factor feat '
    'feat_mask pos inner_pos decoder score_tl score_br box_xywh iou_raw '
    'pool_feat pool_boxes_xyxy pool_out'
).split()


class Check(NamedTuple):
    """The largest error of one stage, and how large it may be."""

    stage: str
    error: float
    limit: float
    unit: str

    @property
    def passed(self) -> bool:
        """Whether the error is within its limit; NaN is not."""
        return self.error <= self.limit


def read_parity_file(path: Path) -> dict[str, np.ndarray]:
    """Read a parity file.

    Raises:
        InputError: It is missing, torn, or has not what a parity file has.
    """
    if not path.is_file():
        raise InputError(f"parity file '{path}' does not exist")
    try:
        with np.load(path, allow_pickle=False) as file:
            truth = {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"parity file '{path}' can't be read: {error}; copy it anew") from error
    missing = [name for name in _REQUIRED if name not in truth]
    if missing:
        raise InputError(f"'{path}' is no parity file: it has no {', '.join(missing)}")
    return truth


def _relative(stage: str, ours: Tensor | np.ndarray, truth: np.ndarray) -> Check:
    """Compare values of any layout with the same order, relative to the truth's maximum."""
    ours = np.asarray(ours, np.float64).reshape(truth.shape)
    largest = np.abs(truth.astype(np.float64)).max()
    error = np.abs(ours - truth).max() / (largest or 1)
    return Check(stage, float(error), RELATIVE_LIMIT, 'of max')


def _padding(crop: Crop) -> Padding:
    return Padding(
        torch.from_numpy(crop.padded_rows)[None], torch.from_numpy(crop.padded_columns)[None]
    )


def check_stages(network: AiATrack, truth: Mapping[str, np.ndarray]) -> Iterator[Check]:
    """Compare everything up to the heads on one reference and one search crop."""
    config = network.config
    frames = truth['frames']

    def cut(frame: np.ndarray, box: np.ndarray) -> Crop:
        x, y, w, h = map(float, box)
        return crop_region(frame, (x, y, w, h), config.search_factor, config.crop_size)

    initial = cut(frames[0], truth['init_box'])
    position = network.position(_padding(initial))
    features, _ = network.extract(network.preprocess(torch.from_numpy(initial.pixels)[None]))
    memory = network.encode(features, position)
    yield _relative('initial memory', memory, truth['init_memory'])
    x, y, w, h = map(float, truth['init_box'])
    boxes = torch.tensor([initial.to_crop((x, y, w, h))])
    yield _relative('initial embedding', network.region_embedding(boxes), truth['init_embedding'])
    reference = network.refer(memory, boxes, position.inner)

    crop = cut(frames[_SEARCH_FRAME], truth['crop_box'])
    yield _relative('crop', crop.pixels, truth['crop'])
    mask = crop.padded_rows[:, None] | crop.padded_columns
    yield _relative('crop mask', mask, truth['crop_mask'].astype(np.float64))
    yield _relative('crop scale', np.array(config.crop_size / crop.side), truth['resize_factor'])
    stride = config.crop_size // config.grid
    yield _relative(
        'feature mask', mask[::stride, ::stride], truth['feat_mask'].astype(np.float64)
    )
    features, lateral = network.extract(network.preprocess(torch.from_numpy(crop.pixels)[None]))
    tokens = network.embed(features)
    yield _relative('features', tokens, truth['feat'])
    position = network.position(_padding(crop))
    yield _relative('position', position.outer, truth['pos'])
    yield _relative('inner position', position.inner, truth['inner_pos'])
    for index, layer in enumerate(network.transformer.encoder.layers):
        tokens = layer(tokens, position)
        yield _relative(f'encoder layer {index}', tokens, truth[f'encoder_{index}'])
    decoded = network.decode(tokens, reference.long, join([reference.short] * 3))
    yield _relative('decoder', decoded.flatten(2).mT, truth['decoder'])
    corners = network.locate(decoded, lateral)
    yield _relative('top-left scores', corners.top_left, truth['score_tl'])
    yield _relative('bottom-right scores', corners.bottom_right, truth['score_br'])
    x1, y1, x2, y2 = corners.boxes[0].tolist()
    ours = np.array([x1, y1, x2 - x1, y2 - y1])
    error = np.abs(ours - truth['box_xywh'].ravel()).max() * crop.side
    yield Check('box', float(error), BOX_LIMIT, 'px')
    iou = network.iou_head(decoded, corners.boxes[:, None])
    error = np.abs(iou.numpy().ravel() - truth['iou_raw'].ravel()).max()
    yield Check('IoU', float(error), IOU_LIMIT, '')


def check_pooling(truth: Mapping[str, np.ndarray]) -> Check:
    """Compare precise RoI pooling on boxes of all kinds."""
    features = torch.from_numpy(truth['pool_feat'])
    boxes = torch.from_numpy(truth['pool_boxes_xyxy'])[None] * _POOL_CELLS
    pooled = precise_roi_pool(features, boxes, _POOL_BINS, _POOL_BINS)
    return _relative('PrRoI pooling', pooled, truth['pool_out'])


def check_trajectories(
    engine: Engine, truth: Mapping[str, np.ndarray], progress: Callable[[], object] = lambda: None
) -> Iterator[Check]:
    """Run the whole online loop with each of the file's settings; two checks for each."""
    names = sorted(m[1] for m in (re.fullmatch(r'(track\d+)_params', name) for name in truth) if m)
    for name in names:
        capacity, ensemble, raw_threshold = truth[f'{name}_params'].tolist()
        settings = TrackerSettings(
            memory_capacity=int(capacity),
            short_term_memory_size=int(ensemble),
            # A threshold below the network's range means that every frame is taken.
            update_threshold=max(0.0, (raw_threshold + 1) / 2),
            size_noise=0.0,
            lost_threshold=0.0,
        )
        tracker = Tracker(engine, settings)
        tracker.initialize(truth['frames'][0], truth['init_box'].tolist())
        boxes, ious = [], []
        for frame in truth['frames'][1:]:
            result = tracker.track(frame)
            boxes.append(result.box)
            ious.append(result.raw_iou)
            progress()
        shown = f'{name} ({capacity:g}, {ensemble:g}, {raw_threshold:g})'
        error = np.abs(np.array(boxes) - truth[f'{name}_boxes']).max()
        yield Check(f'{shown} boxes', float(error), BOX_LIMIT, 'px')
        error = np.abs(np.array(ious) - truth[f'{name}_iou_raw']).max()
        yield Check(f'{shown} IoU', float(error), IOU_LIMIT, '')


def check_file(
    truth: Mapping[str, np.ndarray],
    device: str = 'auto',
    precision: str = 'auto',
    threads: int = 0,
    engine_name: str = 'auto',
) -> list[Check]:
    """Run all checks of one parity file; stages in eager torch, trajectories with the engine."""
    network = load_seeded_weights(AiATrack(VARIANTS[MODEL]))
    engine = create_engine(network, engine_name, device, precision, threads)
    total = sum(len(truth[name]) for name in truth if re.fullmatch(r'track\d+_boxes', name))
    with torch.inference_mode():
        checks = list(check_stages(for_inference(network), truth))
        checks.append(check_pooling(truth))
    with tqdm(total=total, unit='frame', desc='trajectories', disable=None) as bar:
        checks += check_trajectories(engine, truth, bar.update)
    return checks
