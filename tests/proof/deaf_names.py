"""Names that nobody ever answers, for a command whose own threads wait for them.

`/etc/hosts` is a pipe that nobody writes to, in a mount namespace of the command's own: whoever looks a name up waits
for ever. Addresses in digits need no looking up.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path


def among_deaf_names(folder: Path, command: Sequence[str]) -> list[str]:
    """The command that runs `command` so; the pipe lies in `folder`."""
    pipe = folder / "hosts"
    if not pipe.exists():
        os.mkfifo(pipe)
    script = 'mount --bind "$1" /etc/hosts && shift && exec "$@"'
    unshare = ["unshare", "--user", "--map-root-user", "--mount"]
    return [*unshare, "/bin/sh", "-c", script, "deaf-names", str(pipe), *command]


def is_possible(folder: Path) -> bool:
    """Whether this machine lets us."""
    if shutil.which("unshare") is None:
        return False
    return (
        subprocess.run(among_deaf_names(folder, ["true"]), capture_output=True, check=False).returncode == 0
    )
