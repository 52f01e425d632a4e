"""config/README.md on rules, as its reader will take it: every example is matched, every message produced.

In its tables a cell may hold several texts, divided by <br>. A text is a title, or begins with the field or origin
that it is (`summary: …`, `lang: fr`); ¶ ends a paragraph, `(fr)` at the end is the entry's language.
"""

import re
import shlex
import subprocess
import tomllib

import pytest
from pages import MONITOR, blocks, dead_links, exists, named_commands, tables

from monitor.channels import options_models
from monitor.config import load, shipped_folder
from monitor.core.rules import check_examples, compile_rules, lint
from monitor.core.rules.lexer import FIELDS, ORIGINS, Kind, tokens
from monitor.core.text.document import read
from monitor.errors import Severity
from monitor.model import Rule

PAGE = (shipped_folder() / "README.md").read_text(encoding="utf-8")
RULES = PAGE[PAGE.index("\n## Writing rules") : PAGE.index("\n## monitor.toml")]
EXAMPLES = blocks(RULES, "toml")
LISTS = {
    name: terms for example in EXAMPLES for name, terms in tomllib.loads(example).get("lists", {}).items()
}
REPORTS = blocks(RULES, "text")
CONSOLE = blocks(RULES, "console")
ROWS = [row for table in tables(RULES) for row in table]
FOUND = [
    (row["query"].strip("`"), text, column == "finds")
    for row in ROWS
    if "finds" in row
    for column in ("finds", "does not find")
    for text in row[column].split("<br>")
]
PROSE = " ".join(re.sub(r"^```(?s:.*?)^```$|^\|.*\|$", "", RULES, flags=re.MULTILINE).split())
LOOKS_LIKE_A_QUERY = re.compile(r" [A-Z]+(/\w)? |\d OF |^/.*/$|\w[*~]$")
IN_SENTENCES = re.sub(r", not `[^`]+`", "", PROSE).split("`")[1::2]
QUERIES = dict.fromkeys(
    [
        *(query for query, _, found in FOUND if found),
        *(row[column].strip("`") for row in ROWS for column in ("write", "here") if column in row),
        *filter(LOOKS_LIKE_A_QUERY.search, IN_SENTENCES),
    ]
)


def problems_of(query: str):
    return compile_rules([Rule(id="r", query=query)], LISTS | {"list": ["a"]})[1]


def entry(text: str):
    """The entry that a table's cell tells of."""
    fields: dict[str, object] = {"title": ""}
    if named := re.search(r" \((\w\w)\)$", text):
        fields["language"] = named[1]
        text = text[: named.start()]
    kind, colon, value = text.partition(": ")
    match kind if colon else "":
        case "category":
            fields["categories"] = [value]
        case "feed":
            fields["feed_id"] = value
        case "tag":
            fields["feed_tags"] = [value]
        case "lang":
            fields["language"] = value
        case "title" | "summary" | "content" | "author" | "url":
            fields[kind] = value
        case _:
            fields["title"] = text.replace("¶", "\n")
    return read(**fields)


# ── Tables ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("query", "text", "found"), FOUND)
def test_a_query_finds_what_the_tables_say(query, text, found):
    rules, problems = compile_rules([Rule(id="r", query=query)], LISTS)
    assert not problems
    assert bool(rules.match(entry(text))) is found


@pytest.mark.parametrize("query", QUERIES)
def test_every_query_that_is_recommended_is_understood(query):
    assert not problems_of(query)


@pytest.mark.parametrize("row", [row for row in ROWS if "there" in row], ids=lambda row: row["there"])
def test_the_spelling_of_other_languages_is_refused_with_a_cure(row):
    (problem,) = problems_of(row["there"].strip("`"))
    assert problem.severity is Severity.ERROR
    assert problem.cure


def test_the_screen_shows_every_operator_and_every_field():
    screen = next(table for table in tables(RULES) if {"query", "means"} <= table[0].keys())
    shown = {token.kind for row in screen for token in tokens(row["query"].strip("`"))}
    assert shown >= set(Kind)
    text = " ".join(row["query"] + row["means"] for row in screen)
    assert [name for name in FIELDS + ORIGINS if f"`{name}" not in text] == []


