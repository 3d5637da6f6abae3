# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Decoding and encoding of images, once by our own path and once by cv_bridge."""

from array import array
import sys
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
    return ImageDecoder(images.load_bridge(print))


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


@pytest.mark.parametrize('padding', [0, 2, 3])
@pytest.mark.parametrize('big_endian', [False, True])
@pytest.mark.parametrize(
    'encoding, order, channels',
    [
        ('rgb16', slice(None), 3),
        ('bgr16', slice(None, None, -1), 3),
        ('16UC3', slice(None, None, -1), 3),
        ('rgba16', slice(None), 4),
        ('bgra16', slice(None, None, -1), 4),
        ('16UC4', slice(None, None, -1), 4),
    ],
)
def test_colors_of_16_bits(decoder, encoding, order, channels, big_endian, padding):
    deep = RNG.integers(0, 65536, (HEIGHT, WIDTH, 3), dtype=np.uint16)
    alpha = np.full((HEIGHT, WIDTH, channels - 3), 12345, np.uint16)
    stored = np.concatenate([deep[..., order], alpha], axis=2)
    stored = stored.astype('>u2' if big_endian else '<u2')
    picture = decoder.decode(message(stored, encoding, padding=padding, big_endian=big_endian))
    np.testing.assert_array_equal(picture, np.rint(deep / 257))


@pytest.mark.parametrize('big_endian', [False, True])
@pytest.mark.parametrize('encoding', ['32FC1', '32FC3', '32FC4'])
def test_floats_are_black_at_0_and_white_at_1(decoder, encoding, big_endian):
    channels = int(encoding[-1])
    bgr = np.concatenate([COLOR[..., ::-1], ALPHA], axis=2)[..., :channels] / np.float32(255)
    stored = bgr.astype('>f4' if big_endian else '<f4')
    picture = decoder.decode(message(stored, encoding, big_endian=big_endian))
    expected = COLOR if channels > 1 else COLOR[..., 2:].repeat(3, axis=2)
    np.testing.assert_array_equal(picture, expected)
    stored[0, 0] = np.nan
    picture = decoder.decode(message(stored, encoding, big_endian=big_endian))
    np.testing.assert_array_equal(picture[0, 0], 0)
    np.testing.assert_array_equal(picture[1:], expected[1:])


