"""A disk of so many MiB, for a command that shall find it full.

A tmpfs in a mount namespace of its own: no privileges are needed where Linux lets users have namespaces.
"""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path


def on_small_disk(folder: Path, mib: int, command: Sequence[str], *, as_root: bool = True) -> list[str]:
    """The command that runs `command` so. Its own `/proc/PID/root` shows the disk to who started it.

    `as_root`: it takes itself for root, as which some programs do not run.
    """
    script = 'mount -t tmpfs -o "size=$1m" small "$2" && shift 2 && exec "$@"'
    who = ["--map-root-user"] if as_root else ["--map-current-user", "--keep-caps"]
    unshare = ["unshare", "--user", *who, "--mount"]
    return [*unshare, "/bin/sh", "-c", script, "small-disk", str(mib), str(folder), *command]


def is_possible(folder: Path) -> bool:
    """Whether this machine lets us."""
    if shutil.which("unshare") is None:
        return False
    return (
        subprocess.run(on_small_disk(folder, 1, ["true"]), capture_output=True, check=False).returncode == 0
    )
