# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Fetching weights: a download that can be resumed, and a zip that is unpacked with care."""

from collections.abc import Callable
from contextlib import closing
from email.message import Message
from http.client import HTTPException
import os
from pathlib import Path
from pathlib import PurePosixPath
import re
import shutil
import stat
import time
from typing import Any
from urllib.error import HTTPError
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request
from urllib.request import urlopen
import zipfile
import zlib

from aiatrack_ros.errors import CheckpointError
from tqdm import tqdm

TIMEOUT = 30.0  # seconds that may pass without a byte
TRIES = 3  # so many in a row may bring nothing new
PAUSE = 1.0  # seconds before another try, times the number of tries that failed
CHUNK = 1 << 18
LARGEST = 8 << 30  # bytes that an archive may unpack to
SCHEMES = ('http', 'https', 'file')


def cache_folder() -> Path:
    """Return where fetched weights are: AIATRACK_HOME, or aiatrack_ros in the user's cache."""
    home = os.environ.get('AIATRACK_HOME')
    if home:
        return Path(home).expanduser()
    base = os.environ.get('XDG_CACHE_HOME') or '~/.cache'
    return Path(base).expanduser() / 'aiatrack_ros'


def download(url: str, path: Path, bar: Callable[..., Any] = tqdm) -> Path:
    """Bring a file here, whole or not at all.

    What has come of a download that was cut off stays beside `path` under the ending `.part`, and
    the next call asks for the rest only, if the server's file is still the same.

    Args:
        url: http, https or file.
        path: where it shall be.
        bar: makes a progress bar like tqdm's.

    Raises:
        CheckpointError: the server can't be reached or does not have the file, or the connection
            broke again and again; the text says what to do.
    """
    if urlsplit(url).scheme not in SCHEMES:
        raise CheckpointError(f"'{url}' is no address: it must begin with {', '.join(SCHEMES)}")
    part, mark = path.with_name(path.name + '.part'), path.with_name(path.name + '.version')
    failures = 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            before = _size(part)
            problem = _fetch(url, part, mark, path.name, bar)
            if problem is None:
                part.replace(path)
                mark.unlink(missing_ok=True)
                return path
            failures = failures + 1 if _size(part) <= before else 0
            if failures >= TRIES:
                raise CheckpointError(
                    f'{url}: the connection broke after {_size(part):,} bytes ({problem}); '
                    'call again to go on from there'
                )
            time.sleep(PAUSE * failures)
    except HTTPError as error:
        raise CheckpointError(
            f'{url}: the server answers {error.code} {error.reason}; check the address, or name '
            'another one with --url'
        ) from None
    except URLError as error:
        raise CheckpointError(
            f"{url}: can't be reached ({error.reason}); go online, or download it elsewhere and "
            'name the copy with --url file:///FOLDER/FILE.zip'
        ) from None
    except OSError as error:
        raise CheckpointError(
            f"{path}: can't be written ({error.strerror or error}); free the disk, or name "
            'another folder in AIATRACK_HOME'
        ) from None


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _fetch(url: str, part: Path, mark: Path, name: str, bar: Callable[..., Any]) -> str | None:
    """Fetch what is missing; return None once the part is whole, else what went wrong."""
    have = _size(part)
    version = mark.read_text() if mark.is_file() else ''
    # Without knowing which version the part is of, the rest might be of another one.
    request = Request(url)
    if have and version:
        request.add_header('Range', f'bytes={have}-')
        request.add_header('If-Range', version)
    try:
        response = urlopen(request, timeout=TIMEOUT)
    except HTTPError as error:
        if error.code != 416:
            raise
        # Nothing lies beyond what we have: all came, or the file on the server has shrunk.
        total = _total(error.headers.get('Content-Range', ''))
        if total == have:
            return None
        part.unlink()
        return 'the file has changed on the server'
    except (TimeoutError, ConnectionError, HTTPException) as error:
        return str(error) or type(error).__name__
    with closing(response):
        partial = getattr(response, 'status', None) == 206
        if partial and not response.headers.get('Content-Range', '').startswith(f'bytes {have}-'):
            part.unlink(missing_ok=True)
            return 'the server sent another range than was asked for'
        have = have if partial else 0
        mark.write_text(_version(response.headers))
        length = response.headers.get('Content-Length')
        total = have + int(length) if length else None
        with (
            part.open('ab' if have else 'wb') as file,
            bar(total=total, initial=have, unit='B', unit_scale=True, desc=name) as progress,
        ):
            try:
                while chunk := response.read(CHUNK):
                    file.write(chunk)
                    progress.update(len(chunk))
            except (TimeoutError, ConnectionError, HTTPException) as error:
                return str(error) or type(error).__name__
    if total is not None and _size(part) != total:
        return f'{total:,} bytes were announced'
    return None


def _version(headers: Message) -> str:
    """Return what marks this version of a file for If-Range; empty if nothing reliable does."""
    etag = headers.get('ETag', '')
    weak = etag.startswith('W/')  # a weak tag does not promise equal bytes
    return etag if etag and not weak else headers.get('Last-Modified', '')


def _total(content_range: str) -> int | None:
    match = re.fullmatch(r'bytes \*/(\d+)', content_range)
    return int(match.group(1)) if match else None


def unpack(archive: Path, folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """Unpack the files of a zip that end in one of the suffixes; the folder appears whole or not.

    Returns:
        The files, in the order of the archive.

    Raises:
        CheckpointError: the zip is torn, has no such file, is larger than 8 GiB unpacked, or
            names a place outside the folder.
    """
    working = folder.with_name(folder.name + '.part')
    shutil.rmtree(working, ignore_errors=True)
    try:
        with zipfile.ZipFile(archive) as packed:
            members = [
                member for member in packed.infolist() if member.filename.endswith(suffixes)
            ]
            if not members:
                raise CheckpointError(
                    f'{archive}: has no file that ends in {" or ".join(suffixes)}; '
                    'fetch it anew, or check the address'
                )
            if sum(member.file_size for member in members) > LARGEST:
                raise CheckpointError(f'{archive}: would unpack to more than 8 GiB; not unpacked')
            names = [_safe_name(archive, member) for member in members]
            for member, name in zip(members, names):
                target = working / name
                target.parent.mkdir(parents=True, exist_ok=True)
                with packed.open(member) as source, target.open('wb') as file:
                    shutil.copyfileobj(source, file, CHUNK)  # the end checks the CRC
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        shutil.rmtree(working, ignore_errors=True)
        raise CheckpointError(f'{archive}: is no whole zip ({error}); fetch it anew') from None
    except OSError as error:
        raise CheckpointError(
            f"{folder}: can't be written ({error.strerror}); free the disk, or name another "
            'folder in AIATRACK_HOME'
        ) from None
    shutil.rmtree(folder, ignore_errors=True)
    working.replace(folder)
    return [folder / name for name in names]


def _safe_name(archive: Path, member: zipfile.ZipInfo) -> PurePosixPath:
    """Return the member's path inside a folder; refuse what would leave it."""
    name = PurePosixPath(member.filename.replace('\\', '/'))
    link = stat.S_ISLNK(member.external_attr >> 16)
    if link or name.is_absolute() or '..' in name.parts or ':' in member.filename:
        raise CheckpointError(
            f"{archive}: names a place outside its folder ('{member.filename}'); not unpacked"
        )
    return name
