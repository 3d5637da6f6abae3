# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""`aiatrack weights`: list, verify, convert, average, and fetch from a local server."""

from collections.abc import Callable
import hashlib
import io
from pathlib import Path
import shutil
import zipfile

from aiatrack_ros import cli
from aiatrack_ros.commands import weights
from aiatrack_ros.model import AiATrack
from aiatrack_ros.model import VARIANTS
from aiatrack_ros.model.checkpoint import read_state_dict
from aiatrack_ros.model.conversion import convert
from file_server import serve
import pytest
import safetensors.torch
import torch


@pytest.fixture(scope='module')
def tensors() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return AiATrack(VARIANTS['aiatrack_lite']).state_dict()


@pytest.fixture(scope='module')
def published(tensors: dict[str, torch.Tensor], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of the form of a published checkpoint."""
    path = tmp_path_factory.mktemp('published') / 'AIATRACK_ep0500.pth.tar'
    torch.save({'net': tensors, 'epoch': 500}, path)
    return path


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv('AIATRACK_HOME', str(tmp_path / 'home'))
    monkeypatch.setenv('no_proxy', '*')
    return tmp_path / 'home'


@pytest.fixture
def call(capsys: pytest.CaptureFixture) -> Callable[..., tuple[int, str, str]]:
    """Return a function that runs the command: exit code, output, errors (less the bar)."""

    def run(*args: object) -> tuple[int, str, str]:
        code = cli.main(['weights', *map(str, args)])
        out, err = capsys.readouterr()
        lines = [line for line in err.replace('\r', '\n').splitlines() if line.strip()]
        return code, out, '\n'.join(line for line in lines if 'B/s' not in line)

    return run


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class TestVerify:
    def test_a_good_file(self, published: Path, tensors: dict, call: Callable):
        code, out, _ = call('verify', published, '--sha256', sha(published).upper())
        assert code == 0
        assert 'fits aiatrack_lite' in out and sha(published) in out and 'float32' in out
        numbers = sum(t.numel() for t in tensors.values() if t.is_floating_point())
        assert f'{len(tensors)} tensors of {numbers:,} numbers' in out

    def expect(self, result: tuple[int, str, str], *parts: str) -> None:
        code, _, errors = result
        assert code == 2 and len(errors.splitlines()) == 1
        for part in parts:
            assert part in errors

    def test_another_hash(self, published: Path, call: Callable):
        self.expect(call('verify', published, '--sha256', '00'), sha(published), 'not 00')

    def test_another_model(self, published: Path, call: Callable):
        result = call('verify', published, '--model', 'aiatrack_r50')
        self.expect(result, 'does not fit', "fits model 'aiatrack_lite'")

    def test_no_model(self, tensors: dict, tmp_path: Path, call: Callable):
        path = tmp_path / 'x.safetensors'
        name = next(name for name, tensor in tensors.items() if tensor.ndim == 4)
        safetensors.torch.save_file({**tensors, name: torch.zeros(1)}, path)
        shape = tuple(tensors[name].shape)
        self.expect(call('verify', path), 'fits no model', f"'{name}' is (1,), not {shape}")

    def test_numbers_that_are_none(self, tensors: dict, tmp_path: Path, call: Callable):
        path = tmp_path / 'x.safetensors'
        name = next(name for name, tensor in tensors.items() if tensor.ndim == 4)
        broken = tensors[name].clone()
        broken.view(-1)[0] = float('nan')
        safetensors.torch.save_file({**tensors, name: broken}, path)
        self.expect(call('verify', path), 'not finite', name)

    def test_missing_and_torn(self, published: Path, tmp_path: Path, call: Callable):
        self.expect(call('verify', tmp_path / 'no.pth'), 'no.pth', 'does not exist')
        torn = tmp_path / 'torn.pth'
        torn.write_bytes(published.read_bytes()[:-1000])
        self.expect(call('verify', torn), 'torn.pth', "can't be read")


class TestConvert:
    def test_bit_for_bit(self, published: Path, tensors: dict, tmp_path: Path, call: Callable):
        target = tmp_path / 'new' / 'x.safetensors'
        code, out, _ = call('convert', published, target)
        assert code == 0 and sha(target) in out
        found, metadata = read_state_dict(target)
        assert found.keys() == tensors.keys()
        assert all(torch.equal(found[name], tensor) for name, tensor in tensors.items())
        assert metadata == {
            'model': 'aiatrack_lite',
            'source': published.name,
            'source_sha256': sha(published),
        }
        assert [path.name for path in target.parent.iterdir()] == ['x.safetensors']
        plain = tmp_path / 'plain'
        plain.touch()
        assert target.stat().st_mode == plain.stat().st_mode  # others may read it as well

    def test_half_precision(self, published: Path, tensors: dict, tmp_path: Path, call: Callable):
        target = tmp_path / 'x.safetensors'
        assert call('convert', published, target, '--fp16')[0] == 0
        assert target.stat().st_size < 0.55 * published.stat().st_size
        found, _ = read_state_dict(target)
        for name, tensor in tensors.items():
            expected = tensor.half() if tensor.is_floating_point() else tensor
            assert found[name].dtype == expected.dtype and torch.equal(found[name], expected)

    def test_too_large_for_half_precision(self, tensors: dict, tmp_path: Path, call: Callable):
        name = next(name for name, tensor in tensors.items() if tensor.ndim == 4)
        source, target = tmp_path / 'x.pth', tmp_path / 'x.safetensors'
        torch.save({'net': {**tensors, name: tensors[name] + 1e6}}, source)
        code, _, errors = call('convert', source, target, '--fp16')
        assert code == 2 and name in errors and '--fp16' in errors
        assert not target.exists()

    def test_a_strange_target(self, published: Path, tmp_path: Path, call: Callable):
        code, _, errors = call('convert', published, tmp_path / 'x.pth')
        assert code == 2 and 'must end in .safetensors' in errors
        code, _, errors = call('convert', published, published / 'x.safetensors')
        assert code == 2 and "can't be written" in errors and len(errors.splitlines()) == 1


class TestAverage:
    def test_mean(self, published: Path, tensors: dict, tmp_path: Path, call: Callable):
        other, target = tmp_path / 'other.safetensors', tmp_path / 'mean.safetensors'
        tuned = {k: t + 0.5 if t.is_floating_point() else t + 3 for k, t in tensors.items()}
        safetensors.torch.save_file(tuned, other, {'samples': '7'})
        assert call('average', published, other, other, '--output', target)[0] == 0
        mean, metadata = read_state_dict(target)
        assert mean.keys() == tensors.keys()
        for name, tensor in tensors.items():
            expected = tensor + (1 / 3 if tensor.is_floating_point() else 3)
            torch.testing.assert_close(mean[name], expected)
        assert metadata['samples'] == '7' and metadata['model'] == 'aiatrack_lite'
        assert metadata['averaged'].count(sha(other)) == 2
        assert sha(published) in metadata['averaged']

    def test_of_different_networks(self, published: Path, tmp_path: Path, call: Callable):
        other = tmp_path / 'other.safetensors'
        safetensors.torch.save_file({'x': torch.zeros(1)}, other)
        code, _, errors = call('average', published, other, '--output', tmp_path / 'x.safetensors')
        assert code == 2 and str(other) in errors and len(errors.splitlines()) == 1


def test_list(
    published: Path, home: Path, tmp_path: Path, call: Callable, monkeypatch: pytest.MonkeyPatch
):
    shipped = tmp_path / 'shipped.safetensors'
    convert(published, shipped, half=True)
    monkeypatch.setattr(
        weights,
        'shipped_weights',
        lambda model: shipped if model == 'aiatrack_lite' else None,
    )
    code, out, _ = call('list')
    assert code == 0
    assert 'aiatrack_lite: comes with the package' in out and sha(shipped) in out
    assert 'float16' in out and f'source: {published.name}' in out
    assert 'aiatrack_r50: none comes with the package' in out
    assert f'{home}: nothing fetched' in out
    (home / 'published').mkdir(parents=True)
    shutil.copy(published, home / 'published')
    (home / 'published' / 'torn.pth').write_bytes(b'x')
    _, out, _ = call('list')
    assert f'{home}: 2 fetched' in out
    assert sha(published) in out and 'fits aiatrack_lite' in out
    assert "torn.pth' can't be read" in out


class TestFetch:
    def archive(self, published: Path) -> bytes:
        content = io.BytesIO()
        with zipfile.ZipFile(content, 'w') as archive:
            archive.write(published, f'Trained_Models/baseline/{published.name}')
            archive.writestr('Trained_Models/readme.txt', 'x')
        return content.getvalue()

    def test_interrupted_and_resumed(self, published: Path, home: Path, call: Callable):
        content = self.archive(published)
        with serve(content) as server:
            server.breaks = [len(content) // 2]
            code, out, errors = call('fetch', '--url', server.url)
            assert (code, errors) == (0, '')
            assert len(server.asked) == 2 and server.sent == len(content)
            fetched = home / 'published/Trained_Models/baseline' / published.name
            assert fetched.read_bytes() == published.read_bytes()
            assert str(fetched) in out and 'fits aiatrack_lite' in out
            assert hashlib.sha256(content).hexdigest() in out
            assert [path for path in home.rglob('*') if path.is_file()] == [fetched]
            code, out, _ = call('fetch', '--url', server.url)
            assert code == 0 and 'fetched before' in out and len(server.asked) == 2

    def test_a_torn_archive_is_not_kept(self, published: Path, home: Path, call: Callable):
        content = self.archive(published)
        with serve(content[:-100]) as server:
            code, _, errors = call('fetch', '--url', server.url)
            assert code == 2 and 'fetch it anew' in errors and len(errors.splitlines()) == 1
            assert not [path for path in home.rglob('*') if path.is_file()]
            server.content, server.version = content, '"2"'
            assert call('fetch', '--url', server.url)[0] == 0

    def test_offline(self, home: Path, call: Callable):
        with serve(b'') as gone:
            url = gone.url
        code, _, errors = call('fetch', '--url', url)
        assert code == 2 and len(errors.splitlines()) == 1
        assert url in errors and 'go online' in errors

    def test_where_the_published_models_are(self):
        assert weights.PUBLISHED_URL == (
            'https://github.com/Little-Podi/AiATrack/releases/download/downloads/'
            'Trained_Models.zip'
        )
