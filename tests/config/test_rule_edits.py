"""Words written into a rule's file: nothing else in it changes, however it is written."""

import tomllib

import pytest

from monitor.config.files import read_document
from monitor.config.rule_edits import edited
from monitor.config.rules import read_rule_files
from monitor.errors import ConfigError

NEW = {"docks-strike": {"de": ["Streik~"], "ja": ["ストライキ"]}}
QUERY = "(strike OR @docks-strike) AND port"
QUOTED = f"'{QUERY}'"

HEAD = '# ours\n[[rule]]\nid = "docks"  # who\n'
NEXT = '\n[[rule]]\nid = "b"\nquery = "x"\n'
RULE = f"[[rule]]\nid = 'docks'\nquery = '{QUERY}'"
WRITTEN = {
    "the list is new": (
        f'{HEAD}query = "strike AND port"  # what\n{NEXT}',
        f'{HEAD}query = {QUOTED}  # what\n{NEXT}\n[lists.docks-strike]\nde = ["Streik~"]\nja = ["ストライキ"]\n',
    ),
    "a row is there": (
        f"[lists.docks-strike]\nde = [\n  'Ausstand', # a\n]\n\n{RULE}\n",
        f'[lists.docks-strike]\nja = ["ストライキ"]\nde = [\n  \'Ausstand\', "Streik~", # a\n]\n\n{RULE}\n',
    ),
    "the list has no rows": (
        f"[lists]\ndocks-strike = ['a']\n{RULE}\n",
        f'[lists]\ndocks-strike = [\'a\', "Streik~", "ストライキ"]\n{RULE}\n',
    ),
    "the list is empty": (
        f"[lists]\ndocks-strike = []\n{RULE}",
        f'[lists]\ndocks-strike = ["Streik~", "ストライキ"]\n{RULE}',
    ),
}


def files_of(path):
    return read_rule_files([read_document(path, may_show=lambda *_: True, open_keys=None)])[0]


@pytest.mark.parametrize(("before", "after"), WRITTEN.values(), ids=WRITTEN)
def test_words_are_added_and_all_else_stays(tmp_path, before, after):
    path = tmp_path / "rules.toml"
    path.write_text(before, encoding="utf-8")
    [edit] = edited(files_of(path), "docks", query=QUERY, exclude="", added=NEW)
    assert edit.after == after
    edit.write()
    assert path.read_text(encoding="utf-8") == after
    assert edited(files_of(path), "docks", query=QUERY, exclude="", added=NEW) == []


@pytest.mark.parametrize("query", ["a\nOR b", "say 'so' OR x", "'''", 'a "b" \\ c', "\nx"])
def test_whatever_a_query_says_it_is_written_so_that_it_is_read_again(tmp_path, query):
    path = tmp_path / "rules.toml"
    path.write_bytes(b'[[rule]]\r\nid = "docks"\r\nquery = "x"\r\ntitle = "T"\r\n')
    [edit] = edited(files_of(path), "docks", query=query, exclude="b OR c", added={})
    edit.write()
    raw = path.read_bytes()
    assert raw.count(b"\r\n") == raw.count(b"\n")
    assert tomllib.loads(raw.decode())["rule"] == [
        {"id": "docks", "query": query, "exclude": "b OR c", "title": "T"}
    ]


def test_words_of_a_list_in_another_file_are_written_there(tmp_path):
    (tmp_path / "lists.toml").write_text("[lists.docks-strike]\nde = ['Ausstand']\n")
    (tmp_path / "rules.toml").write_text(f"[[rule]]\nid = 'docks'\nquery = '{QUERY}'\n")
    documents = [
        read_document(tmp_path / name, may_show=lambda *_: True, open_keys=None)
        for name in ("lists.toml", "rules.toml")
    ]
    [edit] = edited(read_rule_files(documents)[0], "docks", query=QUERY, exclude="", added=NEW)
    assert edit.path.name == "lists.toml"
    assert "de = ['Ausstand', \"Streik~\"]" in edit.after


def test_what_can_only_be_written_by_hand_is_said(tmp_path):
    path = tmp_path / "rules.toml"
    path.write_text("rule = [{ id = 'docks', query = 'x' }]\n")
    with pytest.raises(ConfigError, match="can only be changed by hand"):
        edited(files_of(path), "docks", query="x", exclude="y", added={})
