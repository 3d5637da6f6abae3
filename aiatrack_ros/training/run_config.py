# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A training run as a YAML file, read into dataclasses; whatever they do not know is refused."""

from dataclasses import dataclass
from dataclasses import field
from dataclasses import fields
from dataclasses import is_dataclass
import difflib
from pathlib import Path
from typing import Any
from typing import cast
from typing import get_args
from typing import get_origin
from typing import get_type_hints
from typing import Literal

from aiatrack_ros.errors import InputError
from aiatrack_ros.settings import CheckedSettings
from aiatrack_ros.settings import POSITIVE
from aiatrack_ros.settings import setting
from aiatrack_ros.training.augment import AugmentConfig
from aiatrack_ros.training.sampling import SamplingConfig


@dataclass(frozen=True)
class SourceConfig(CheckedSettings):
    """One source of pictures."""

    path: str
    format: Literal['stills', 'video', 'got10k', 'lasot', 'trackingnet', 'coco']
    # How often its targets are pasted on other pictures, and how often they are shown in place;
    # the numbers of all sources are weighed against each other.
    paste: float = setting(0.0, 0)
    place: float = setting(0.0, 0)
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
    trust: float = setting(1.0, 0, 1)
    # A data set of more clips than memory holds: how many are held at a time (0: all), how many
    # frames of each, and how many are replaced by others per batch.
    pool: int = setting(0, 0)
    frames: int = setting(8, 1)
    renew: float = setting(0.0, 0)


@dataclass(frozen=True)
class CacheConfig(CheckedSettings):
    """Features of a frozen backbone, computed once and kept on disk in shards."""

    path: str = ''
    scenes: int = setting(8192, 1)
    shard: int = setting(128, 1)
    # The first step needs `ready` scenes; each step opens `per_step` more, so that training may
    # begin while scenes are still being made, and yet sees the same scenes whenever it is run.
    ready: int = setting(1024, 0)
    per_step: float = setting(8.0, 0)


@dataclass(frozen=True)
class LossConfig(CheckedSettings):
    """Weights of the losses; a released model was trained with the first three."""

    giou: float = setting(2.0, 0)
    l1: float = setting(5.0, 0)
    iou: float = setting(2.0, 0)
    # The same on the boxes of others, whose overlap with the target is mostly 0.
    others: float = setting(1.0, 0)
    # Cross-entropy on the corner maps, and on a map of the target's region from the decoder.
    corner: float = setting(0.3, 0)
    region: float = setting(1.0, 0)
    # Jittered proposals per sample for the IoU head; its own box comes on top.
    proposals: int = setting(8, 0)
    # Share of samples whose references show another scene's target.
    swapped: float = setting(0.06, 0, 1)
    # Sigma of the error of a short-term reference's box, relative to its size.
    region_error: float = setting(0.05, 0)
    # Share of short-term references whose box is the one that the network finds there by itself,
    # as in a tracker, instead. It costs a second, forward-only look at every crop.
    own_regions: float = setting(0.0, 0, 1)


@dataclass(frozen=True)
class OptimizerConfig(CheckedSettings):
    """AdamW and how its rate moves."""

    rate: float = setting(1e-3, POSITIVE)
    weight_decay: float = setting(1e-4, 0)
    # The backbone's rate, as a share; 0 keeps it frozen. Only its last stages are trained (the
    # paper: ResNet-50's layer2 and layer3); batch norms never are.
    backbone: float = setting(0.0, 0, 1)
    backbone_stages: int = setting(2, 0)
    # Their depthwise kernels too: a small share of what they compute, but on a CPU their gradient
    # takes ten times as long as all the rest of a stage.
    depthwise: bool = True
    warmup: int = setting(100, 0)
    schedule: Literal['cosine', 'step'] = 'cosine'
    # 'step': the share of all steps after which the rate falls to a tenth. 'cosine': ends at
    # `floor`.
    milestone: float = setting(0.8, 0, 1)
    floor: float = setting(0.02, 0, 1)
    clip: float = setting(1.0, POSITIVE)
    accumulate: int = setting(1, 1)
    ema: float = setting(0.998, 0, 1)

    @property
    def tuned_stages(self) -> int:
        """Return how many of the backbone's last stages are trained."""
        return self.backbone_stages if self.backbone > 0 else 0


@dataclass(frozen=True)
class IdentityConfig(CheckedSettings):
    """The identity head alone: where it begins, and its training, if any."""

    # A person-reidentification-retail network of the Open Model Zoo to begin with, of the head's
    # size; empty for weights that know nothing.
    initial: str = ''
    steps: int = setting(1000, 0)  # 0 leaves it as it begins
    # Targets in a batch, and views of each; the share of batches whose targets are of one kind.
    targets: int = setting(48, 1)
    views: int = setting(3, 1)
    alike: float = setting(0.6, 0, 1)
    # Of the softmax over all views of a batch.
    temperature: float = setting(0.1, POSITIVE)
    rate: float = setting(1e-3, POSITIVE)  # at its highest
    weight_decay: float = setting(1e-3, 0)
    # Views of each target of a film, at most; of few frames, two of each.
    collected: int = setting(40, 1)


@dataclass(frozen=True)
class TrainConfig(CheckedSettings):
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
    steps: int = setting(1000, 1)
    scenes_per_step: int = setting(16, 1)
    seed: int = setting(1, 0)
    precision: Literal['auto', 'float32', 'bfloat16'] = 'auto'
    # Steps between log lines, validations and snapshots.
    log_every: int = setting(10, 1)
    validate_every: int = setting(200, 1)
    validation_scenes: int = setting(96, 0)
    save_every: int = setting(100, 1)


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
    if not config.sources:
        raise InputError(f'{path}: sources: at least one is needed')
    return config


def parse(kind: Any, value: Any, where: str) -> Any:
    """Turn what YAML gave into the annotated kind; raise InputError that begins with `where`.

    This builds what is nested, and numbers of texts and whole numbers; what a value may be is for
    the dataclass to say.
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        return _parse_dataclass(cast(Any, kind), value, where)
    if origin is list:
        if not isinstance(value, list):
            raise InputError(f'{where}: expected a list, not {value!r}')
        return [parse(arguments[0], item, f'{where}[{i}]') for i, item in enumerate(value)]
    if origin is tuple and isinstance(value, list):
        return tuple(value)
    if origin is dict and not isinstance(value, dict):
        raise InputError(f'{where}: expected a mapping, not {value!r}')
    if type(None) in arguments:
        return None if value is None else parse(arguments[0], value, where)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind is float and isinstance(value, str):
        try:
            return float(value)  # YAML 1.1 takes 1e-4 for a string
        except ValueError:
            pass
    return value


def _parse_dataclass(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise InputError(f'{where}: expected a mapping, not {value!r}')
    hints = get_type_hints(kind)
    known = [f.name for f in fields(kind)]
    for key in value:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, 1)
            hint = f"did you mean '{near[0]}'?" if near else f'known keys: {", ".join(known)}'
            raise InputError(f"{where}: unknown key '{key}'; {hint}")
    values = {key: parse(hints[key], item, f'{where}: {key}') for key, item in value.items()}
    try:
        return kind(**values)
    except TypeError as error:
        missing = str(error).rpartition(': ')[2]
        raise InputError(f'{where}: missing key {missing}') from error
    except ValueError as error:
        raise InputError(f'{where}: {error}') from error
