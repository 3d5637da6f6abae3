# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A training run as a YAML file, read into dataclasses; whatever they do not know is refused."""

from dataclasses import dataclass
from dataclasses import field
from dataclasses import fields
from dataclasses import is_dataclass
import difflib
from pathlib import Path
from types import GenericAlias
from typing import Any
from typing import cast
from typing import get_args
from typing import get_origin
from typing import get_type_hints
from typing import Literal

from aiatrack_ros.errors import InputError
from aiatrack_ros.training.augment import AugmentConfig
from aiatrack_ros.training.sampling import SamplingConfig


@dataclass(frozen=True)
class SourceConfig:
    """One source of pictures."""

    path: str
    format: Literal['stills', 'video', 'got10k', 'lasot', 'trackingnet', 'coco']
    # How often its targets are pasted on other pictures, and how often they are shown in place;
    # the numbers of all sources are weighed against each other.
    paste: float = 0.0
    place: float = 0.0
    # Its pictures serve as backgrounds.
    backdrop: bool = True
    # Stills without a mask or region file: cut by alpha, from a white ground, as a random shape,
    # not.
    cut: Literal['none', 'alpha', 'white', 'shape'] = 'none'
    # Stills: a folder or tar file of masks that are not beside their pictures.
    masks: str = ''
    # The kind of its objects, by the beginning of the clip's name, such as {horses: horse}; ''
    # begins every name. Look-alikes are of one kind; without an entry, the name of a still tells.
    kinds: dict[str, str] = field(default_factory=dict)
    # How far its boxes can be trusted: the weight of the losses on where the box is.
    trust: float = 1.0
    # A data set of more clips than memory holds: how many are held at a time (0: all), how many
    # frames of each, and how many are replaced by others per batch.
    pool: int = 0
    frames: int = 8
    renew: float = 0.0


@dataclass(frozen=True)
class CacheConfig:
    """Features of a frozen backbone, computed once and kept on disk in shards."""

    path: str = ''
    scenes: int = 8192
    shard: int = 128
    # The first step needs `ready` scenes; each step opens `per_step` more, so that training may
    # begin while scenes are still being made, and yet sees the same scenes whenever it is run.
    ready: int = 1024
    per_step: float = 8.0


@dataclass(frozen=True)
class LossConfig:
    """Weights of the losses; a released model was trained with the first three."""

    giou: float = 2.0
    l1: float = 5.0
    iou: float = 2.0
    # The same on the boxes of others, whose overlap with the target is mostly 0.
    others: float = 1.0
    # Who is who: the target's description against that of the references, of others, and of the
    # targets of other scenes.
    identity: float = 0.5
    # Cross-entropy on the corner maps, and on a map of the target's region from the decoder.
    corner: float = 0.3
    region: float = 1.0
    # Jittered proposals per sample for the IoU head; its own box comes on top.
    proposals: int = 8
    # Share of samples whose references show another scene's target.
    swapped: float = 0.06
    # Sigma of the error of a short-term reference's box, relative to its size.
    region_error: float = 0.05
    # Share of short-term references whose box is the one that the network finds there by itself,
    # as in a tracker, instead. It costs a second, forward-only look at every crop.
    own_regions: float = 0.0


@dataclass(frozen=True)
class OptimizerConfig:
    """AdamW and how its rate moves."""

    rate: float = 1e-3
    weight_decay: float = 1e-4
    # The backbone's rate, as a share; 0 keeps it frozen. Only its last stages are trained (the
    # paper: ResNet-50's layer2 and layer3); batch norms never are.
    backbone: float = 0.0
    backbone_stages: int = 2
    # Their depthwise kernels too: a small share of what they compute, but on a CPU their gradient
    # takes ten times as long as all the rest of a stage.
    depthwise: bool = True
    warmup: int = 100
    schedule: Literal['cosine', 'step'] = 'cosine'
    # 'step': the share of all steps after which the rate falls to a tenth. 'cosine': ends at
    # `floor`.
    milestone: float = 0.8
    floor: float = 0.02
    clip: float = 1.0
    accumulate: int = 1
    ema: float = 0.998

    @property
    def tuned_stages(self) -> int:
        """Return how many of the backbone's last stages are trained."""
        return self.backbone_stages if self.backbone > 0 else 0


@dataclass(frozen=True)
class IdentityConfig:
    """Training of the identity head alone, on targets of films, with all else standing still."""

    steps: int = 1000
    # Targets in a batch, and views of each; the share of batches whose targets are of one kind.
    targets: int = 48
    views: int = 3
    alike: float = 0.6
    # Of the softmax over all views of a batch.
    temperature: float = 0.1
    # Added to what was pooled, in units of each channel's deviation.
    noise: float = 0.2
    rate: float = 1e-3
    weight_decay: float = 1e-3
    # Views that are pooled of each target, at most; of few frames, two of each.
    collected: int = 40


