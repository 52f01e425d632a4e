"""Files and folders for the monitor alone, whatever the umask says; no symbolic link in their place is followed.

Whoever can write into the state folder could else have the service write to any file that it may write to.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

from monitor.errors import StorageError


def make_folder(folder: Path) -> None:
    """It is there; where it was not, for nobody else. Raises StorageError with the cure."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"cannot make the state folder {folder}: {error.strerror}; name another with --state"
        ) from error


def open_private(path: Path, flags: int = os.O_RDWR) -> int:
    """A descriptor of the file, which is made where it is missing, readable by nobody else.

    Raises OSError, and StorageError where a symbolic link is in its place.
    """
    try:
        number = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.EMLINK}:
            raise StorageError(
                f"{path} is a symbolic link, which is not followed: put the file itself there, or name another "
                "state folder with --state"
            ) from error
        raise
    found = os.fstat(number)
    if found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) & 0o077:
        os.fchmod(number, 0o600)
    return number


def write_private(path: Path, text: str | Callable[[float], str]) -> None:
    """Whole or not at all. Raises OSError.

    `text` may ask for when the file is made, by the clock of the file system, which is another machine's on a share.
    """
    written = path.with_name(path.name + ".new")
    written.unlink(missing_ok=True)
    with os.fdopen(open_private(written, os.O_WRONLY | os.O_EXCL), "w", encoding="ascii") as file:
        file.write(text if isinstance(text, str) else text(os.fstat(file.fileno()).st_ctime))
    written.replace(path)