# ── Rules ────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def folder(tmp_path):
    """A config folder, found from where its reader stands as `config`."""
    (tmp_path / "config/rules").mkdir(parents=True)
    (tmp_path / "config/monitor.toml").touch()
    (tmp_path / "config/a.xml").touch()
    (tmp_path / "config/feeds.toml").write_text(
        '[[feed]]\nid = "lemonde"\nurl = "a.xml"\ntags = ["europe"]\n', encoding="utf-8"
    )
    return tmp_path / "config"


def said_by_monitor(folder, *arguments, **streams):
    ran = subprocess.run(
        [MONITOR, "--config", "config", "--state", "state", *arguments],
        cwd=folder.parent, capture_output=True, encoding="utf-8", timeout=60, check=False, **streams,
    )  # fmt: skip
    assert "Traceback" not in ran.stderr
    return ran.stdout


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_rule_passes_its_own_tests_and_raises_no_doubt(folder, example):
    (folder / "rules/example.toml").write_text(example, encoding="utf-8")
    loaded = load(folder, state=folder / "state", environ={"TZ": "UTC"}, channel_types=options_models())
    assert loaded.problems == ()
    rules = [rule for rule in loaded.config.rules.values() if rule.must_match and rule.must_not_match]
    assert len(rules) == len(tomllib.loads(example)["rule"])
    assert (check_examples(loaded.rules), lint(loaded.rules)) == ((), ())


def test_every_key_of_a_rule_that_is_listed_is_one(folder):
    keys = [row["key"].strip("`") for row in ROWS if "key" in row]
    (folder / "rules/keys.toml").write_text(
        "[[rule]]\n" + "\n".join(f"{key} = {{}}" for key in keys), encoding="utf-8"
    )
    loaded = load(folder, state=folder / "state", environ={"TZ": "UTC"}, channel_types=options_models())
    told = [problem.message for problem in loaded.problems if problem.severity is Severity.ERROR]
    assert len(told) >= len(keys)
    assert not [message for message in told if message.startswith("unknown key")]


# ── What the monitor says ────────────────────────────────────────────────────────────────────────


def test_check_reports_what_is_printed_here_word_for_word(folder):
    """Each report shows its line and where it stood: enough to write the file that it is about."""
    for report in REPORTS:
        place, source, _, _ = report.splitlines()
        name, line = re.match(r"config/rules/([\w-]+)\.toml:(\d+):", place).groups()
        lines = ["[[rule]]", f'id = "{name}"', "query = 'waffenstillstand'"][: int(line) - 1]
        lines += [source.removeprefix("    ")]
        (folder / f"rules/{name}.toml").write_text("\n".join(lines), encoding="utf-8")
    (folder / "rules/lists.toml").write_text(f"[lists]\nleaders = {LISTS['leaders']}", encoding="utf-8")
    told = said_by_monitor(folder, "check")
    assert [report for report in REPORTS if report not in told] == []


@pytest.mark.parametrize("session", CONSOLE)
def test_a_command_answers_what_is_printed_here_word_for_word(folder, session):
    for number, example in enumerate(EXAMPLES):
        (folder / f"rules/{number}.toml").write_text(example, encoding="utf-8")
    command, _, answer = session.partition("\n")
    said, _, asked = command.removeprefix("$ ").partition(" | ")
    (_, text), (_, *arguments) = shlex.split(said), shlex.split(asked)
    assert without_times(said_by_monitor(folder, *arguments, input=text + "\n")) == without_times(answer)


def without_times(text: str) -> str:
    return re.sub(r"\d+\.\d ms", "… ms", text)


@pytest.mark.parametrize("command", named_commands(RULES), ids=" ".join)
def test_every_command_that_is_named_exists(command):
    assert exists(command)


def test_every_link_leads_somewhere():
    assert dead_links(PAGE, shipped_folder()) == []