@pytest.mark.parametrize('padding', [0, 4])
@pytest.mark.parametrize('pattern', ['rggb', 'bggr', 'gbrg', 'grbg'])
@pytest.mark.parametrize('big_endian', [False, True])
def test_bayer_of_16_bits(decoder, pattern, padding, big_endian):
    mosaic = np.tile(np.array([[200, 100], [100, 50]], np.uint8), (HEIGHT // 2, WIDTH // 2))
    expected = decoder.decode(message(mosaic, f'bayer_{pattern}8', padding=padding))
    stored = (mosaic.astype(np.uint16) * 257).astype('>u2' if big_endian else '<u2')
    deep = message(stored, f'bayer_{pattern}16', padding=padding, big_endian=big_endian)
    np.testing.assert_array_equal(decoder.decode(deep), expected)


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


@pytest.mark.parametrize('padding', [0, 4])
def test_yuv_444_in_two_planes(decoder, padding):
    parts = np.rint([[yuv_of(color) for color in row] for row in COLOR]).astype(np.uint8)
    # A row of chroma is as long as two of luma, and what is free behind it as well.
    luma = np.pad(parts[..., 0], ((0, 0), (0, padding)))
    chroma = np.pad(parts[..., 1:].reshape(HEIGHT, -1), ((0, 0), (0, 2 * padding)))
    rows = np.concatenate([luma, chroma.reshape(2 * HEIGHT, -1)])
    picture = decoder.decode(message(rows, 'nv24'))
    assert picture.shape == (HEIGHT, WIDTH, 3)
    np.testing.assert_allclose(picture.astype(int), COLOR, atol=4)


def turned_jpeg(bgr, orientation):
    """Return a JPEG whose EXIF data say how to turn it: 6 is a quarter to the right."""
    jpeg = cv2.imencode('.jpeg', bgr)[1].tobytes()
    entry = b'\x01\x12\x00\x03\x00\x00\x00\x01' + bytes([0, orientation, 0, 0])
    exif = b'Exif\0\0MM\0*\0\0\0\x08\0\x01' + entry + bytes(4)
    return jpeg[:2] + b'\xff\xe1' + (len(exif) + 2).to_bytes(2, 'big') + exif + jpeg[2:]


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


def test_a_jpeg_is_whole_by_its_format_and_not_by_its_last_bytes(decoder):
    whole = cv2.imencode('.jpeg', np.repeat(COLOR, 20, axis=0))[1].tobytes()
    picture = decoder.decode(CompressedImage(format='jpeg', data=whole))
    for trailer in (bytes(100), b'\xff' * 100, b'made by a camera ' * 100):
        behind = decoder.decode(CompressedImage(format='jpeg', data=whole + trailer))
        np.testing.assert_array_equal(behind, picture)
    torn = whole[: len(whole) // 2]
    for rest in (b'', bytes(len(torn)), b'\xff' * len(torn), whole):
        with pytest.raises(InputError, match="ends early; its format is 'jpeg'"):
            decoder.decode(CompressedImage(format='jpeg', data=torn + rest))


def test_the_orientation_of_a_compressed_image_is_not_applied(decoder):
    wide = np.repeat(COLOR, 4, axis=1)
    data = turned_jpeg(wide[..., ::-1], 6)
    turned = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert turned.shape == (4 * WIDTH, HEIGHT, 3)  # which is what the data ask for
    picture = decoder.decode(CompressedImage(format='jpeg', data=data))
    assert picture.shape == (HEIGHT, 4 * WIDTH, 3)


def test_a_compressed_image_of_16_bits_keeps_its_contrast(decoder):
    deep = (29000 + GREY.astype(np.uint16) * 2).repeat(8, axis=0).repeat(8, axis=1)
    data = cv2.imencode('.png', deep)[1].tobytes()
    picture = decoder.decode(CompressedImage(format='mono16; png compressed', data=data))
    assert np.ptp(picture) > 220
    assert np.corrcoef(picture[..., 1].ravel(), deep.ravel())[0, 1] > 0.999


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
    said = []
    bridge = images.load_bridge(said.append)
    trusted = ImageDecoder(bridge).trusted
    assert trusted <= {*images.ENCODINGS}
    if np.__version__ < '2' and cv2.__version__ < '5':
        assert {'rgb8', 'bgr8', 'mono8'} <= trusted
    # What is left aside is named, and what is used is not.
    assert len(said) == 1
    assert not any(f' {name}{end}' in said[0] for name in trusted for end in ',:')
    assert f'NumPy {np.__version__} and OpenCV {cv2.__version__}' in said[0]


def test_an_encoding_that_cv_bridge_gets_wrong_is_decoded_here():
    class Broken:
        """Knows some encodings, gives wrong pixels for one, and nothing for the rest."""

        def imgmsg_to_cv2(self, image, wanted):
            pixels = np.frombuffer(image.data, np.uint8).reshape(image.height, image.width, -1)
            if image.encoding == 'rgb8':
                return pixels
            if image.encoding == 'bgr8':
                return pixels[..., ::-1]
            raise RuntimeError('as with numpy 2')

    assert ImageDecoder(Broken()).trusted == {'rgb8'}
    np.testing.assert_array_equal(
        ImageDecoder(Broken()).decode(message(COLOR[..., ::-1], 'bgr8')), COLOR
    )


@pytest.fixture
def other_bridge(monkeypatch, tmp_path):
    """Return a function that puts a cv_bridge of this code in place of the installed one."""

    def put(code, numpy):
        (tmp_path / 'cv_bridge.py').write_text(code)
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.setattr(np, '__version__', numpy)

    monkeypatch.delitem(sys.modules, 'cv_bridge', raising=False)
    images._fault_of_bridge.cache_clear()
    yield put
    images._fault_of_bridge.cache_clear()
    sys.modules.pop('cv_bridge', None)


@pytest.mark.parametrize('numpy', ['1.26.4', '2.3.4'])
def test_cv_bridge_that_does_not_load_is_left_aside_in_one_line(other_bridge, numpy):
    other_bridge("raise ImportError('compiled for another NumPy')", numpy)
    said = []
    assert images.load_bridge(said.append) is None
    assert len(said) == 1
    assert said[0].startswith('cv_bridge is left aside')
    assert said[0].endswith('compiled for another NumPy')
    assert '\n' not in said[0]


def test_cv_bridge_that_ends_its_process_does_not_end_ours(other_bridge):
    other_bridge(
        'import ctypes\n'
        'class CvBridge:\n'
        '    def imgmsg_to_cv2(self, image, wanted):\n'
        '        ctypes.string_at(0)\n',
        '2.3.4',
    )
    said = []
    assert images.load_bridge(said.append) is None
    assert said[0].endswith('it ends the process, by signal 11')


def test_cv_bridge_that_runs_with_numpy_2_is_used(other_bridge):
    other_bridge(
        'import numpy\n'
        'class CvBridge:\n'
        '    def imgmsg_to_cv2(self, image, wanted):\n'
        "        assert image.encoding == 'rgb8'\n"
        '        return numpy.frombuffer(image.data, numpy.uint8).reshape(\n'
        '            image.height, image.width, 3)\n',
        '2.3.4',
    )
    said = []
    assert ImageDecoder(images.load_bridge(said.append)).trusted == {'rgb8'}
    assert 'left aside for 8UC1' in said[0] and 'rgb8' not in said[0]
