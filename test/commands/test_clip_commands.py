# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""`aiatrack replay`, `explain` and `label` on a clip of a real tracker, as a person runs them."""

import csv
from pathlib import Path
from typing import Any

from aiatrack_ros.cli import main
from aiatrack_ros.clips.regression import check_clip
from aiatrack_ros.errors import InputError
from browser import chromium
from browser import open_page
from moving_square import BOX
import numpy as np
import pytest
from recorded_clips import lost_square
from recorded_clips import make_tracker

pytestmark = pytest.mark.timeout(600)
ENGINE = ['--engine', 'eager', '--threads', '1']


@pytest.fixture(scope='module')
def clip(tmp_path_factory) -> Path:
    return lost_square(tmp_path_factory.mktemp('clips'))


def test_replay_tells_that_the_boxes_are_the_same(clip, tmp_path, capsys):
    table = tmp_path / 'boxes.csv'
    film = tmp_path / 'drawn.mp4'
    assert main(['replay', str(clip), '--csv', str(table), '--output', str(film), *ENGINE]) == 0
    assert '29 images: the same boxes (within 0.001 pixels) and states' in capsys.readouterr().out
    rows = list(csv.DictReader(table.open()))
    assert [int(row['frame']) for row in rows] == [*range(1, 30)]
    assert 'lost' in {row['state'] for row in rows}
    assert film.stat().st_size > 1000


def test_replay_with_other_settings_tells_the_difference(clip, capsys):
    assert main(['replay', str(clip), '--lost-after', '1000', *ENGINE]) == 0
    assert 'the state differs in' in capsys.readouterr().out


def test_replay_of_no_clip_is_one_line(tmp_path, capsys):
    assert main(['replay', str(tmp_path / 'away.mcap'), *ENGINE]) != 0
    assert 'does not exist' in capsys.readouterr().err


def test_a_clip_is_a_test_of_ones_own_robot(clip):
    there = {5: (BOX[0] + 20, BOX[1], BOX[2], BOX[3]), 24: None}
    check_clip(clip, there)
    with pytest.raises(AssertionError, match='image 5: overlap 0.00'):
        check_clip(clip, {5: (200.0, 10.0, 20.0, 20.0)}, make_tracker())
    with pytest.raises(AssertionError, match='image 5: tracked, and the target is not there'):
        check_clip(clip, {5: None}, make_tracker())
    with pytest.raises(InputError, match='has no image 99'):
        check_clip(clip, {99: None}, make_tracker())


def test_the_page_of_explain_shows_all_in_a_browser(clip, tmp_path, capsys):
    output = tmp_path / 'why.html'
    assert main(['explain', str(clip), '--output', str(output)]) == 0
    assert 'hidden: It was hidden' in capsys.readouterr().out
    asked: list[str] = []

    def note(request: Any) -> None:
        if not request.url.startswith(('file:', 'data:')):
            asked.append(request.url)

    with chromium() as browser, open_page(browser, output.as_uri()) as page:
        page.on('request', note)
        page.reload()
        assert page.locator('.cause').inner_text() == 'Hidden'
        pictures = page.locator('.strip img')
        assert pictures.count() >= 8
        assert pictures.evaluate_all('all => all.every(each => each.naturalWidth > 100)')
        assert page.locator('.strip .at').count() == 1
        assert page.locator('section svg, main > svg').count() == 4
        assert page.locator('.map rect').count() > 3
        assert page.locator('.memory .used').count() >= 1
        assert page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')
    assert not asked


def test_boxes_that_are_typed_become_a_labelled_clip_that_eval_reads(clip, tmp_path, capsys):
    last = 17
    x, y, w, h = BOX
    arguments = ['--box', f'0:{x},{y},{w},{h}', '--box', f'{last}:{x + 4 * last},{y},{w},{h}']
    absent = ['--absent', '18', '--absent', '25']
    out = ['--output', str(tmp_path / 'recordings')]
    assert main(['label', str(clip), *arguments, *absent, *out, *ENGINE]) == 0
    rows = list(csv.DictReader((tmp_path / 'recordings' / clip.stem / 'boxes.csv').open()))
    boxes = {int(row['frame']): float(row['x']) for row in rows}
    assert all(np.isnan(boxes[index]) for index in range(18, 26))
    assert boxes[9] == pytest.approx(x + 36, abs=6)
    assert main(['label', str(clip), *arguments, *out, *ENGINE]) != 0
    assert 'is there already' in capsys.readouterr().err
    assert main(['eval', str(tmp_path / 'recordings'), *ENGINE]) == 0
    assert clip.stem in capsys.readouterr().out


def test_a_box_of_no_image_is_one_line(clip, tmp_path, capsys):
    for typed, said in (('0', 'is not N:x,y,w,h'), ('99:1,2,3,4', 'there is no image 99')):
        assert main(['label', str(clip), '--box', typed, '--output', str(tmp_path)]) != 0
        assert said in capsys.readouterr().err
