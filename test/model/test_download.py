# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Downloads that break, go on and fail, from a local server; zips that are not to be trusted."""

from collections.abc import Iterator
from pathlib import Path
import stat
import zipfile

from aiatrack_ros.errors import CheckpointError
from aiatrack_ros.model import download as module
from aiatrack_ros.model.download import cache_folder
from aiatrack_ros.model.download import download
from aiatrack_ros.model.download import unpack
from file_server import FileServer
from file_server import serve
import numpy as np
import pytest

CONTENT = np.random.default_rng(0).integers(0, 255, 100_000, np.uint8).tobytes()


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, 'PAUSE', 0.0)
    monkeypatch.setenv('no_proxy', '*')


@pytest.fixture
def server() -> Iterator[FileServer]:
    with serve(CONTENT) as running:
        yield running


def refused(url: str, path: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        download(url, path)
    text = str(caught.value)
    assert '\n' not in text
    assert not path.exists()
    return text


class TestDownload:
    def test_whole(self, server: FileServer, tmp_path: Path):
        path = tmp_path / 'new' / 'file.zip'
        assert download(server.url, path) == path
        assert path.read_bytes() == CONTENT
        assert [other.name for other in path.parent.iterdir()] == ['file.zip']

    def test_progress_is_told(self, server: FileServer, tmp_path: Path):
        told = []

        class Bar:
            def __init__(self, **options: object) -> None:
                told.append(('of', options['total'], 'from', options['initial']))

            def __enter__(self):
                return self

            def __exit__(self, *_: object) -> None:
                pass

            def update(self, count: int) -> None:
                told.append(count)

        server.breaks = [60_000]
        download(server.url, tmp_path / 'file.zip', Bar)
        heads = [row for row in told if isinstance(row, tuple)]
        assert heads == [('of', 100_000, 'from', 0), ('of', 100_000, 'from', 60_000)]
        assert sum(row for row in told if isinstance(row, int)) == 100_000

    def test_broken_connections_are_resumed(self, server: FileServer, tmp_path: Path):
        server.breaks = [30_000, 20_000]
        path = download(server.url, tmp_path / 'file.zip')
        assert path.read_bytes() == CONTENT
        assert server.asked == [None, 'bytes=30000-', 'bytes=50000-']
        assert server.sent == len(CONTENT)  # nothing came twice

    def test_the_next_call_goes_on_after_giving_up(self, server: FileServer, tmp_path: Path):
        path = tmp_path / 'file.zip'
        server.breaks = [40_000, 0, 0, 0]
        text = refused(server.url, path)
        assert '40,000 bytes' in text and 'call again' in text
        server.asked.clear()
        assert download(server.url, path).read_bytes() == CONTENT
        assert server.asked == ['bytes=40000-']

    def test_all_was_there_but_not_yet_renamed(self, server: FileServer, tmp_path: Path):
        path = tmp_path / 'file.zip'
        (tmp_path / 'file.zip.part').write_bytes(CONTENT)
        (tmp_path / 'file.zip.version').write_text(server.version)
        assert download(server.url, path).read_bytes() == CONTENT
        assert server.sent == 0

    def test_a_file_that_changed_is_fetched_anew(self, server: FileServer, tmp_path: Path):
        server.breaks = [40_000, 0, 0, 0]
        refused(server.url, tmp_path / 'file.zip')
        server.content, server.version = CONTENT[::-1], '"2"'
        assert download(server.url, tmp_path / 'file.zip').read_bytes() == CONTENT[::-1]

    def test_a_file_that_shrank_is_fetched_anew(self, server: FileServer, tmp_path: Path):
        (tmp_path / 'file.zip.part').write_bytes(CONTENT + b'more')
        (tmp_path / 'file.zip.version').write_text(server.version)
        assert download(server.url, tmp_path / 'file.zip').read_bytes() == CONTENT

    @pytest.mark.parametrize('version', ['', 'W/"1"'])
    def test_without_a_sure_mark_it_begins_anew(
        self, server: FileServer, tmp_path: Path, version: str
    ):
        server.version, server.breaks = version, [40_000]
        assert download(server.url, tmp_path / 'file.zip').read_bytes() == CONTENT
        assert server.asked == [None, None]

    def test_a_server_without_ranges(self, server: FileServer, tmp_path: Path):
        server.ranges, server.breaks = False, [40_000]
        assert download(server.url, tmp_path / 'file.zip').read_bytes() == CONTENT
        assert server.asked == [None, 'bytes=40000-']

    def test_a_local_file(self, tmp_path: Path):
        (tmp_path / 'here.zip').write_bytes(CONTENT)
        path = download((tmp_path / 'here.zip').as_uri(), tmp_path / 'file.zip')
        assert path.read_bytes() == CONTENT

    @pytest.mark.parametrize('status', [404, 500])
    def test_a_server_that_fails(self, server: FileServer, tmp_path: Path, status: int):
        server.status = status
        text = refused(server.url, tmp_path / 'file.zip')
        assert server.url in text and str(status) in text and '--url' in text

    def test_nobody_there(self, tmp_path: Path):
        with serve(b'') as gone:
            url = gone.url
        text = refused(url, tmp_path / 'file.zip')
        assert url in text and "can't be reached" in text and 'file:///' in text

    def test_no_address(self, tmp_path: Path):
        assert "'Trained_Models.zip' is no address" in refused(
            'Trained_Models.zip', tmp_path / 'x'
        )
        assert 'is no address' in refused('ftp://x/y.zip', tmp_path / 'x')

    def test_no_place(self, server: FileServer, tmp_path: Path):
        (tmp_path / 'file').write_text('')
        with pytest.raises(CheckpointError, match="can't be written.*AIATRACK_HOME"):
            download(server.url, tmp_path / 'file' / 'x.zip')


def make_zip(path: Path, files: dict[str, bytes], link: str = '') -> Path:
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        if link:
            info = zipfile.ZipInfo(link)
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, '/etc')
    return path


