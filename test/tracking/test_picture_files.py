# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Pictures as files: what is whole is read, what is torn is refused."""

import time

from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.picture_files import decode_picture
from aiatrack_ros.tracking.picture_files import is_whole_jpeg
from aiatrack_ros.tracking.pixel_range import PixelRange
import cv2
import numpy as np
import pytest

PICTURE = np.random.default_rng(3).integers(0, 256, (48, 64, 3), dtype=np.uint8)


def jpeg(*options: int) -> bytes:
    """Return the picture as a JPEG."""
    return cv2.imencode('.jpg', PICTURE, list(options))[1].tobytes()


WITH_THUMBNAIL = jpeg()[:2] + b'\xff\xe1\x20\x00' + jpeg()[: 0x2000 - 2].ljust(0x2000 - 2, b'\0')


@pytest.mark.parametrize(
    'whole',
    [
        jpeg(),
        jpeg(cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
        jpeg(cv2.IMWRITE_JPEG_RST_INTERVAL, 1),
        WITH_THUMBNAIL + jpeg()[2:],
        jpeg()[:-2] + b'\xff\xff\xff\xd9',  # fill bytes may stand before the end mark
    ],
    ids=['baseline', 'progressive', 'restarts', 'thumbnail', 'filled'],
)
def test_the_end_of_a_jpeg_is_found_by_its_format(whole: bytes) -> None:
    assert is_whole_jpeg(whole)
    for trailer in (bytes(63), bytes(10**5), b'\xff' * 10**5, b'vendor' * 1000, jpeg()):
        assert is_whole_jpeg(whole + trailer)
    begin = whole.index(b'\xff\xda', len(WITH_THUMBNAIL) if len(whole) > 0x2000 else 0)
    for end in (2, 3, 100, begin, begin + 20, len(whole) // 2 + begin // 2, len(whole) - 1):
        for filler in (b'', bytes(10**5), b'\xff' * 10**5):
            assert not is_whole_jpeg(whole[:end] + filler)
    assert not is_whole_jpeg(whole[: begin + 50] + whole)


def test_a_long_tail_takes_no_time() -> None:
    torn = jpeg()[:1000] + b'\xff' * 10**7
    begin = time.perf_counter()
    assert not is_whole_jpeg(torn)
    assert time.perf_counter() - begin < 2


@pytest.mark.parametrize('kind', ['.png', '.bmp', '.ppm', '.tiff'])
def test_files_come_back_in_rgb(kind: str) -> None:
    data = cv2.imencode(kind, PICTURE)[1].ravel()
    np.testing.assert_array_equal(decode_picture(data, PixelRange(), True), PICTURE[..., ::-1])


@pytest.mark.parametrize('kind', ['.png', '.webp', '.jpg'])
def test_torn_files_are_refused(kind: str) -> None:
    data = cv2.imencode(kind, PICTURE)[1].ravel()
    for share in (0.0, 0.1, 0.5, 0.95):
        with pytest.raises(InputError, match='ends early|do not decode as a picture'):
            decode_picture(data[: int(share * len(data))], PixelRange(), True)
