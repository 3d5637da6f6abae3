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
from aiatrack_ros.training.identity import collect
from aiatrack_ros.training.identity import IdentityTrainer
from aiatrack_ros.training.identity import telling_apart
from aiatrack_ros.training.identity import Views
from aiatrack_ros.training.run import configured
from aiatrack_ros.training.run import make_network
from aiatrack_ros.training.run import model_config
from aiatrack_ros.training.run_config import IdentityConfig
from aiatrack_ros.training.scene_source import SceneSource
import numpy as np
import pytest
from teachers import write_teacher
import torch
from training_trees import write_run
from training_trees import write_stills
from training_trees import write_video

CONFIG = IdentityConfig(steps=60, targets=6, views=3)


def patterns(targets: int = 8, views: int = 6, noise: float = 1.5) -> Views:
    """Return views of targets, each a pattern of its own under noise that hides most of it."""
    generator = torch.Generator().manual_seed(0)
    own = torch.randn(targets, 1, 152, 8, 4, generator=generator) * 0.5
    seen = own + noise * torch.randn(targets, views, 152, 8, 4, generator=generator)
    target = np.repeat(np.arange(targets), views)
    return Views(seen.flatten(0, 1), target, ['person'] * targets, ['street'] * targets)


def head() -> torch.nn.Module:
    torch.manual_seed(0)
    return AiATrack(VARIANTS['aiatrack_lite']).identity_head.eval()


def test_training_tells_targets_of_one_kind_apart() -> None:
    views, trained = patterns(), head()
    before = telling_apart(trained, views)
    IdentityTrainer(trained, views, CONFIG, 0).run()
    assert before < 0.9
    assert telling_apart(trained, views) > before + 0.08


def test_a_batch_is_of_one_kind_or_of_all() -> None:
    views = patterns()
    views.kind = ['person'] * 5 + ['dog'] * 3
    for alike, expected in ((1.0, {'person'}), (0.0, {'person', 'dog'})):
        trainer = IdentityTrainer(
            head(), views, dataclasses.replace(CONFIG, alike=alike, targets=8), 0
        )
        drawn = [trainer._draw_targets() for _ in range(10)]
        assert {views.kind[target] for batch in drawn for target in batch} == expected
        assert all(len(set(batch.tolist())) == len(batch) for batch in drawn)


def test_the_same_view_twice_is_no_example() -> None:
    """With one view of each target there is nothing right to find, and nothing to learn."""
    trainer = IdentityTrainer(head(), patterns(views=1), CONFIG, 0)
    assert torch.isnan(trainer.loss())  # the mean over no example
    assert torch.isfinite(IdentityTrainer(head(), patterns(views=2), CONFIG, 0).loss())


def test_one_target_of_a_kind_can_not_be_judged() -> None:
    views = patterns(targets=2)
    views.kind = ['person', 'dog']
    assert np.isnan(telling_apart(head(), views))


def test_a_teacher_says_who_is_like_whom() -> None:
    """Half of all people look like each other to the teacher, and so they do to the head."""
    views = patterns()
    views.kind = ['person'] * 6 + ['dog'] * 2
    side = torch.nn.functional.one_hot(torch.from_numpy(views.target % 2), 2).half()
    views.taught = side
    alone, taught = head(), head()
    IdentityTrainer(alone, dataclasses.replace(views, taught=None), CONFIG, 0).run()
    IdentityTrainer(taught, views, dataclasses.replace(CONFIG, taught=100.0), 0).run()

    def apart(trained: torch.nn.Module) -> float:
        """Return how much more alike people of one side are than those of two."""
        people = torch.from_numpy(np.flatnonzero(views.target < 6))
        with torch.no_grad():
            vectors = trained.describe(views.pooled[people])
        like, same = vectors @ vectors.T, (side[people] @ side[people].T).bool()
        return float(like[same].mean() - like[~same].mean())

    assert apart(taught) > apart(alone) + 0.3


