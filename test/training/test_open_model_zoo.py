# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Weights of the Open Model Zoo for an OSNet."""

from pathlib import Path

from aiatrack_ros.errors import InputError
from aiatrack_ros.model.osnet import OSNet
from aiatrack_ros.training.open_model_zoo import load_osnet
import pytest
from reidentification import write_osnet
from reidentification import Zoo
import torch

SIZE = (64, 32)


@pytest.fixture(scope='module')
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Zoo, str]:
    return write_osnet(tmp_path_factory.mktemp('zoo'), 0.25, SIZE)


@torch.inference_mode()
def test_the_same_vectors_come_out(written: tuple[Zoo, str]) -> None:
    theirs, path = written
    network = OSNet(0.25, SIZE, 256).eval()
    load_osnet(network, path, 'initial')
    images = 255 * torch.rand(2, 3, *SIZE)
    # Theirs are BGR, and their normalisation of pixels is undone by the first norm.
    expected = theirs(images)
    found = network((images.flip(1) - 127) / 128)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)


def test_what_does_not_fit_is_refused(tmp_path: Path, written: tuple[Zoo, str]) -> None:
    with pytest.raises(InputError, match="initial: 'nowhere.xml' does not exist"):
        load_osnet(OSNet(0.25, SIZE, 256), 'nowhere.xml', 'initial')
    text = tmp_path / 'text.xml'
    text.write_text('weights')
    with pytest.raises(InputError, match="initial: '.*text.xml' is no network"):
        load_osnet(OSNet(0.25, SIZE, 256), str(text), 'initial')
    for other in (OSNet(0.5, SIZE, 256), OSNet(0.25, (32, 16), 256)):
        with pytest.raises(InputError, match='no person-reidentification-retail network of this'):
            load_osnet(other, written[1], 'initial')
