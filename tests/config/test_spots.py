"""The scanner, held against tomllib and tomlkit on generated TOML."""

import tomllib

import pytest
import tomlkit
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.config.spots import offset_in_source, scan

# TOML allows no control characters but the tab, and no surrogates
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\t\"'\\#[]{}=,."))
SCALARS = (
    TEXT
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.datetimes()
    | st.dates()
    | st.times()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(
    TEXT, VALUES | st.lists(st.dictionaries(TEXT, VALUES, max_size=3), min_size=1, max_size=3), max_size=5
)


def at(values, path):
    for part in path:
        values = values[part]
    return values


def paths(values, path=()):
    """Every path there is in the values."""
    inner = (
        values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    )
    for part, value in inner:
        yield (*path, part)
        yield from paths(value, (*path, part))


def assert_spots_are_true(text):
    values, spots = tomllib.loads(text), scan(text)
    assert set(spots) == set(paths(values))
    for path, spot in spots.items():
        source = text[spot.start : spot.end]
        if not isinstance(at(values, path), dict | list):
            assert tomllib.loads(f"value = {source}")["value"] == at(values, path)
        if isinstance(path[-1], str):
            assert list(tomllib.loads(f"{text[spot.key : spot.key_end]} = 1")) == [path[-1]]


@given(DOCUMENTS)
def test_every_value_stands_where_its_spot_says(values):
    assert_spots_are_true(tomlkit.dumps(values))


HARD = [
    "",
    "a.b.c = 1\na.d = [ # one ]\n 1, 2, # two\n]\n",
    "[[a]]\n[a.b]\nc = 1\n[[a.d]]\n[[a.d]]\ne = {f.g = 'x', h = [ {i = 1} ]}\n[[a]]\n",
    "[a]\n[b]\n[a.c]\nd = 1979-05-27 07:32:00\n",
    '"a.b".\'c # d\' = """x"""\n',
    'a = """\n"x" ""y"" \\\n   z"""""\nb = \'\'\'\n\'\' \'\'\'\'\'\n',
    'a = \'\'\nb = ""\nc = []\nd = {}\ne = "\\""\nf = \'\\\'\n',
    "a = +1_000 # x\nb=0xff\nc = inf",
]


@pytest.mark.parametrize("text", HARD)
def test_every_value_stands_where_its_spot_says_in_hand_written_toml(text):
    assert_spots_are_true(text)


PIECES = (
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\"\\'").map(lambda char: (char, char))
    | st.characters(exclude_categories=("Cs",)).map(lambda char: (f"\\U{ord(char):08x}", char))
    | st.sampled_from(
        [("\\n", "\n"), ("\\t", "\t"), ('\\"', '"'), ("\\\\", "\\"), ("\\u00e9", "é"), ("'", "'")]
    )
)
LINES = PIECES | st.sampled_from([("\n", "\n"), ('"', '"'), ("\\\n   \n  ", ""), ("\\  \n", "")])


@given(st.lists(PIECES))
@example([("\\\\", "\\"), ("n", "n")])
def test_an_offset_in_a_text_is_where_that_character_is_written(pieces):
    assert_offsets_are_true('"', pieces)


@given(st.lists(LINES))
def test_an_offset_in_a_text_of_several_lines_is_where_that_character_is_written(pieces):
    # Three quotes in a row would end the text; a blank after a continuation belongs to it.
    kept = []
    for piece in pieces:
        if piece[0] == '"' and kept[-1:] == [('"', '"')]:
            continue
        if kept and not kept[-1][1] and piece[0][:1].isspace():
            continue
        kept.append(piece)
    assert_offsets_are_true('"""\n', kept)


def assert_offsets_are_true(opening, pieces):
    source = opening + "".join(written for written, _ in pieces) + opening.strip()
    assert tomllib.loads(f"a = {source}")["a"] == "".join(meant for _, meant in pieces)
    at_source, at_value = len(opening), 0
    for written, meant in pieces:
        if meant:
            assert offset_in_source(source, at_value) == at_source
        at_source, at_value = at_source + len(written), at_value + len(meant)
    assert offset_in_source(source, at_value) == len(source) - len(opening.strip())


@given(st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="'")))
def test_an_offset_in_a_literal_text_is_counted_from_its_first_character(value):
    for opening in ("'", "'''", "'''\n"):
        source = opening + value + opening.strip()
        for offset in range(len(value) + 1):
            assert offset_in_source(source, offset) == len(opening) + offset
