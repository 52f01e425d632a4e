"""A test put into a rule's file: nothing else in it changes, and it is read again as it was."""

import pytest

from monitor.config.files import read_document
from monitor.config.rule_edits import with_example
from monitor.config.rules import read_rule_files
from monitor.errors import ConfigError
from monitor.model import Example

RULE = '[[rule]]\nid = "docks"\nquery = "strike"'
NEXT = '\n[[rule]]\nid = "b"\nquery = "x"\nmust_match = ["x"]\n'
NEW = '"Dockers walk out"'

WRITTEN = {
    "the rule has none": (f"{RULE}  # ours\n{NEXT}", f"{RULE}  # ours\nmust_match = [\n  {NEW},\n]\n{NEXT}"),
    "the file ends with the rule": (RULE, f"{RULE}\nmust_match = [\n  {NEW},\n]\n"),
    "a table of the rule follows": (
        f"{RULE}\n\n  [rule.score]\n  threshold = 1\n  [rule.score.terms]\n  a = 1\n",
        f"{RULE}\nmust_match = [\n  {NEW},\n]\n\n  [rule.score]\n  threshold = 1\n  [rule.score.terms]\n  a = 1\n",
    ),
    "an empty list": (f"{RULE}\nmust_match = []\n", f"{RULE}\nmust_match = [{NEW}]\n"),
    "on one line": (
        f'{RULE}\nmust_match = ["a", "b"] # c\n',
        f'{RULE}\nmust_match = ["a", "b", {NEW}] # c\n',
    ),
    "a line each": (
        f'{RULE}\nmust_match = [\n  "a",  # first\n  "b",  # second, and last\n  # none yet\n]\n{NEXT}',
        f'{RULE}\nmust_match = [\n  "a",  # first\n  "b",  # second, and last\n  {NEW},\n  # none yet\n]\n{NEXT}',
    ),
    "without the last comma": (
        f"{RULE}\nmust_match = [\n\t'a',\n\t{{ title = 'b', lang = 'de' }} # last\n]\n",
        f"{RULE}\nmust_match = [\n\t'a',\n\t{{ title = 'b', lang = 'de' }}, # last\n\t{NEW},\n]\n",
    ),
    "texts of several lines": (
        f'{RULE}\nmust_match = [\n  """a\nb""",\n]\ntitle = "T"\n',
        f'{RULE}\nmust_match = [\n  """a\nb""",\n  {NEW},\n]\ntitle = "T"\n',
    ),
}


def files_of(path):
    return read_rule_files([read_document(path, may_show=lambda *_: True, open_keys=None)])[0]


def added(path, example, kind="must_match"):
    edit = with_example(files_of(path), "docks", kind, example)
    edit.write()
    return edit


@pytest.mark.parametrize(("before", "after"), WRITTEN.values(), ids=WRITTEN)
def test_a_test_is_added_and_all_else_stays(tmp_path, before, after):
    path = tmp_path / "rules.toml"
    path.write_text(before, encoding="utf-8")
    added(path, Example(title="Dockers walk out"))
    assert path.read_text(encoding="utf-8").rstrip("\n") == after.rstrip("\n")
    assert files_of(path).rules["docks"].must_match[-1] == Example(title="Dockers walk out")
    again = added(path, Example(title="Dockers walk out"))
    assert again.before == again.after


TEXTS = {
    "quotes": "He said \"no\", she said 'yes'",
    "a backslash": r"C:\news\new",
    "a variable's name": "It costs ${PRICE} today",
    "two dollars": "It costs $${PRICE} today",
    "three quotes": "'''a''' \"\"\"b\"\"\"",
    "a hash and brackets": "] # = [x]",
    "Arabic": "عمال الميناء يضربون عن العمل",
    "a line break": "One\nTwo\u2028Three",
    "an escape": "\x1b[31mred\x07",
    "beyond the plane": "🚢 strike 𝔄",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_whatever_a_text_says_it_is_read_again_as_it_is(tmp_path, text):
    path = tmp_path / "rules.toml"
    path.write_text(f"{RULE}\nmust_not_match = [\n  'a',\n]\n", encoding="utf-8")
    given = [Example(title=text), Example(title=text, summary=text, content=text, language="fr")]
    for example in given:
        added(path, example, "must_not_match")
    assert list(files_of(path).rules["docks"].must_not_match[1:]) == given


def test_what_can_only_be_changed_by_hand_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "rules.toml"
    text = "rule = [{ id = 'docks', query = 'strike' }]\n"
    path.write_text(text)
    with pytest.raises(ConfigError, match="can only be changed by hand"):
        added(path, Example(title="Dockers walk out"))
    assert path.read_text() == text
