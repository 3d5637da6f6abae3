# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Reading sequences in every layout, and saying what is wrong with a broken one."""

from pathlib import Path

from aiatrack_ros.datasets import sequences
from aiatrack_ros.datasets.sequences import find_sequences
from aiatrack_ros.errors import InputError
import benchmark_trees as trees
import numpy as np
import pytest

TRUTH = trees.boxes_moving_right(6)


class TestLayouts:
    def test_otb(self, tmp_path: Path):
        for name in ('b', 'a'):
            trees.write_otb(tmp_path, name, TRUTH)
        found = find_sequences(tmp_path)
        assert [sequence.name for sequence in found] == ['a', 'b']
        assert {sequence.layout for sequence in found} == {'otb'}
        first = found[0]
        assert first.truth == pytest.approx(TRUTH)
        assert first.visible.all() and first.resolution is None and not first.withheld
        assert [path.name for path in first.images[:2]] == ['0001.jpg', '0002.jpg']

    def test_names_as_people_have_them(self, tmp_path: Path):
        folder = trees.write_otb(tmp_path, 'a', TRUTH)
        for name in ('._0001.jpg', '.hidden.png'):  # macOS writes the first beside each file
            (folder / 'img' / name).write_bytes(b'no picture')
        (folder / 'img' / '0006.jpg').rename(folder / 'img' / '9\u00b2.jpg')
        (found,) = find_sequences(tmp_path)
        assert [path.name for path in found.images][::5] == ['0001.jpg', '9\u00b2.jpg']

    def test_one_sequence_alone(self, tmp_path: Path):
        assert [s.name for s in find_sequences(trees.write_otb(tmp_path, 'one', TRUTH))] == ['one']

    def test_otb_with_two_targets(self, tmp_path: Path):
        folder = trees.write_otb(tmp_path, 'Jogging', TRUTH)
        (folder / 'groundtruth_rect.txt').rename(folder / 'groundtruth_rect.1.txt')
        trees.write_boxes(folder / 'groundtruth_rect.2.txt', TRUTH + 5, delimiter='\t')
        found = find_sequences(tmp_path)
        assert [sequence.name for sequence in found] == ['Jogging.1', 'Jogging.2']
        assert found[1].truth == pytest.approx(TRUTH + 5)
        (folder / 'groundtruth_rect.1.txt').write_text('')
        assert [sequence.name for sequence in find_sequences(tmp_path)] == ['Jogging']

    def test_otb_with_images_that_have_no_box(self, tmp_path: Path):
        folder = trees.write_otb(tmp_path, 'Diving', trees.boxes_moving_right(217, 0))
        trees.write_boxes(folder / 'groundtruth_rect.txt', trees.boxes_moving_right(215, 0))
        (found,) = find_sequences(tmp_path)
        assert len(found) == 215 and found.images[-1].name == '0215.jpg'

    def test_got10k(self, tmp_path: Path):
        trees.write_got10k(tmp_path, 'z', TRUTH, [8, 8, 0, 3, 0, 1])
        trees.write_got10k(tmp_path, 'a', TRUTH, [8] * 6)
        found = find_sequences(tmp_path)
        assert [sequence.name for sequence in found] == ['z', 'a']  # the order of list.txt
        assert found[0].layout == 'got10k'
        assert found[0].visible.tolist() == [True, True, False, True, False, True]
        assert found[0].resolution == (trees.WIDTH, trees.HEIGHT)

    def test_got10k_without_its_meta_file(self, tmp_path: Path):
        folder = trees.write_got10k(tmp_path, 'z', TRUTH, [8, 8, 0, 3, 0, 1])
        (folder / 'meta_info.ini').unlink()
        (folder / 'cover.label').unlink()
        (found,) = find_sequences(tmp_path)
        assert found.resolution == (trees.WIDTH, trees.HEIGHT)
        assert found.visible.tolist() == [True, True, False, True, False, True]

    def test_got10k_test_set(self, tmp_path: Path):
        folder = trees.write_got10k(tmp_path, 'z', TRUTH, [8] * 6)
        trees.write_boxes(folder / 'groundtruth.txt', TRUTH[:1])
        (found,) = find_sequences(tmp_path)
        assert found.withheld and len(found) == 6
        assert found.truth[0] == pytest.approx(TRUTH[0]) and np.isnan(found.truth[1:]).all()
        assert found.visible.tolist() == [True] + [False] * 5

    def test_lasot(self, tmp_path: Path):
        trees.write_lasot(tmp_path, 'cat-1', TRUTH, [0, 0, 1, 0, 0, 0], [0, 0, 0, 0, 1, 0])
        trees.write_lasot(tmp_path, 'bear-2', TRUTH, [0] * 6, [0] * 6)
        found = find_sequences(tmp_path)
        assert [sequence.name for sequence in found] == ['bear-2', 'cat-1']
        assert found[1].layout == 'lasot'
        assert found[1].visible.tolist() == [True, True, False, True, False, True]

    @pytest.mark.parametrize('suffix', ['.png', '.webp', '.JPG'])
    def test_pictures_of_every_kind(self, tmp_path: Path, suffix: str):
        trees.write_images(tmp_path / 'a' / 'img', TRUTH, '{:04d}' + suffix)
        trees.write_boxes(tmp_path / 'a' / 'groundtruth_rect.txt', TRUTH)
        (found,) = find_sequences(tmp_path)
        assert found.image(5).shape == (trees.HEIGHT, trees.WIDTH, 3)

    def test_trackingnet(self, tmp_path: Path):
        truth = trees.boxes_moving_right(12)
        trees.write_images(tmp_path / 'frames' / 'v', truth, '{}.jpg')
        trees.write_boxes(tmp_path / 'anno' / 'v.txt', truth[:1])
        (found,) = find_sequences(tmp_path)
        assert (found.layout, found.withheld) == ('trackingnet', True)
        assert [path.stem for path in found.images] == [str(k) for k in range(1, 13)]

    def test_nan_and_empty_boxes_are_absent_targets(self, tmp_path: Path):
        truth = TRUTH.copy()
        truth[2], truth[3] = np.nan, 0
        trees.write_otb(tmp_path, 'a', truth)
        (found,) = find_sequences(tmp_path)
        assert found.visible.tolist() == [True, True, False, False, True, True]

    def test_images_are_rgb_and_read_late(self, tmp_path: Path):
        folder = trees.write_otb(tmp_path, 'a', TRUTH)
        (found,) = find_sequences(tmp_path)
        x, y, w, h = TRUTH[1]
        red = found.image(1)[int(y + h / 2), int(x + w / 2)]
        assert red[0] > 180 and red[2] < 80
        (folder / 'img' / '0003.jpg').write_bytes(b'no picture')
        (folder / 'img' / '0004.jpg').unlink()
        with pytest.raises(InputError, match=r'0003\.jpg: is not an image'):
            found.image(2)
        with pytest.raises(InputError, match=r'0004\.jpg: does not exist'):
            found.image(3)


