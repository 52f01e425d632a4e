import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from channels.rig import SECRET, Case, Failure, Ground, Rig, Stage, Staging

from monitor.errors import ChannelReason

_F, _R = Failure, ChannelReason
KEEP = 'cat >"$1/.$$" && mv "$1/.$$" "$1/$$.json"'


def program(script: str) -> Staging:
    """A shell that runs this; `$1` is a folder to keep messages in."""

    @asynccontextmanager
    async def staging(_ground: Ground) -> AsyncIterator[Stage]:
        with TemporaryDirectory() as folder:
            command = ["/bin/sh", "-c", script, "desk", folder]
            options = {"command": command, "environment": {"TOKEN": SECRET}}
            yield Stage(options, lambda: _ids(Path(folder)))

    return staging


@asynccontextmanager
async def nothing_there(_ground: Ground) -> AsyncIterator[Stage]:
    yield Stage({"command": ["/nowhere/notify"], "environment": {"TOKEN": SECRET}})


def _ids(folder: Path) -> list[str]:
    return [json.loads(path.read_text())["data"]["id"] for path in folder.glob("*.json")]


def _fails(
    failure: Failure, how: str, script: str, reason: ChannelReason, *, permanent: bool = False
) -> Case:
    return Case(failure, how, program(script), reason, permanent=permanent)


COMMAND = Rig(
    type="command",
    well=program(KEEP),
    cases=[
        Case(_F.REFUSED, "there is no such program", nothing_there, _R.CONFIG),
        _fails(_F.DROPPED_BEFORE, "it reads nothing", "exec <&-; exit 1", _R.PROGRAM),
        Case(_F.SILENT_AFTER, "it hangs", program(f"{KEEP}; sleep 600"), _R.UNKNOWN, arrives=True),
        Case(_F.DROPPED_AFTER, "it is killed", program(f"{KEEP}; kill -9 $$"), _R.UNKNOWN, arrives=True),
        _fails(_F.AUTHENTICATION, "status 77", "cat >/dev/null; exit 77", _R.AUTHENTICATION),
        _fails(_F.RECIPIENT, "status 67", "exit 67", _R.RECIPIENT, permanent=True),
        _fails(_F.TEMPORARY, "status 75", "echo busy >&2; exit 75", _R.PROGRAM),
        _fails(_F.TEMPORARY, "status 1, a secret told", 'echo "bad $TOKEN" >&2; exit 1', _R.PROGRAM),
        _fails(_F.PERMANENT, "status 65", "exit 65", _R.REJECTED, permanent=True),
        _fails(_F.PERMANENT, "status 78", "exit 78", _R.CONFIG, permanent=True),
        _fails(_F.NONSENSE, "a megabyte of noise", "head -c 1000000 /dev/zero >&2; exit 3", _R.PROGRAM),
    ],
    cannot={
        _F.TLS: "there is no server",
        _F.SILENT_BEFORE: "it has the message from the start",
        _F.RATE_LIMITED: "it ends with status 75 and is tried again",
    },
)