class TestUnpack:
    def test_only_the_files_that_are_wanted(self, tmp_path: Path):
        files = {
            'a/x.pth.tar': b'1',
            'b/y.pth': b'2' * 9999,
            'b/notes.txt': b'3',
            '../z.txt': b'4',
        }
        found = unpack(make_zip(tmp_path / 'x.zip', files), tmp_path / 'out', ('.pth', '.pth.tar'))
        assert found == [tmp_path / 'out/a/x.pth.tar', tmp_path / 'out/b/y.pth']
        assert [path.read_bytes() for path in found] == [b'1', b'2' * 9999]
        assert sorted(p.name for p in tmp_path.rglob('*') if p.is_file()) == [
            'x.pth.tar',
            'x.zip',
            'y.pth',
        ]

    @pytest.mark.parametrize(
        'name', ['../x.pth', '/x.pth', 'a/../../x.pth', '..\\x.pth', 'c:x.pth']
    )
    def test_names_that_lead_outside(self, tmp_path: Path, name: str):
        archive = make_zip(tmp_path / 'x.zip', {'good.pth': b'1', name: b'2'})
        with pytest.raises(CheckpointError, match='outside its folder'):
            unpack(archive, tmp_path / 'in' / 'out', ('.pth',))
        assert [path.name for path in tmp_path.rglob('*') if path.is_file()] == ['x.zip']

    def test_links(self, tmp_path: Path):
        archive = make_zip(tmp_path / 'x.zip', {}, link='x.pth')
        with pytest.raises(CheckpointError, match='outside its folder'):
            unpack(archive, tmp_path / 'out', ('.pth',))

    def test_too_large(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(module, 'LARGEST', 10_000)
        archive = make_zip(tmp_path / 'x.zip', {'x.pth': bytes(10_001)})
        with pytest.raises(CheckpointError, match='more than'):
            unpack(archive, tmp_path / 'out', ('.pth',))

    def test_torn(self, tmp_path: Path):
        whole = make_zip(tmp_path / 'x.zip', {'x.pth': CONTENT}).read_bytes()
        cut = [whole[:-50], whole[: len(whole) // 2], b'', b'<html>']
        text = make_zip(tmp_path / 'x.zip', {'x.pth': b'%d' * 5000}).read_bytes()
        flipped = [bytearray(whole), bytearray(text)]  # one fails its CRC, the other to inflate
        flipped[0][5000] ^= 1
        flipped[1][40:44] = b'\xff' * 4
        for content in [*cut, *map(bytes, flipped)]:
            (tmp_path / 'x.zip').write_bytes(content)
            with pytest.raises(CheckpointError, match='is no whole zip'):
                unpack(tmp_path / 'x.zip', tmp_path / 'out', ('.pth',))
            assert [path.name for path in tmp_path.iterdir()] == ['x.zip']

    def test_encrypted_and_empty(self, tmp_path: Path):
        with pytest.raises(CheckpointError, match='has no file that ends in .pth'):
            unpack(make_zip(tmp_path / 'x.zip', {'a.txt': b''}), tmp_path / 'out', ('.pth',))
        content = bytearray(make_zip(tmp_path / 'x.zip', {'x.pth': b'1'}).read_bytes())
        central = content.index(b'PK\x01\x02')
        content[6] |= 1
        content[central + 8] |= 1
        with pytest.raises(CheckpointError, match='encrypted'):
            (tmp_path / 'x.zip').write_bytes(content)
            unpack(tmp_path / 'x.zip', tmp_path / 'out', ('.pth',))

    def test_an_old_folder_is_replaced_only_by_a_whole_one(self, tmp_path: Path):
        out = tmp_path / 'out'
        unpack(make_zip(tmp_path / 'x.zip', {'old.pth': b'1'}), out, ('.pth',))
        (tmp_path / 'x.zip').write_bytes(b'torn')
        with pytest.raises(CheckpointError):
            unpack(tmp_path / 'x.zip', out, ('.pth',))
        assert [path.name for path in out.iterdir()] == ['old.pth']
        unpack(make_zip(tmp_path / 'x.zip', {'new.pth': b'1'}), out, ('.pth',))
        assert [path.name for path in out.iterdir()] == ['new.pth']


def test_cache_folder(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv('HOME', '/home/somebody')
    monkeypatch.delenv('AIATRACK_HOME', raising=False)
    monkeypatch.delenv('XDG_CACHE_HOME', raising=False)
    assert cache_folder() == Path('/home/somebody/.cache/aiatrack_ros')
    monkeypatch.setenv('XDG_CACHE_HOME', '/var/cache')
    assert cache_folder() == Path('/var/cache/aiatrack_ros')
    monkeypatch.setenv('AIATRACK_HOME', '~/weights')
    assert cache_folder() == Path('/home/somebody/weights')
