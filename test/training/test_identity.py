# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Training of the identity head alone."""

import csv
import dataclasses
from pathlib import Path

from aiatrack_ros import cli
from aiatrack_ros.errors import InputError
from aiatrack_ros.model import AiATrack
from aiatrack_ros.model import VARIANTS
from aiatrack_ros.model.checkpoint import load_network
from aiatrack_ros.model.heads import IDENTITY_SIZE
from aiatrack_ros.model.heads import IDENTITY_WIDTH
from aiatrack_ros.model.osnet import OSNet
from aiatrack_ros.training import run
from aiatrack_ros.training.identity import collect
from aiatrack_ros.training.identity import IdentityTrainer
from aiatrack_ros.training.identity import read_views
from aiatrack_ros.training.identity import telling_apart
from aiatrack_ros.training.identity import Views
from aiatrack_ros.training.identity import write_views
from aiatrack_ros.training.run import configured
from aiatrack_ros.training.run import make_network
from aiatrack_ros.training.run import model_config
from aiatrack_ros.training.run import train
from aiatrack_ros.training.run_config import IdentityConfig
from aiatrack_ros.training.scene_source import SceneSource
import numpy as np
import pytest
from reidentification import write_osnet
import torch
from training_trees import write_run
from training_trees import write_stills
from training_trees import write_video
import yaml

SIZE = (128, 64)  # of pictures that networks of these tests look at
CONFIG = IdentityConfig(steps=25, targets=6, views=3, rate=3e-3)


def looks(targets: int = 8, views: int = 6, spread: float = 40.0) -> Views:
    """Return views of targets, each a pattern of its own, under light and noise that hide it."""
    generator = torch.Generator().manual_seed(0)

    def drawn(*shape: int) -> torch.Tensor:
        return torch.randn(targets, *shape, generator=generator)

    own = 128 + 8 * drawn(1, 3, 8, 4).repeat_interleave(16, -2).repeat_interleave(16, -1)
    seen = own + spread * (drawn(views, 3, 1, 1) + 1.5 * drawn(views, 3, *SIZE))
    target = np.repeat(np.arange(targets), views)
    pictures = seen.flatten(0, 1).round().clamp(0, 255).byte()
    return Views(pictures, target, ['person'] * targets, ['street'] * targets)


def network() -> AiATrack:
    """Return a network with an identity head so small that it learns in seconds."""
    torch.manual_seed(0)
    made = AiATrack(VARIANTS['aiatrack_lite'])
    made.identity_head.osnet = OSNet(0.5, SIZE, made.config.identity_channels)
    return made.eval()


def test_training_tells_targets_of_one_kind_apart() -> None:
    views, trained = looks(), network()
    before = telling_apart(trained, views)
    IdentityTrainer(trained, views, CONFIG, 0).run()
    assert before < 0.85
    assert telling_apart(trained, views) > before + 0.08


def test_a_batch_is_of_one_kind_or_of_all() -> None:
    views = looks()
    views.kind = ['person'] * 5 + ['dog'] * 3
    for alike, expected in ((1.0, {'person'}), (0.0, {'person', 'dog'})):
        trainer = IdentityTrainer(
            network(), views, dataclasses.replace(CONFIG, alike=alike, targets=8), 0
        )
        drawn = [trainer._draw_targets() for _ in range(10)]
        assert {views.kind[target] for batch in drawn for target in batch} == expected
        assert all(len(set(batch.tolist())) == len(batch) for batch in drawn)


def test_the_same_view_twice_is_no_example() -> None:
    """With one view of each target there is nothing right to find, and nothing to learn."""
    trainer = IdentityTrainer(network(), looks(views=1), CONFIG, 0)
    assert torch.isnan(trainer.loss())  # the mean over no example
    assert torch.isfinite(IdentityTrainer(network(), looks(views=2), CONFIG, 0).loss())


def test_one_target_of_a_kind_can_not_be_judged() -> None:
    views = looks(targets=2)
    views.kind = ['person', 'dog']
    assert np.isnan(telling_apart(network(), views))


def run_of_films(root: Path, **changes: object) -> Path:
    for number in range(4):
        write_video(root / 'video', f'street-{number:02d}', 6)
    write_video(root / 'video', 'a')
    write_stills(root / 'stills')
    return write_run(
        root,
        holdout=['street-03', 'street-02'],
        changes={'crop_size': 64},
        identity={'steps': 5, 'targets': 3, 'views': 2, 'collected': 6},
        **changes,
    )


