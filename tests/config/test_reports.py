"""Broken config folders under tests/data/config/ beside the report that people get.

After a wanted change: `PYTHONPATH=tests/config python tests/config/test_reports.py` writes the reports anew;
read the difference.
"""

from pathlib import Path

import pytest
from config_folder import CHANNEL_TYPES, DATA, ENVIRON

from monitor.config import load
from monitor.errors import ConfigError, Problem, Severity

FOLDERS = sorted(path for path in DATA.iterdir() if path.is_dir())


def read(folder: Path) -> tuple[str, tuple[Problem, ...]]:
    try:
        loaded = load(folder, state=folder / "state", environ=ENVIRON, channel_types=CHANNEL_TYPES)
    except ConfigError as error:
        return "refused", error.problems
    return f"loads, with the rules: {', '.join(loaded.config.rules)}", loaded.problems


def report(folder: Path) -> str:
    """What is said of a folder, its path taken out of the places."""
    outcome, problems = read(folder)
    text = "\n\n".join(str(problem) for problem in problems)
    return f"{outcome}\n\n{text}\n".replace(f"{folder}/../", "../").replace(f"{folder}/", "")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_mistake_is_reported_with_place_and_cure(folder):
    assert report(folder) == (folder / "expected.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_only_an_error_that_is_no_rules_own_refuses_the_config(folder):
    outcome, problems = read(folder)
    rejecting = [each for each in problems if each.severity is Severity.ERROR and each.rule is None]
    assert (outcome == "refused") == bool(rejecting)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_no_report_shows_a_secret(folder):
    assert "canary" not in "".join(f"{problem} {problem!r}" for problem in read(folder)[1])


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_log_says_place_mistake_and_cure_in_one_line(folder):
    for problem in read(folder)[1]:
        assert len(problem.line.splitlines()) == 1
        assert problem.line.startswith(f"{problem.place}: {problem.severity}: {problem.message}")
        assert problem.cure in problem.line


if __name__ == "__main__":
    for each in FOLDERS:
        (each / "expected.txt").write_text(report(each), encoding="utf-8")