def test_every_view_is_shown_to_the_teacher(tmp_path: Path) -> None:
    config = configured(str(run_of_films(tmp_path)))
    network = make_network(config, model_config(config)).eval()
    source = SceneSource(config, network.config, torch.device('cpu'))
    wanted = IdentityConfig(collected=6, pasted=10, teacher=write_teacher(tmp_path))
    views = collect(source, network, wanted)
    assert views.taught.shape == (len(views.target), 6)
    assert views.taught.float().norm(dim=1).sub(1).abs().max() < 1e-2


def run_of_films(root: Path, **changes: object) -> Path:
    for number in range(4):
        write_video(root / 'video', f'street-{number:02d}', 6)
    write_video(root / 'video', 'a')
    write_stills(root / 'stills')
    return write_run(
        root,
        holdout=['street-03', 'street-02'],
        changes={'crop_size': 64},
        identity={'steps': 5, 'targets': 3, 'views': 2, 'collected': 6, 'pasted': 10},
        **changes,
    )


def test_views_are_collected_from_films(tmp_path: Path) -> None:
    config = configured(str(run_of_films(tmp_path)))
    device = torch.device('cpu')
    network = make_network(config, model_config(config)).eval()
    wanted = IdentityConfig(collected=6)
    views = collect(SceneSource(config, network.config, device), network, wanted)
    assert len(views.kind) == 3  # two targets of the street, and a; stills are no films
    assert sorted(set(views.film)) == ['a', 'street']
    assert (np.bincount(views.target) == 6).all()
    assert views.pooled.shape == (18, 152, 8, 4) and views.pooled.isfinite().all()


def test_views_of_pasted_targets_come_on_top(tmp_path: Path) -> None:
    config = configured(str(run_of_films(tmp_path)))
    network = make_network(config, model_config(config)).eval()
    source = SceneSource(config, network.config, torch.device('cpu'))
    wanted = IdentityConfig(collected=6, pasted=10)
    views = collect(source, network, wanted)
    pasted = [target for target, film in enumerate(views.film) if not film]
    clips = [clip for group in source.compositor.bank.groups for clip in group.pasted]
    assert len(pasted) == len(clips) > 1
    counts = np.bincount(views.target, minlength=len(views.kind))[pasted]
    frames = source.compositor.sampling.frames
    # There are ten scenes of one target each, and no view where it is absent or out of sight.
    assert 0 < counts.sum() <= 10 * frames and counts.max() >= frames - 1
    assert len(views.pooled) == len(views.target)


def test_pasted_targets_have_their_share_of_a_batch() -> None:
    views = patterns(targets=40)
    views.film = ['street'] * 30 + [''] * 10
    for share in (0.2, 0.8):
        config = dataclasses.replace(CONFIG, pasted_share=share, targets=4)
        trainer = IdentityTrainer(head(), views, config, 0)
        drawn = np.concatenate([trainer._draw_targets() for _ in range(300)])
        assert (drawn >= 30).mean() == pytest.approx(share, abs=0.08)


def test_a_target_is_told_from_those_of_its_own_film() -> None:
    """Telling a target from those of other films is an easier task for the same head."""
    views = patterns(targets=4, noise=0.01)
    views.pooled[6:12] = views.pooled[0:6]  # the second looks like the first
    views.film = ['street', 'street', 'mall', 'mall']
    near = telling_apart(head(), views)
    views.film = ['street', 'mall', 'street', 'mall']
    assert near < telling_apart(head(), views)


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


def test_a_model_without_the_head_is_refused(tmp_path: Path) -> None:
    config = configured(str(run_of_films(tmp_path)))
    network = AiATrack(dataclasses.replace(model_config(config), identity_channels=0))
    source = SceneSource(config, network.config, torch.device('cpu'))
    with pytest.raises(InputError, match='no identity head'):
        collect(source, network, IdentityConfig(collected=6))
