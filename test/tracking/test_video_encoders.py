# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Written videos: what is in the files, and whether a browser plays them."""

from pathlib import Path

from aiatrack_ros.tracking import video_encoders
from aiatrack_ros.tracking.video import Video
from aiatrack_ros.tracking.video import VideoWriter
from aiatrack_ros.tracking.video_encoders import H264
from aiatrack_ros.tracking.video_encoders import MPEG4
from aiatrack_ros.tracking.video_encoders import open_encoder
from aiatrack_ros.tracking.video_encoders import writable_rate
import numpy as np
import pytest

av = pytest.importorskip('av', reason='needs PyAV: pip install av')


@pytest.fixture(params=[H264, MPEG4])
def codec(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have videos written with either codec."""
    if request.param == MPEG4:
        monkeypatch.setattr(video_encoders, 'can_encode_h264', lambda: False)
    return request.param


def frames(count: int, rows: int = 48, columns: int = 64) -> list[np.ndarray]:
    """Return frames, RGB, red with a brightness of their own."""
    return [np.full((rows, columns, 3), (40 + 20 * k, 10, 5), np.uint8) for k in range(count)]


def write(path: Path, rate: float, pictures: list[np.ndarray]) -> VideoWriter:
    with VideoWriter(path, rate) as writer:
        for picture in pictures:
            writer.write(picture)
    return writer


def codec_in(path: Path) -> str:
    with av.open(str(path)) as file:
        return file.streams.video[0].codec_context.name


def test_frames_come_back_with_their_colours_in_either_codec(tmp_path: Path, codec: str) -> None:
    path = tmp_path / 'out.mp4'
    writer = write(path, 12.5, frames(8))
    assert codec_in(path) == {H264: 'h264', MPEG4: 'mpeg4'}[codec]
    assert open_encoder(tmp_path / 'other.mp4', 10, 64, 48).codec == codec
    assert ('browsers do not play' in writer.description) == (codec == MPEG4)
    video = Video(path)
    assert (video.fps, video.frame_count) == (12.5, 8)
    for ours, frame in zip(video, frames(8), strict=True):
        assert np.abs(ours.astype(int) - frame).max() < 12  # a codec loses less; BGR would differ


@pytest.mark.parametrize(
    'rate', [1e-9, 0.5, 23.976, 65.535, 65.537, 119.883, 655.36, 999.9996, 6553.55, 70000, 1e9]
)
def test_every_frame_rate_is_written_at_the_nearest_there_is(
    tmp_path: Path, rate: float, codec: str
) -> None:
    path = tmp_path / 'out.mp4'
    write(path, rate, frames(3))
    video = Video(path)
    assert len(list(video)) == 3
    assert video.fps == pytest.approx(min(max(rate, 0.01), 65535), rel=1e-3)


def test_writable_rates_are_whole_parts_of_a_second() -> None:
    for rate in np.exp(np.random.default_rng(0).uniform(np.log(0.01), np.log(65535), 10_000)):
        written = writable_rate(rate)
        assert written == pytest.approx(rate, rel=1e-3, abs=6e-4)
        parts = next(n for n in (1, 10, 100, 1000) if abs(round(written * n) - written * n) < 1e-6)
        assert 1 <= round(written * parts) <= 65535


def test_h264_is_as_browsers_and_chat_programs_take_it(tmp_path: Path) -> None:
    path = tmp_path / 'odd.mp4'
    write(path, 10, frames(5, 47, 63))
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ('h264', 'yuv420p')
        assert (stream.width, stream.height) == (64, 48)
        assert len(list(file.decode(stream))) == 5
    data = path.read_bytes()
    assert data.index(b'moov') < data.index(b'mdat')  # it plays before all of it has come
    last = list(Video(path))[-1]
    assert np.abs(last[-1, -1].astype(int) - frames(5)[-1][0, 0]).max() < 12


def test_without_an_encoder_it_is_as_every_opencv_writes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video_encoders, '_LIBRARY', 'of nobody')
    assert not video_encoders.can_encode_h264()
    assert 'pip install av' in write(tmp_path / 'out.mp4', 10, frames(2)).description
    assert codec_in(tmp_path / 'out.mp4') == 'mpeg4'


@pytest.mark.timeout(200)
def test_a_browser_plays_it(tmp_path: Path) -> None:
    browser = pytest.importorskip('browser', reason='needs playwright: run make setup')
    path = tmp_path / 'out.mp4'
    write(path, 25, frames(10, 121, 161))
    with (
        browser.chromium() as chromium,
        browser.open_page(chromium, path.as_uri()) as page,
    ):
        shown = page.evaluate(
            """async () => {
                 const video = document.querySelector('video');
                 video.muted = true; video.loop = false;
                 const ended = new Promise((done, fail) => {
                   video.onended = done; video.onerror = () => fail(video.error.message);
                 });
                 await video.play(); await ended;
                 return [video.videoWidth, video.videoHeight, video.duration,
                         video.getVideoPlaybackQuality().totalVideoFrames];
               }"""
        )
    assert shown[:2] == [162, 122]
    assert shown[2] == pytest.approx(0.4, abs=0.05)
    assert shown[3] >= 1