@dataclass(frozen=True)
class TrainConfig:
    """A whole run."""

    sources: list[SourceConfig]
    output: str
    model: str = 'aiatrack_lite'
    # Fields of the model's configuration to be changed, for ablations.
    changes: dict[str, Any] = field(default_factory=dict)
    # Weights to begin with: a file, or 'default' for those that come with the model. Inner
    # attentions that they lack begin without effect.
    initial: str = ''
    # ImageNet weights of the backbone, where `initial` is empty.
    imagenet: str = ''
    # Targets of video that are kept for validation, by name.
    holdout: list[str] = field(default_factory=list)
    sampling: SamplingConfig = SamplingConfig()
    looks: AugmentConfig = AugmentConfig()
    loss: LossConfig = LossConfig()
    optimizer: OptimizerConfig = OptimizerConfig()
    # Frozen backbone only: train from cached features. Without it scenes are drawn while training.
    cache: CacheConfig | None = None
    # Train the identity head alone, and nothing else, as this says.
    identity: IdentityConfig | None = None
    steps: int = 1000
    scenes_per_step: int = 16
    seed: int = 1
    precision: Literal['auto', 'float32', 'bfloat16'] = 'auto'
    # Steps between log lines, validations and snapshots.
    log_every: int = 10
    validate_every: int = 200
    validation_scenes: int = 96
    save_every: int = 100


def load_config(path: str | Path) -> TrainConfig:
    """Read a YAML file; raise InputError that names the key and what is allowed."""
    # Imported here: a run that is made in Python can be trained where PyYAML is not installed.
    import yaml

    try:
        content = yaml.safe_load(Path(path).read_text(encoding='utf-8'))
    except OSError as error:
        raise InputError(f'configuration {path}: {error.strerror}') from error
    except yaml.YAMLError as error:
        raise InputError(f'configuration {path} is not YAML: {error}') from error
    config = parse(TrainConfig, content, str(path))
    _check(config, str(path))
    return config


def parse(kind: Any, value: Any, where: str) -> Any:
    """Turn what YAML gave into the annotated kind, or raise InputError that names `where`."""
    origin, arguments = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        if not isinstance(value, dict):
            raise InputError(f'{where}: expected a mapping, not {value!r}')
        hints = get_type_hints(kind)
        known = [f.name for f in fields(kind)]
        for key in value:
            if key not in known:
                near = difflib.get_close_matches(str(key), known, 1)
                hint = f"did you mean '{near[0]}'?" if near else f'known keys: {", ".join(known)}'
                raise InputError(f"{where}: unknown key '{key}'; {hint}")
        try:
            return cast(Any, kind)(
                **{k: parse(hints[k], v, f'{where}: {k}') for k, v in value.items()}
            )
        except TypeError as error:
            missing = str(error).rpartition(': ')[2]
            raise InputError(f'{where}: missing key {missing}') from error
    if origin is Literal:
        if value not in arguments:
            raise InputError(f'{where}: {value!r} is not one of {", ".join(map(str, arguments))}')
        return value
    if origin is list:
        if not isinstance(value, list):
            raise InputError(f'{where}: expected a list, not {value!r}')
        return [parse(arguments[0], item, f'{where}[{i}]') for i, item in enumerate(value)]
    if origin is tuple:
        value = list(value) if isinstance(value, tuple) else value
        items = parse(GenericAlias(list, (arguments[0],)), value, where)
        if len(items) != len(arguments):
            raise InputError(f'{where}: expected {len(arguments)} values, not {len(items)}')
        return tuple(items)
    if origin is dict:
        if not isinstance(value, dict):
            raise InputError(f'{where}: expected a mapping, not {value!r}')
        return value
    if type(None) in arguments:
        return None if value is None else parse(arguments[0], value, where)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind is float and isinstance(value, str):
        try:
            return float(value)  # YAML 1.1 takes 1e-4 for a string
        except ValueError:
            pass
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise InputError(f'{where}: expected {kind.__name__}, not {value!r}')
    return value


# Allowed ranges by the name of the field, wherever it stands.
_SHARES = (
    'wide',
    'distractors',
    'occluders',
    'borders',
    'absent',
    'flips',
    'parts',
    'grey',
    'coarse',
    'blur',
    'noise',
    'swapped',
    'own_regions',
    'alike',
    'roaming',
    'impostors',
    'trust',
    'milestone',
    'floor',
    'ema',
    'backbone',
)
_POSITIVE = (
    'steps',
    'scenes_per_step',
    'rate',
    'accumulate',
    'clip',
    'log_every',
    'validate_every',
    'save_every',
    'shard',
    'scenes',
    'targets',
    'views',
    'temperature',
    'collected',
)


def _check(node: Any, where: str) -> None:
    for item in fields(node):
        value, name = getattr(node, item.name), f'{where}: {item.name}'
        if is_dataclass(value):
            _check(value, name)
        elif isinstance(value, list):
            for index, element in enumerate(value):
                if is_dataclass(element):
                    _check(element, f'{name}[{index}]')
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            if value != value or value < 0:
                raise InputError(f'{name}: {value} must not be negative')
            if item.name in _SHARES and value > 1:
                raise InputError(f'{name}: {value} must lie in [0, 1]')
            if item.name in _POSITIVE and value <= 0:
                raise InputError(f'{name}: {value} must be above 0')
    if isinstance(node, SamplingConfig) and node.frames < 2:
        raise InputError(f'{where}: frames: {node.frames} must be at least 2')
    if isinstance(node, TrainConfig):
        if not node.sources:
            raise InputError(f'{where}: sources: at least one is needed')
