"""Lists as a person sees them: on a terminal of any width the headline gets the room, and no line is wider."""

import io
import re
from contextlib import redirect_stdout

import pytest
from rich.cells import cell_len

from monitor.cli import output

HEADLINES = [
    "Dockers walk out at Tilmouth",
    "Перевізники оголосили страйк: порти на заході країни зупиняються опівночі до понеділка",
    "港湾労働者がストライキ、週末の貨物船の入港を停止",
    "عمال الميناء يضربون عن العمل حتى نهاية الأسبوع",
    "x" * 300,
]
RECORDS = [
    {
        "id": number,
        "kind": "new",
        "title": title,
        "rules": "port-strikes",
        "why": "first match " * 9,
        "url": "",
    }
    for number, title in enumerate(HEADLINES, 1)
]
COLUMNS = [
    (name, lambda one, name=name: one[name]) for name in ("id", "kind", "title", "rules", "why", "url")
]


STYLE = re.compile(r"\x1b\[[0-9;]*m")


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def lines_at(monkeypatch):
    def lines(width, records=RECORDS, **options):
        monkeypatch.setenv("COLUMNS", str(width))
        with redirect_stdout(Terminal()) as terminal:
            output.as_table(
                records, COLUMNS, empty="none", main="title", spare=("url", "why", "rules"), **options
            )
        return [line.rstrip() for line in STYLE.sub("", terminal.getvalue()).splitlines()]

    return lines


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200, 500])
def test_no_line_is_wider_than_the_terminal(lines_at, width):
    assert all(cell_len(line) <= width for line in lines_at(width))


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("title", HEADLINES)
def test_a_headline_is_shown_whole(lines_at, width, title):
    [record] = [one for one in RECORDS if one["title"] == title]
    heading, *lines = lines_at(width, [{**record, "rules": "", "why": ""}])
    printed = "".join(line[heading.index("title") :] for line in lines)
    assert "".join(printed.split()) == "".join(title.split())


def test_what_has_no_room_beside_the_headline_stands_below_it(lines_at):
    heading, *lines = lines_at(80, RECORDS[:1])
    assert heading.split() == ["id", "kind", "title", "rules"]
    assert lines[0].split() == ["1", "new", *HEADLINES[0].split(), "port-strikes"]
    assert lines[1].split()[:2] == ["first", "match"]


def test_a_wide_terminal_has_it_all_beside_one_another(lines_at):
    heading, line = lines_at(250, RECORDS[:1])
    assert heading.split() == ["id", "kind", "title", "rules", "why"]
    assert line.endswith(("first match " * 9).rstrip())


def test_a_column_in_which_nothing_stands_is_left_out(lines_at):
    assert "url" not in lines_at(200)[0].split()


def test_a_number_below_a_headline_says_what_it_is(lines_at):
    records = [{**RECORDS[0], "title": HEADLINES[1], "why": "", "rules": "7"}]
    assert lines_at(30, records)[-1].split() == ["rules", "7"]


def test_a_list_that_is_cut_says_so(lines_at, capsys):
    assert len(lines_at(500, RECORDS[:3], most=2)) == 3
    assert "the first 2; --limit 0 shows all" in capsys.readouterr().err
    assert len(lines_at(500, RECORDS[:2], most=2)) == 3
    assert not capsys.readouterr().err


@pytest.mark.parametrize(
    ("limit", "json", "shown"),
    [(None, False, output.LISTED), (None, True, None), (0, False, None), (7, True, 7)],
)
def test_a_person_sees_the_first_hundred_and_a_program_all(limit, json, shown):
    with redirect_stdout(Terminal()):
        assert output.most(limit, json=json) == shown


def test_a_pipe_gets_all():
    with redirect_stdout(io.StringIO()):
        assert output.most(None, json=False) is None
