# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""`aiatrack label` with its page: in a real browser on a real clip, and what it does alone."""

from contextlib import contextmanager
import csv
import re
import signal
import subprocess
import sys
import threading
from types import SimpleNamespace

from aiatrack_ros.clips.labelling import read_boxes
from aiatrack_ros.clips.labelling import write_boxes
from aiatrack_ros.commands.label_page import LabelPage
from aiatrack_ros.datasets.sequences import find_sequences
from aiatrack_ros.errors import InputError
from aiatrack_ros.picker.picker_settings import PickerSettings
from aiatrack_ros.tracking.target_state import State
from browser import chromium
from browser import LongLink
from browser import open_page
from moving_square import BOX
from moving_square import HEIGHT
from moving_square import WIDTH
import numpy as np
from page_acts import drag_on_picture
from picker_bench import wait_for
from playwright.sync_api import expect
import pytest
from recorded_clips import lost_square

pytestmark = pytest.mark.timeout(300)
SIZE = WIDTH, HEIGHT


@pytest.fixture(scope='module')
def browser():
    with chromium() as started:
        yield started


@pytest.fixture(scope='module')
def clip(tmp_path_factory):
    return lost_square(tmp_path_factory.mktemp('clips'))


@contextmanager
def labelled(clip, folder, *arguments):
    """Run the command; yield its process and the address of its page."""
    options = ['--output', str(folder), '--engine', 'eager', '--threads', '1', *arguments]
    process = subprocess.Popen(
        [sys.executable, '-m', 'aiatrack_ros.cli', 'label', str(clip), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    said = []
    try:
        for line in process.stdout:
            said.append(line)
            if found := re.search(r'at (http\S+)', line):
                yield process, found[1], ''.join(said)
                return
        pytest.fail(process.stderr.read())
    finally:
        process.kill()


def seen(page, index):
    page.wait_for_selector(f'#frame[data-stamp="{index}"]')


def go(page, index):
    page.locator('#scrub').fill(str(index))
    seen(page, index)


def ended(process, code=0):
    output, errors = process.communicate(timeout=100)
    assert process.returncode == code, errors
    return output, errors


def square_at(index):
    x, y, w, h = BOX
    return x + 4 * index, y, w, h


def draw(page, box):
    """Draw a box, whatever is suggested there."""
    if page.locator('#draft').is_visible():
        page.click('#clear')
    x, y, w, h = box
    drag_on_picture(page, SIZE, (x, y), (x + w, y + h))
    expect(page.locator('#tag')).to_have_text('corrected')


def test_a_clip_is_corrected_filled_in_looked_at_corrected_again_and_saved(
    browser, clip, tmp_path
):
    with (
        labelled(clip, tmp_path / 'recordings') as (process, address, _),
        open_page(browser, address) as page,
    ):
        seen(page, 0)
        hint, folder = page.locator('#hint'), tmp_path / 'recordings' / clip.stem
        page.click('#fill')
        expect(hint).to_have_text('Give the box of the target in one image at least.')
        draw(page, square_at(0))
        go(page, 14)
        draw(page, square_at(14))
        for index in (18, 25):
            go(page, index)
            page.click('#absent')
            expect(page.locator('#still')).to_be_visible()
        kept = read_boxes(tmp_path / 'recordings' / f'{clip.stem}.corrections.csv')
        assert sorted(kept) == [0, 14, 18, 25]
        page.click('#fill')
        expect(hint).to_contain_text('of 30 images have a label, 8 without the target')
        go(page, 9)
        expect(page.locator('#state')).to_have_text('Image 9: filled in')
        shown = list(map(int, re.findall(r'\d+', page.locator('#shape').inner_text())))
        assert shown == pytest.approx([40, 40, BOX[0] + 36, BOX[1]], abs=6)
        page.click('#fill')
        expect(hint).to_contain_text('Nothing is left to fill in')
        draw(page, square_at(9))  # once more, from which the neighbourhood is filled in anew
        expect(page.locator('#tally')).not_to_have_text('30 of 30')
        assert not folder.exists()
        page.click('#save')  # this fills in what is blank
        expect(hint).to_contain_text('Saved: ')
        go(page, 17)
        page.click('#absent')
        expect(page.locator('#done')).to_be_disabled()
        page.click('#clear')
        page.click('#done')
        output, _ = ended(process)
        expect(page.locator('#state')).to_have_text('Done')
    assert '5 images given' in output and output.endswith(f'{folder / "boxes.csv"}\n')
    assert sorted(path.name for path in (tmp_path / 'recordings').iterdir()) == [clip.stem]
    rows = list(csv.DictReader((folder / 'boxes.csv').open()))
    boxes = {int(row['frame']): [float(row[side]) for side in 'xywh'] for row in rows}
    assert all(np.isnan(boxes[index]).all() for index in range(18, 26))
    for index in (0, 9, 14):
        assert boxes[index] == pytest.approx(square_at(index), abs=1.5)
    for index in range(15):
        assert boxes[index] == pytest.approx(square_at(index), abs=6)
    (sequence,) = find_sequences(tmp_path / 'recordings')
    assert (sequence.name, len(sequence)) == (clip.stem, len(rows))


def test_ctrl_c_keeps_what_was_corrected_and_the_same_command_goes_on(browser, clip, tmp_path):
    with labelled(clip, tmp_path) as (process, address, _):
        with open_page(browser, address) as page:
            seen(page, 0)
            page.click('#right')
            expect(page.locator('#tag')).to_have_text('corrected')
            go(page, 20)
            page.click('#absent')
            wait_for(lambda: len(read_boxes(kept(clip, tmp_path))) == 2, 'both are kept')
            process.send_signal(signal.SIGINT)
            _, errors = ended(process, 130)
            expect(page.locator('#hint')).to_contain_text('or the command has ended')
    first, second = errors.splitlines()
    assert first.startswith('not saved: 2 corrected images; they are kept in')
    assert second == 'aiatrack label: interrupted'
    assert not (tmp_path / clip.stem).exists()

    with labelled(clip, tmp_path) as (process, address, said):
        assert 'going on with 2 corrected images' in said
        with open_page(browser, address) as page:
            seen(page, 0)
            expect(page.locator('#tag')).to_have_text('corrected')
            page.get_by_role('button', name='Image 20, not there').click()
            seen(page, 20)
            page.click('#save')
            expect(page.locator('#hint')).to_contain_text('Saved: ')
            process.send_signal(signal.SIGINT)  # all is saved, so that this is no interruption
            output, _ = ended(process)
    assert output.endswith(f'{tmp_path / clip.stem / "boxes.csv"}\n')
    assert not kept(clip, tmp_path).exists()


def test_ctrl_c_before_anything_was_corrected_writes_nothing(clip, tmp_path):
    with labelled(clip, tmp_path) as (process, _, _):
        process.send_signal(signal.SIGINT)
        assert 'nothing was corrected, and nothing is written' in ended(process, 130)[1]
    assert list(tmp_path.iterdir()) == []


def test_what_is_corrected_while_the_connection_is_lost_is_saved(browser, clip, tmp_path):
    with labelled(clip, tmp_path) as (process, address, _):
        link = LongLink(int(re.search(r':(\d+)/', address)[1]))
        try:
            with open_page(browser, f'http://127.0.0.1:{link.port}/') as page:
                seen(page, 0)
                link.cut()
                expect(page.locator('#hint')).to_contain_text('Trying again')
                page.click('#right')
                link.mend()
                wait_for(lambda: kept(clip, tmp_path).exists(), 'the correction')
                page.click('#save')
                expect(page.locator('#hint')).to_contain_text('Saved: ')
        finally:
            link.close()
        process.send_signal(signal.SIGINT)
        ended(process)
    assert find_sequences(tmp_path)[0].truth[0] == pytest.approx(BOX)


def test_a_network_that_is_not_there_is_one_line(clip, tmp_path):
    with labelled(clip, tmp_path, '--checkpoint', 'away.safetensors') as (process, _, _):
        _, errors = ended(process, 2)
    assert 'away.safetensors' in errors and 'Traceback' not in errors
    assert list(tmp_path.iterdir()) == []


def kept(clip, folder):
    return folder / f'{clip.stem}.corrections.csv'


class Standing:
    """A tracker whose target stands still."""

    def initialize(self, image, box):
        self.box = box

    def track(self, image):
        return SimpleNamespace(box=self.box, score=0.9, state=State.TRACKING)


class Torn(Standing):
    def track(self, image):
        raise InputError('image 3 is torn')


SHOTS = [
    SimpleNamespace(
        event={'stamp': 10**18 + index * 10**8, 'box': BOX},
        box=BOX,
        picture=np.zeros((HEIGHT, WIDTH, 3), np.uint8),
    )
    for index in range(9)
]


def make_page(path):
    return LabelPage('hall', SHOTS, [0, 8], path, PickerSettings(port=0, keep_seconds=0.0))


class Replies(list):
    def __call__(self, good, text):
        self.append((good, text))


@contextmanager
def running(page, tracker, save):
    """Have the page work on a thread, as the command does on its own."""
    with page:
        thread = threading.Thread(target=page.run, args=(tracker, save))
        thread.start()
        yield
        thread.join(30)
        assert not thread.is_alive()


def done_with(page, replies):
    """Order what ends the work, once nothing else is being done."""
    wait_for(lambda: (page.order('done', replies), replies[-1])[1][0], 'the end')


def test_every_correction_is_checked_and_kept(tmp_path):
    path, replies = tmp_path / 'new' / 'hall.corrections.csv', Replies()
    page = make_page(path)
    page.correct(2, BOX, replies)
    page.correct(5, None, replies)
    assert read_boxes(path) == {2: BOX, 5: None}
    page.correct(2, (900.0, 900.0, 5.0, 5.0), replies)
    page.correct(9, None, replies)
    assert [good for good, _ in replies] == [True, True, False, False]
    assert 'lies outside' in replies[2][1] and 'there is no image 9' in replies[3][1]
    assert make_page(path).given == {2: BOX, 5: None}
    page.take_back(2, replies)
    page.take_back(5, replies)
    assert page.given == {} and not path.exists()


def test_what_is_kept_of_another_clip_or_damaged_is_one_line(tmp_path):
    write_boxes(tmp_path / 'kept.csv', {9: None})
    with pytest.raises(InputError, match='of another clip.*there is no image 9'):
        make_page(tmp_path / 'kept.csv')
    write_boxes(tmp_path / 'kept.csv', {})
    assert make_page(tmp_path / 'kept.csv').given == {}


def test_corrections_that_cannot_be_kept_are_told_and_can_be_saved(tmp_path):
    (tmp_path / 'file').touch()
    page, replies, saved = make_page(tmp_path / 'file' / 'kept.csv'), Replies(), []
    with running(page, Standing(), saved.append):
        page.correct(2, BOX, replies)
        assert replies == [(True, '')] and 'are not kept' in page._problem
        page.order('save', replies)
        done_with(page, replies)
    assert saved == [dict.fromkeys(range(9), BOX)]


def test_what_fails_is_said_and_the_page_goes_on(tmp_path, capsys):
    page, replies = make_page(tmp_path / 'kept.csv'), Replies()

    def save(labels):
        raise InputError('no space left')

    with running(page, Torn(), save):
        page.order('save', replies)
        page.order('done', replies)  # nothing is given, so there is nothing to lose
    assert [good for good, _ in replies] == [False, True]
    page = make_page(tmp_path / 'kept.csv')
    page.correct(2, None, replies)
    page.correct(3, BOX, replies)
    with running(page, Torn(), save):
        page.order('fill', replies)
        wait_for(lambda: not page._busy, 'the end of it')
        page.order('done', replies)
        assert replies[-1] == (False, 'what was corrected is not saved yet')
        for index in range(9):
            page.correct(index, BOX, replies)
        page.order('save', replies)
        wait_for(lambda: not page._busy, 'the end of it')
        assert not page.is_saved
        for index in range(9):
            page.take_back(index, replies)
        done_with(page, replies)
    said = capsys.readouterr().out.splitlines()
    assert said == ['not filled in: image 3 is torn', 'not saved: no space left']


def test_filling_in_is_stopped_and_what_was_corrected_stays(tmp_path, capsys):
    page, replies, begun = make_page(tmp_path / 'kept.csv'), Replies(), threading.Event()

    class Slow(Standing):
        def track(self, image):
            begun.set()
            assert stopped.wait(30)
            return super().track(image)

    stopped, saved = threading.Event(), []
    with running(page, Slow(), saved.append):
        page.correct(0, BOX, replies)
        page.order('save', replies)
        assert begun.wait(30)
        page.order('fill', replies)
        assert replies[-1][0] is False and 'wait for its end' in replies[-1][1]
        page.order('stop', replies)
        stopped.set()
        wait_for(lambda: not page._busy, 'the end of it')
        assert saved == [] and page.given == {0: BOX}
        page.order('save', replies)
        done_with(page, replies)
    assert saved == [dict.fromkeys(range(9), BOX)]
    assert capsys.readouterr().out.splitlines()[0] == 'stopped, and not saved'