class TestMistakes:
    """Every message names the file and what to do, in one line."""

    def expect(self, folder: Path, *parts: str) -> None:
        with pytest.raises(InputError) as caught:
            find_sequences(folder)
        text = str(caught.value)
        assert '\n' not in text
        for part in parts:
            assert part in text

    def test_no_folder(self, tmp_path: Path):
        self.expect(tmp_path / 'nowhere', 'nowhere', 'no such folder')

    def test_empty_folder(self, tmp_path: Path):
        self.expect(tmp_path, str(tmp_path), 'groundtruth_rect.txt')

    def test_root_of_got10k(self, tmp_path: Path):
        trees.write_got10k(tmp_path / 'val', 'z', TRUTH, [8] * 6)
        self.expect(tmp_path, 'subsets', str(tmp_path / 'val'))

    def test_sequence_without_boxes(self, tmp_path: Path):
        folder = trees.write_otb(tmp_path, 'a', TRUTH)
        (folder / 'groundtruth_rect.txt').unlink()
        self.expect(tmp_path, str(folder), 'neither groundtruth_rect.txt nor groundtruth.txt')

    def test_sequence_without_images(self, tmp_path: Path):
        folder = trees.write_otb(tmp_path, 'a', TRUTH)
        for image in (folder / 'img').iterdir():
            image.unlink()
        self.expect(tmp_path, str(folder / 'img'), 'no images')
        (folder / 'img').rmdir()
        self.expect(tmp_path, str(folder / 'img'), 'no such folder')

    def test_listed_sequence_that_is_missing(self, tmp_path: Path):
        trees.write_got10k(tmp_path, 'z', TRUTH, [8] * 6)
        with (tmp_path / 'list.txt').open('a') as listing:
            listing.write('gone\n')
        self.expect(tmp_path, str(tmp_path / 'gone'), 'list.txt')

    def test_too_few_boxes(self, tmp_path: Path):
        folder = trees.write_otb(tmp_path, 'a', TRUTH)
        trees.write_boxes(folder / 'groundtruth_rect.txt', TRUTH[:4])
        self.expect(tmp_path, 'groundtruth_rect.txt', '4 boxes for 6 images')

    @pytest.mark.parametrize('line', ['1,2,3', 'a,b,c,d', '', '1,2,3,4,5,6,7,8'])
    def test_a_line_that_is_no_box(self, tmp_path: Path, line: str):
        folder = trees.write_otb(tmp_path, 'a', TRUTH)
        (folder / 'groundtruth_rect.txt').write_text(f'1,2,3,4\n{line}\n1,2,3,4\n')
        self.expect(tmp_path, 'groundtruth_rect.txt:2', 'x,y,w,h')

    def test_empty_file_of_boxes(self, tmp_path: Path):
        folder = trees.write_otb(tmp_path, 'a', TRUTH)
        (folder / 'groundtruth_rect.txt').write_text('')
        self.expect(tmp_path, 'groundtruth_rect.txt:1')

    def test_binary_file_of_boxes(self, tmp_path: Path):
        folder = trees.write_otb(tmp_path, 'a', TRUTH)
        (folder / 'groundtruth_rect.txt').write_bytes(b'\xff\xfe\x00\x81')
        self.expect(tmp_path, 'groundtruth_rect.txt', 'can not be read')

    def test_absent_in_the_first_frame(self, tmp_path: Path):
        truth = TRUTH.copy()
        truth[0] = np.nan
        trees.write_otb(tmp_path, 'a', truth)
        self.expect(tmp_path, 'groundtruth_rect.txt:1', 'no target in the first frame')

    def test_too_few_marks_of_absence(self, tmp_path: Path):
        folder = trees.write_lasot(tmp_path, 'cat-1', TRUTH, [0] * 5, [0] * 6)
        self.expect(tmp_path, str(folder), '5 marks of absence for 6 boxes')
        (folder / 'full_occlusion.txt').write_text('yes,no\n')
        self.expect(tmp_path, 'full_occlusion.txt', 'one number per frame')


def test_the_real_sequences(shared: Path):
    found = find_sequences(shared / 'eval')
    assert len(found) == 11 and sum(map(len, found)) == 1265
    assert {sequence.layout for sequence in found} == {sequences.OTB}
    assert all(sequence.visible.all() for sequence in found)
    assert found[0].image(0).shape[2] == 3
