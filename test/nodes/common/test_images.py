# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Decoding and encoding of images, once by our own path and once by cv_bridge."""

from array import array
import time
import zlib

from aiatrack_ros.errors import InputError
from aiatrack_ros.nodes.common import images
from aiatrack_ros.nodes.common.images import ImageDecoder
import cv2
import numpy as np
import pytest
import ros_harness  # noqa: F401 (skips without ROS)
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from std_msgs.msg import Header

WIDTH, HEIGHT = 10, 6
RNG = np.random.default_rng(7)
COLOR = RNG.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)  # RGB
ALPHA = RNG.integers(0, 256, (HEIGHT, WIDTH, 1), dtype=np.uint8)
GREY = COLOR[..., 0]


@pytest.fixture(params=['own path', 'cv_bridge'])
def decoder(request):
    if request.param == 'own path':
        return ImageDecoder()
    pytest.importorskip('cv_bridge')
    return ImageDecoder(images.load_bridge())


def message(pixels, encoding, height=HEIGHT, padding=0, big_endian=False):
    """Return an image message of raw rows, with `padding` bytes at the end of each."""
    rows = np.ascontiguousarray(pixels).view(np.uint8).reshape(pixels.shape[0], -1)
    rows = np.pad(rows, ((0, 0), (0, padding)), constant_values=199)
    return Image(
        height=height,
        width=WIDTH,
        encoding=encoding,
        is_bigendian=int(big_endian),
        step=rows.shape[1],
        data=array('B', rows.tobytes()),
    )


@pytest.mark.parametrize('padding', [0, 6])
@pytest.mark.parametrize(
    'encoding, pixels',
    [
        ('rgb8', COLOR),
        ('bgr8', COLOR[..., ::-1]),
        ('8UC3', COLOR[..., ::-1]),
        ('rgba8', np.concatenate([COLOR, ALPHA], axis=2)),
        ('bgra8', np.concatenate([COLOR[..., ::-1], ALPHA], axis=2)),
        ('8UC4', np.concatenate([COLOR[..., ::-1], ALPHA], axis=2)),
    ],
)
def test_colors(decoder, encoding, pixels, padding):
    picture = decoder.decode(message(pixels, encoding, padding=padding))
    np.testing.assert_array_equal(picture, COLOR)


@pytest.mark.parametrize('padding', [0, 3])
@pytest.mark.parametrize('encoding', ['mono8', '8UC1'])
def test_grey(decoder, encoding, padding):
    picture = decoder.decode(message(GREY, encoding, padding=padding))
    np.testing.assert_array_equal(picture, np.repeat(GREY[..., None], 3, axis=2))


@pytest.mark.parametrize('padding', [0, 2, 3])
@pytest.mark.parametrize('big_endian', [False, True])
@pytest.mark.parametrize('encoding', ['mono16', '16UC1'])
def test_grey_of_16_bits(decoder, encoding, big_endian, padding):
    deep = RNG.integers(0, 65536, (HEIGHT, WIDTH), dtype=np.uint16)
    deep[0, :3] = 0, 65535, 257 * 100
    stored = deep.astype('>u2' if big_endian else '<u2')
    picture = decoder.decode(message(stored, encoding, padding=padding, big_endian=big_endian))
    np.testing.assert_array_equal(picture[0, :3, 0], [0, 255, 100])
    np.testing.assert_array_equal(picture, np.rint(deep / 257)[..., None].repeat(3, axis=2))


