# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Files that results go to: whether they can be written, and that nothing is lost by it."""

from collections.abc import Iterable
from collections.abc import Mapping
import os
from pathlib import Path
from typing import BinaryIO

from aiatrack_ros.errors import InputError

try:
    import fcntl
except ImportError:  # outside of Linux and macOS
    fcntl = None  # type: ignore[assignment]

# A file that ends so is no picture. Where a folder of pictures is the input, an earlier result in
# it may be written again.
_RESULTS = frozenset({'.csv', '.mp4'})


def check_output(name: str, path: str | Path) -> Path:
    """Return the path of an output that can be written, as far as that shows beforehand.

    Args:
        name: What the output is called, for the text of the error.
        path: Where it is to be written; ~ is the home folder.

    Raises:
        InputError: Its folder is missing, it is a folder itself, or it is not ours to write.
    """
    found = Path(path).expanduser()
    reason = ''
    if not found.parent.is_dir():
        reason = 'its folder does not exist'
    elif found.is_dir():
        reason = 'it is a folder; give the name of a file'
    elif not os.access(found if found.exists() else found.parent, os.W_OK):
        reason = 'there is no permission to'
    if reason:
        raise InputError(f"{name} '{found}' can't be written: {reason}")
    return found


def refuse_overwriting(
    outputs: Mapping[str, str | Path | None], inputs: Iterable[str | Path | None]
) -> None:
    """Refuse outputs that would destroy an input or each other, under whatever name.

    Args:
        outputs: What each output is called, and its path; None or '' is no output. Into a folder
            go JPEGs, as PictureWriter names them.
        inputs: Files that are read, and folders whose files are. What isn't there is passed over.

    Raises:
        InputError: An output is one of the inputs, or two outputs are the same file.
    """
    wanted = {name: Path(path).expanduser() for name, path in outputs.items() if path}
    for name, path in wanted.items():
        if path.exists():
            for source in inputs:
                if source and _reads(Path(source).expanduser(), path):
                    raise InputError(
                        f"{name} '{path}' would destroy its own input '{source}'; choose another "
                        'name'
                    )
    names = list(wanted)
    for index, name in enumerate(names):
        for other in names[index + 1 :]:
            if _is_same(wanted[name], wanted[other]):
                raise InputError(
                    f"{other} '{wanted[other]}' is the file of {name} too; choose another name"
                )


def hold(path: Path, exclusive: bool) -> BinaryIO | None:
    """Open a file and lock it, so that no program of ours reads it while another writes it.

    Returns:
        The open file, which keeps the lock until it is closed; None where files can't be locked,
        or where there is no such file.

    Raises:
        BlockingIOError: Another program writes it or, if it is to be `exclusive`, reads it.
    """
    if fcntl is None or not path.is_file():
        return None
    file = None
    try:
        file = path.open('rb')
        fcntl.flock(file, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError as error:
        if file:
            file.close()
        if isinstance(error, BlockingIOError):
            raise
        return None  # it is not ours to read, or its file system knows no locks
    return file


def _reads(source: Path, path: Path) -> bool:
    """Tell whether writing to `path` would destroy what is read from `source`."""
    if path.is_dir():
        is_among_them = source.suffix.lower() == '.jpg' and _is_same(source.parent, path)
        return is_among_them or _is_same(source, path)
    if source.is_dir():
        files = (file for file in source.iterdir() if file.suffix.lower() not in _RESULTS)
        return any(_is_same(file, path) for file in files)
    return source.exists() and _is_same(source, path)


def _is_same(first: Path, second: Path) -> bool:
    """Tell whether two paths, of files that may not be there yet, mean the same file."""
    try:
        return os.path.samefile(first, second)
    except OSError:  # one of them isn't there yet
        return first.resolve() == second.resolve()
