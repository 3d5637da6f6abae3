# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The backbone's features, cached."""

from pathlib import Path
import threading
import time

from aiatrack_ros.errors import InputError
from aiatrack_ros.model import AiATrack
from aiatrack_ros.model import VARIANTS
from aiatrack_ros.training import features
from aiatrack_ros.training.compositor import Scenes
from aiatrack_ros.training.features import Extractor
from aiatrack_ros.training.features import FeatureCache
from aiatrack_ros.training.run_config import CacheConfig
import numpy as np
import pytest
import torch


class Source:
    """Scenes whose crops and boxes tell their number."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def scenes(self, number: int, count: int) -> Scenes:
        self.asked.append(number)
        value = torch.arange(number, number + count)[:, None]
        no = torch.zeros(count, 2, 64, dtype=torch.bool)
        return Scenes(
            (value % 250).byte()[:, :, None, None, None].expand(count, 2, 64, 64, 3),
            value[:, :, None].expand(count, 2, 4).float(),
            torch.ones(count, 2, dtype=torch.bool),
            no,
            no,
            torch.zeros(count, 2, 3, 4),
            torch.ones(count),
        )


@pytest.fixture(scope='module')
def network() -> AiATrack:
    torch.manual_seed(0)
    return AiATrack(VARIANTS['aiatrack_lite']).eval()


def cache(path: Path, recipe: dict | None = None) -> FeatureCache:
    return FeatureCache(CacheConfig(str(path), 24, 8, 8, 0.5), recipe or {'a': 1})


def test_extractor_agrees_with_the_network(network: AiATrack) -> None:
    crops = torch.randint(0, 256, (1, 2, 64, 64, 3), dtype=torch.uint8)
    deep, lateral = Extractor(network)(crops)
    with torch.no_grad():
        expected = network.extract(network.preprocess(crops[0]))
    assert torch.allclose(deep[0], expected[0], atol=1e-4)
    assert torch.allclose(lateral[0], expected[1], atol=1e-4)


def test_what_was_stored_is_read(tmp_path: Path, network: AiATrack) -> None:
    made, extractor = cache(tmp_path), Extractor(network)
    made.fill(Source(), extractor)
    found = cache(tmp_path).load(np.array([17, 3]))
    assert found.boxes[:, 0, 0].tolist() == [17, 3]
    expected = extractor(Source().scenes(17, 1).crops)
    assert torch.allclose(found.deep[:1], expected[0], rtol=1e-3, atol=1e-2)  # half precision
    assert torch.allclose(found.lateral[:1], expected[1], rtol=1e-3, atol=1e-2)
    assert found.present.dtype == torch.bool


def test_filling_goes_on_where_it_stopped(tmp_path: Path, network: AiATrack) -> None:
    cache(tmp_path).fill(Source(), Extractor(network))
    (tmp_path / '00001').rename(tmp_path / '00001.part')
    source = Source()
    cache(tmp_path).fill(source, Extractor(network))
    assert source.asked == [8]
    assert cache(tmp_path).load(np.array([9])).boxes[0, 0, 0] == 9


def test_training_may_begin_before_the_cache_is_full(
    tmp_path: Path, network: AiATrack, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = cache(tmp_path)
    assert [reader.available(step) for step in (0, 15, 16, 32, 500)] == [8, 8, 16, 24, 24]
    monkeypatch.setattr(features, 'WAIT', 0.05)

    def later() -> None:
        time.sleep(0.3)
        cache(tmp_path).fill(Source(), Extractor(network))

    writer = threading.Thread(target=later)
    writer.start()
    assert reader.load(np.array([20])).boxes[0, 0, 0] == 20
    writer.join()


def test_a_cache_of_other_scenes_is_refused(tmp_path: Path) -> None:
    cache(tmp_path, {'a': 1})
    with pytest.raises(InputError, match='other data, settings or weights'):
        cache(tmp_path, {'a': 2})
