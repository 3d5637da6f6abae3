# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Small training data that tests make: videos, stills, and runs on them."""

import json
from pathlib import Path

import cv2
import numpy as np
import torch
import yaml

SIZE = (90, 120)  # height and width of the pictures


def texture(seed: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Return a smooth random picture (H, W, 3) uint8."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (6, 8, 3)).astype(np.uint8)
    return cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC)


def write_picture(path: Path, picture: np.ndarray) -> None:
    """Write an RGB picture, or a mask."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), picture[..., ::-1] if picture.ndim == 3 else picture)


def write_video(
    root: Path, name: str, frames: int = 4, masks: bool = False, suffix: str = '.png'
) -> np.ndarray:
    """Write pictures `NAME/FRAME.png` and `NAME/boxes.csv`; return the true boxes (frames, 4)."""
    seed = sum(map(ord, name))
    ground, patch = texture(seed), texture(seed + 1, (20, 24))
    boxes = []
    for index in range(frames):
        x, y = 20 + 5 * index, 30 + 2 * index
        picture = ground.copy()
        picture[y : y + 20, x : x + 24] = patch
        write_picture(root / name / f'{index:04d}{suffix}', picture)
        if masks:
            mask = np.zeros(SIZE, np.uint8)
            mask[y : y + 20, x : x + 24] = 255
            write_picture(root / name / f'{index:04d}.mask.png', mask)
        boxes.append((x, y, 24, 20))
    lines = [f'{i:04d},' + ','.join(map(str, box)) for i, box in enumerate(boxes)]
    (root / name / 'boxes.csv').write_text('\n'.join(lines) + '\n')
    return np.array(boxes, float)


def write_stills(root: Path, count: int = 3) -> None:
    """Write pictures with an elliptic mask each."""
    for index in range(count):
        mask = np.zeros(SIZE, np.uint8)
        cv2.ellipse(mask, (60, 45), (25, 15), 20, 0, 360, 255, -1)
        write_picture(root / f'{index}.png', texture(100 + index))
        write_picture(root / f'{index}.mask.png', mask)


def write_coco(root: Path, objects: list[dict]) -> None:
    """Write `annotations/instances_train2017.json` and its one picture, number 7."""
    write_picture(root / 'train2017' / '1.jpg', texture(1))
    (root / 'annotations').mkdir()
    content = {'images': [{'id': 7, 'file_name': '1.jpg'}], 'annotations': objects}
    (root / 'annotations' / 'instances_train2017.json').write_text(json.dumps(content))


def write_run(root: Path, **changes: object) -> Path:
    """Write a tiny run and random backbone weights for it; return its YAML file."""
    if not (root / 'video').exists():
        write_video(root / 'video', 'a')
        write_video(root / 'video', 'b', masks=True)
        write_stills(root / 'stills')
    run: dict[str, object] = {
        'sources': [
            {'path': str(root / 'video'), 'format': 'video', 'place': 1, 'paste': 1},
            {'path': str(root / 'stills'), 'format': 'stills', 'paste': 1},
        ],
        'output': str(root / 'out'),
        'imagenet': str(root / 'imagenet.pth'),
        'changes': {'crop_size': 64, 'inner_self': 'none', 'inner_cross': 'none'},
        'sampling': {'frames': 3},
        'optimizer': {'warmup': 2, 'rate': 1e-3},
        'steps': 4,
        'scenes_per_step': 2,
        'log_every': 1,
        'validation_scenes': 0,
    }
    if not (root / 'imagenet.pth').exists():
        from aiatrack_ros.model.backbone import EfficientNetLite0

        torch.manual_seed(0)
        torch.save(EfficientNetLite0().state_dict(), root / 'imagenet.pth')
    path = root / 'run.yaml'
    path.write_text(yaml.safe_dump(run | changes))
    return path
