# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A sequence over time: what is drawn, read back from the drawing and the file."""

from pathlib import Path

from aiatrack_ros.datasets.sequences import Sequence
from aiatrack_ros.evaluation import timeline
from aiatrack_ros.evaluation.one_pass import Trajectory
import cv2
import numpy as np
import pytest


def film() -> tuple[Sequence, Trajectory]:
    visible = np.ones(20, bool)
    visible[8:12] = False
    truth = np.where(visible[:, None], np.array([10.0, 10, 20, 20]), np.nan)
    lost = np.zeros(20, bool)
    lost[10:13] = True
    boxes = np.tile([10.0, 10, 20, 20], (20, 1))
    track = Trajectory(boxes, np.full(20, 0.8), np.ones(20), np.ones(20, bool), lost)
    return Sequence('film', 'otb', (Path('x.png'),) * 20, truth, visible), track


def test_overlap_score_and_states_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    saved = []
    monkeypatch.setattr(timeline, 'save', lambda drawing, path: saved.append(drawing) or path)
    timeline.plot_timeline(*film(), Path('film.png'))
    axes = saved[0].axes[0]
    lines = {line.get_label(): line for line in axes.lines}
    overlap = lines['overlap'].get_ydata()
    assert overlap[:8] == pytest.approx(1) and np.isnan(overlap[8:12]).all()
    assert lines['score'].get_ydata() == pytest.approx(0.8)
    # Frames 8 and 9: no target, and not yet called lost.
    assert lines['silently wrong: 2 frames'].get_xdata().tolist() == [8, 9]
    spans = {patch.get_label(): patch.get_extents() for patch in axes.patches}
    assert set(spans) == {'target absent', 'called lost'}


def test_a_picture_file_comes_out(tmp_path: Path) -> None:
    path = timeline.plot_timeline(*film(), tmp_path / 'timelines' / 'film.png')
    assert cv2.imread(str(path)).std() > 5  # not a blank sheet
