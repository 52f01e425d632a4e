from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from channels.rig import SECRET, Case, Failure, Ground, Rig, Stage, Staging
from lxml import etree

from monitor.errors import ChannelReason

_F, _R = Failure, ChannelReason
_NO_SERVER = "there is no server"


def feed(prepare: Callable[[Path], None]) -> Staging:
    """A folder with `desk.atom` to be in it."""

    @asynccontextmanager
    async def staging(_ground: Ground) -> AsyncIterator[Stage]:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "feeds" / "desk.atom"
            prepare(path)
            yield Stage({"path": str(path)}, lambda: ids(path))

    return staging


def ids(path: Path) -> list[str]:
    """The ids of the messages in the feed."""
    if not path.is_file():
        return []
    found = etree.parse(path).getroot().iterfind("{*}entry/{*}id")
    return [(one.text or "").removeprefix("urn:uuid:").replace("-", "") for one in found]


def _nothing(_path: Path) -> None:
    pass


def _folder_is_a_file(path: Path) -> None:
    path.parent.write_text(SECRET)


def _file_is_a_folder(path: Path) -> None:
    path.mkdir(parents=True)


ATOM = Rig(
    type="atom",
    well=feed(_nothing),
    once=True,
    cases=[
        Case(_F.TEMPORARY, "its folder is a file", feed(_folder_is_a_file), _R.SERVER),
        Case(_F.TEMPORARY, "a folder stands in its place", feed(_file_is_a_folder), _R.SERVER),
    ],
    cannot={
        _F.REFUSED: _NO_SERVER,
        _F.TLS: _NO_SERVER,
        _F.SILENT_BEFORE: _NO_SERVER,
        _F.DROPPED_BEFORE: _NO_SERVER,
        _F.SILENT_AFTER: "a repeat is the same entry: a slow disk is no doubt",
        _F.DROPPED_AFTER: "the file is replaced whole",
        _F.AUTHENTICATION: _NO_SERVER,
        _F.RECIPIENT: "whoever reads it",
        _F.RATE_LIMITED: "a file takes any number",
        _F.PERMANENT: "a disk can be mended",
        _F.NONSENSE: "test_atom has it: a broken file is put aside",
    },
)