def test_views_are_collected_from_films(tmp_path: Path) -> None:
    config = configured(str(run_of_films(tmp_path)))
    source = SceneSource(config, model_config(config), torch.device('cpu'))
    views = collect(source, IdentityConfig(collected=6))
    assert len(views.kind) == 3  # two targets of the street, and a; stills are no films
    assert sorted(set(views.film)) == ['a', 'street']
    assert (np.bincount(views.target) == 6).all()
    assert views.pictures.shape == (18, 3, *IDENTITY_SIZE) and views.pictures.dtype == torch.uint8


def test_a_target_is_told_from_those_of_its_own_film() -> None:
    """Telling a target from those of other films is an easier task for the same head."""
    views = looks(targets=4, spread=0.01)
    views.pictures[6:12] = views.pictures[0:6]  # the second looks like the first
    views.film = ['street', 'street', 'mall', 'mall']
    near = telling_apart(network(), views)
    views.film = ['street', 'mall', 'street', 'mall']
    assert near < telling_apart(network(), views)


def test_a_run_changes_nothing_but_the_head(tmp_path: Path) -> None:
    path = run_of_films(tmp_path)
    assert cli.main(['train', str(path), '--device', 'cpu', '--threads', '1']) == 0
    out = tmp_path / 'out'
    trained = load_network('aiatrack_lite', str(out / 'snapshot.safetensors')).state_dict()
    config = configured(str(path))
    torch.manual_seed(config.seed)
    begun = make_network(config, model_config(config)).state_dict()
    changed = {
        name for name, t in begun.items() if not torch.equal(t.half(), trained[name].half())
    }
    assert changed and all(name.startswith('identity_head.') for name in changed)
    (row,) = csv.DictReader((out / 'identity.csv').open())
    assert 0 <= float(row['held_out_area_after']) <= 1


def test_views_are_kept_for_the_same_run_only(tmp_path: Path) -> None:
    views, path = looks(targets=2), tmp_path / 'views.safetensors'
    assert read_views(path, 'this') is None
    write_views(path, views, 'this')
    kept = read_views(path, 'this')
    assert torch.equal(kept.pictures, views.pictures) and (kept.target == views.target).all()
    assert kept.kind == views.kind and kept.film == views.film
    assert read_views(path, 'that') is None
    path.write_bytes(path.read_bytes()[:1000])
    assert read_views(path, 'this') is None
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_run_that_was_stopped_goes_on_from_its_views(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = run_of_films(tmp_path)
    collected = []

    def counted(source: SceneSource, config: IdentityConfig) -> Views:
        collected.append(source)
        return collect(source, config)

    monkeypatch.setattr(run, 'collect', counted)
    monkeypatch.setattr(IdentityTrainer, 'run', lambda _: 1 / 0)
    for expected in (2, 3):  # those of the held-out targets are looked at each time
        with pytest.raises(ZeroDivisionError):
            train(configured(str(path)), torch.device('cpu'))
        assert len(collected) == expected
    with pytest.raises(ZeroDivisionError):
        train(dataclasses.replace(configured(str(path)), seed=5), torch.device('cpu'))
    assert len(collected) == 5  # others are drawn


def test_a_head_may_begin_with_published_weights(tmp_path: Path) -> None:
    theirs, file = write_osnet(tmp_path, IDENTITY_WIDTH, IDENTITY_SIZE)
    path = run_of_films(tmp_path)
    content = yaml.safe_load(path.read_text())
    content['identity'] |= {'initial': Path(file).name, 'rate': 1e-9, 'steps': 1}
    path.write_text(yaml.safe_dump(content))
    train(configured(str(path), str(tmp_path)), torch.device('cpu'))
    trained = load_network('aiatrack_lite', str(tmp_path / 'out' / 'snapshot.safetensors'))
    pictures = torch.rand(2, 3, *IDENTITY_SIZE)
    with torch.inference_mode():
        expected = torch.nn.functional.normalize(theirs(255 * pictures.flip(1)), dim=-1)
        found = trained.eval().identity_head.describe(pictures)
    assert (found * expected).sum(-1).min() > 0.999


def test_a_run_that_leaves_the_head_without_training_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = dataclasses.replace(configured(str(run_of_films(tmp_path))), identity=None)
    make_network(config, model_config(config))
    assert 'changes: {identity_channels: 0}' in caplog.text
    caplog.clear()
    config.changes['identity_channels'] = 0
    make_network(config, model_config(config))
    assert not caplog.text


def test_a_model_without_the_head_is_refused(tmp_path: Path) -> None:
    path = run_of_films(tmp_path)
    content = yaml.safe_load(path.read_text())
    content['changes']['identity_channels'] = 0
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(InputError, match='no identity head'):
        train(configured(str(path)), torch.device('cpu'))