@pytest.mark.parametrize('padding', [0, 4])
@pytest.mark.parametrize('pattern', ['rggb', 'bggr', 'gbrg', 'grbg'])
def test_bayer_of_a_plain_color(decoder, pattern, padding):
    color = {'r': 200, 'g': 100, 'b': 50}
    tile = np.array(
        [[color[pattern[0]], color[pattern[1]]], [color[pattern[2]], color[pattern[3]]]], np.uint8
    )
    mosaic = np.tile(tile, (HEIGHT // 2, WIDTH // 2))
    picture = decoder.decode(message(mosaic, f'bayer_{pattern}8', padding=padding))
    np.testing.assert_array_equal(picture, np.broadcast_to((200, 100, 50), (HEIGHT, WIDTH, 3)))


def yuv_of(rgb):
    """Return Y, U, V of a colour in video range, BT.601, by the book."""
    r, g, b = rgb
    return (
        16 + 0.257 * r + 0.504 * g + 0.098 * b,
        128 - 0.148 * r - 0.291 * g + 0.439 * b,
        128 + 0.439 * r - 0.368 * g - 0.071 * b,
    )


@pytest.mark.parametrize('padding', [0, 4])
@pytest.mark.parametrize(
    'encoding, order',
    [('yuv422', 'uyvy'), ('uyvy', 'uyvy'), ('yuv422_yuy2', 'yuyv'), ('yuyv', 'yuyv')],
)
def test_yuv_422(decoder, encoding, order, padding):
    color = (190, 90, 40)
    parts = dict(zip('yuv', np.rint(yuv_of(color)).astype(np.uint8)))
    pixels = np.tile([parts[letter] for letter in order], (HEIGHT, WIDTH // 2)).astype(np.uint8)
    picture = decoder.decode(message(pixels, encoding, padding=padding))
    np.testing.assert_allclose(picture.astype(int), np.broadcast_to(color, picture.shape), atol=3)


@pytest.mark.parametrize('padding', [0, 4])
@pytest.mark.parametrize('encoding', ['nv12', 'nv21'])
def test_yuv_420_in_two_planes(decoder, encoding, padding):
    color = (190, 90, 40)
    y, u, v = np.rint(yuv_of(color)).astype(np.uint8)
    chroma = (u, v) if encoding == 'nv12' else (v, u)
    pixels = np.concatenate(
        [np.full((HEIGHT, WIDTH), y), np.tile(chroma, (HEIGHT // 2, WIDTH // 2))]
    )
    picture = decoder.decode(message(pixels.astype(np.uint8), encoding, padding=padding))
    assert picture.shape == (HEIGHT, WIDTH, 3)
    np.testing.assert_allclose(picture.astype(int), np.broadcast_to(color, picture.shape), atol=3)


@pytest.mark.parametrize('grey', [False, True])
@pytest.mark.parametrize('kind', ['png', 'jpeg'])
def test_compressed(decoder, kind, grey):
    smooth = np.tile(np.linspace(0, 255, 64).astype(np.uint8)[:, None, None], (1, 48, 3))
    smooth[..., 2] //= 2
    stored = smooth[..., 0] if grey else smooth[..., ::-1]
    data = cv2.imencode(f'.{kind}', stored)[1].tobytes()
    picture = decoder.decode(CompressedImage(format=kind, data=data))
    expected = np.repeat(smooth[..., :1], 3, axis=2) if grey else smooth
    np.testing.assert_allclose(picture.astype(int), expected, atol=0 if kind == 'png' else 6)


@pytest.mark.parametrize(
    'change, word',
    [
        ({'encoding': 'rgb9'}, 'rgb9'),
        ({'encoding': ''}, 'not known'),
        ({'height': 0}, '10x0'),
        ({'width': 0}, '0x6'),
        ({'step': 29}, 'step 29'),
        ({'step': 31}, '180 bytes'),
        ({'height': 7}, '7 rows'),
        ({'data': array('B')}, '0 bytes'),
        ({'width': 2**32 - 1, 'step': 2**32 - 1}, 'too small'),
    ],
)
def test_bad_images_are_refused_in_words(decoder, change, word):
    bad = message(COLOR, 'rgb8')
    for field, value in change.items():
        setattr(bad, field, value)
    with pytest.raises(InputError, match=word):
        decoder.decode(bad)


@pytest.mark.parametrize('encoding', ['bayer_rggb8', 'uyvy', 'nv12'])
def test_odd_sides_are_refused_where_pixels_come_in_pairs(decoder, encoding):
    with pytest.raises(InputError, match='even'):
        decoder.decode(
            Image(height=6, width=9, encoding=encoding, step=18, data=array('B', bytes(18 * 9)))
        )


def png_of_lies():
    """Return a PNG whose header speaks of more pixels than OpenCV allows."""
    whole = cv2.imencode('.png', COLOR)[1].tobytes()
    header = b'IHDR' + (100_000).to_bytes(4, 'big') * 2 + whole[24:29]
    return whole[:12] + header + zlib.crc32(header).to_bytes(4, 'big') + whole[33:]


@pytest.mark.parametrize(
    'data',
    [b'', b'no picture at all', b'\xff\xd8\xff\xd9', png_of_lies()],
    ids=['empty', 'text', 'no frame', 'lies'],
)
def test_bad_compressed_images_are_refused(decoder, data):
    with pytest.raises(InputError):
        decoder.decode(CompressedImage(format='jpeg', data=data))


def test_truncated_jpeg_is_refused(decoder):
    whole = cv2.imencode('.jpeg', np.repeat(COLOR, 20, axis=0))[1].tobytes()
    decoder.decode(CompressedImage(format='jpeg', data=whole))
    with pytest.raises(InputError, match='ends early'):
        decoder.decode(CompressedImage(format='jpeg', data=whole[: len(whole) // 2]))


def test_1080p_bgr8_is_read_without_a_copy(decoder):
    data = array('B', bytes(1920 * 1080 * 3))
    big = Image(height=1080, width=1920, encoding='bgr8', step=5760, data=data)
    picture = decoder.decode(big)
    assert np.shares_memory(picture, np.frombuffer(big.data, np.uint8))
    begin = time.perf_counter()
    for _ in range(10):
        decoder.decode(big)
    assert time.perf_counter() - begin < 0.05  # ten copies would take longer


def test_encode_gives_back_what_it_got(decoder):
    header = Header(frame_id='camera')
    for encoding, pixels in (('rgb8', COLOR), ('bgr8', COLOR[..., ::-1])):
        made = images.encode(pixels, header, encoding)
        assert (made.header, made.encoding, made.step) == (header, encoding, 3 * WIDTH)
        np.testing.assert_array_equal(decoder.decode(made), COLOR)


def test_cv_bridge_is_used_only_where_it_is_right():
    pytest.importorskip('cv_bridge')
    bridge = images.load_bridge()
    trusted = ImageDecoder(bridge).trusted
    assert {'rgb8', 'bgr8', 'mono8', 'compressed'} <= trusted <= {*images.ENCODINGS, 'compressed'}

    class Broken:
        """Knows some encodings, gives wrong pixels for one, and nothing for the rest."""

        def imgmsg_to_cv2(self, image, wanted):
            if image.encoding == 'rgb8':
                return bridge.imgmsg_to_cv2(image, wanted)
            if image.encoding == 'bgr8':
                return bridge.imgmsg_to_cv2(image, wanted)[..., ::-1]
            raise RuntimeError('as with numpy 2')

        def compressed_imgmsg_to_cv2(self, image):
            raise AttributeError('as with OpenCV 5')

    assert ImageDecoder(Broken()).trusted == {'rgb8'}
    np.testing.assert_array_equal(
        ImageDecoder(Broken()).decode(message(COLOR[..., ::-1], 'bgr8')), COLOR
    )
