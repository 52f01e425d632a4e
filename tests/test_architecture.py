"""The import rule of `monitor/__init__.py`, held by machine."""

import ast
import re
from pathlib import Path

import pytest

import monitor

ROOT = Path(monitor.__file__).parent

LAYERS = [
    {"errors"},
    {"model"},
    {"core", "tls", "folders"},
    {"config", "feeds", "store", "channels", "log", "metrics", "systemd"},
    {"jobs"},
    {"tuning"},
    {"views"},
    {"web"},
    {"daemon"},
    {"cluster"},
    {"cli"},
]
RANK = {room: rank for rank, rooms in enumerate(LAYERS) for room in rooms}

IMPURE = {
    "asyncio", "httpx", "loguru", "logging", "os", "pathlib", "random", "secrets", "shutil", "socket",
    "sqlalchemy", "sqlmodel", "subprocess", "tempfile", "threading", "time", "urllib.request", "uuid",
}  # fmt: skip
IMPURE_CALLS = {"open", "print", "input"}
CLOCK_CALLS = {"now", "utcnow", "today"}


def modules() -> list[Path]:
    return sorted(ROOT.rglob("*.py"))


def room(path: Path) -> str:
    first = path.relative_to(ROOT).parts[0]
    return first.removesuffix(".py")


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the room they reach into"
            names |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_imports_only_rooms_below_it(path):
    here = room(path)
    if here in {"__init__", "__main__"}:
        return
    for name in imported(path):
        parts = name.split(".")
        if parts[0] == "monitor" and len(parts) > 1 and parts[1] in RANK and parts[1] != here:
            assert RANK[parts[1]] < RANK[here], f"{here} must not import {parts[1]}"


@pytest.mark.parametrize(
    "path", sorted((ROOT / "core").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT))
)
def test_the_core_is_pure(path):
    assert not {name for name in imported(path) if name in IMPURE}
    for node in ast.walk(ast.parse(path.read_text())):
        assert not isinstance(node, ast.Await | ast.AsyncFunctionDef)
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                assert node.func.id not in IMPURE_CALLS
            if isinstance(node.func, ast.Attribute):
                assert node.func.attr not in CLOCK_CALLS, "time is an argument of what decides"


def test_no_module_waits_for_one_that_waits_for_it():
    """Not even for types alone: two files that need each other are one."""
    named = {".".join(("monitor", *path.relative_to(ROOT).with_suffix("").parts)): path for path in modules()}
    named = {name.removesuffix(".__init__"): path for name, path in named.items()}
    waiting = {
        name: {
            needed
            for needed in imported(path) & named.keys()
            if needed != name and not name.startswith(f"{needed}.")  # the package that it is part of
        }
        for name, path in named.items()
    }
    while free := {name for name, needs in waiting.items() if not needs & waiting.keys()}:
        waiting = {name: needs for name, needs in waiting.items() if name not in free}
    assert not waiting


def test_no_two_test_files_have_one_name():
    """pytest imports them by their names alone, and one of the two would never run."""
    names = [path.name for path in Path(__file__).parent.rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))


def test_every_room_has_a_rank_and_every_rank_a_room():
    paths = (path for path in ROOT.iterdir() if path.is_dir() or path.suffix == ".py")
    rooms = {path.name.removesuffix(".py") for path in paths if not path.name.startswith("_")}
    assert rooms == set(RANK)


def test_the_map_names_every_room():
    for name in RANK:
        assert f"{name}/" in (monitor.__doc__ or "") or f"{name}.py" in (monitor.__doc__ or "")


def patterns(path: Path) -> list[str | bytes]:
    """What `re` compiles, where it is written down as such."""
    calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    return [
        call.args[0].value
        for call in calls
        if ast.unparse(call.func).startswith("re.") and call.args and isinstance(call.args[0], ast.Constant)
    ]


def possessive_groups(parsed) -> list:
    """The possessive quantifiers of a parsed pattern that stand behind more than one character or set of them."""
    found = []
    for operator, argument in parsed:
        if operator is re._constants.POSSESSIVE_REPEAT:
            [*inside] = argument[2]
            simple = {re._constants.IN, re._constants.LITERAL, re._constants.NOT_LITERAL, re._constants.ANY}
            if len(inside) != 1 or inside[0][0] not in simple:
                found.append(argument)
        for part in argument if isinstance(argument, tuple | list) else [argument]:
            for inner in part if isinstance(part, list) else [part]:
                if isinstance(inner, re._parser.SubPattern):
                    found += possessive_groups(inner)
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_pattern_means_something_else_to_an_older_python(path):
    """Debian 12 has Python 3.11.2, whose `re` forgets a match in such a group (gh-106052): `regex` does not."""
    assert [one for one in patterns(path) if possessive_groups(re._parser.parse(one))] == []


@pytest.mark.parametrize(
    ("pattern", "wrong"),
    [
        (r"(?:a|b*)*+", True),
        (r"x(?:(?:'(?!''))*+'{3}|y)", True),
        (r"[a-z]*+ .?+ a++", False),
        (r"(a+)+", False),
    ],
)
def test_such_a_pattern_would_be_found(pattern, wrong):
    assert bool(possessive_groups(re._parser.parse(pattern))) is wrong
