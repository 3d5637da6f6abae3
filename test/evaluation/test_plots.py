# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Plots: what is drawn and said in them, read back from the drawing and the file."""

from pathlib import Path

from aiatrack_ros.errors import InputError
from aiatrack_ros.evaluation import plots
from aiatrack_ros.evaluation.metrics import score_sequence
import cv2
import numpy as np
import pytest

TRUTH = np.tile([0.0, 0, 100, 100], (5, 1))


def score(shift: float):
    """Return the figures of a tracker that is off by `shift` px in every frame but the first."""
    boxes = TRUTH + [shift, 0, 0, 0]
    return score_sequence(boxes, TRUTH, np.ones(5, bool))


SCORES = {'ours': [score(30), score(40)], 'better': [score(5), score(10)]}


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list:
    """Return the list into which saved figures are put, without being rendered."""
    saved = []
    monkeypatch.setattr(plots, 'save', lambda drawing, path: saved.append(drawing) or path)
    return saved


def legend(drawing) -> list[str]:
    """Return the lines of the legend."""
    return [text.get_text() for text in drawing.axes[0].get_legend().get_texts()]


def test_success(drawn: list):
    plots.plot_success(SCORES, Path('success.png'))
    # Overlaps 70/130, 60/140 and 95/105, 90/110 in four frames of five: 11, 9 and 19, 17
    # thresholds are exceeded; in the first frame 20.
    ours, better = ((4 * a + 20 + 4 * b + 20) / 5 / 2 / 21 for a, b in ((11, 9), (19, 17)))
    assert legend(drawn[0]) == [f'better [{better:.3f}]', f'ours [{ours:.3f}]']
    lines = {line.get_label(): line.get_ydata() for line in drawn[0].axes[0].lines}
    assert lines[f'ours [{ours:.3f}]'][0] == 1
    assert lines[f'ours [{ours:.3f}]'][10] == pytest.approx((1 + 0.2) / 2)  # threshold .5


def test_precision(drawn: list):
    plots.plot_precision(SCORES, Path('precision.png'))
    assert legend(drawn[0]) == ['better [1.000]', 'ours [0.200]']
    ours = next(line for line in drawn[0].axes[0].lines if 'ours' in line.get_label())
    assert ours.get_ydata()[[29, 30, 40]] == pytest.approx([0.2, 0.6, 1.0])


def test_a_picture_file_comes_out(tmp_path: Path):
    path = plots.plot_success(SCORES, tmp_path / 'new' / 'success.png')
    image = cv2.imread(str(path))
    assert image.shape[:2] == (720, 960)
    assert image.std() > 5  # not a blank sheet


def test_a_place_that_can_not_be(tmp_path: Path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(InputError, match='can not be written'):
        plots.plot_success(SCORES, tmp_path / 'file' / 'success.png')
