"""What a regular expression needs: letters without which it finds nothing."""

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from monitor.core.rules.needed import Both, OneOf, needed
from monitor.core.rules.regexes import compile_regex
from monitor.core.text.words import folded_words
from monitor.errors import RuleError


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        (r"hafen\w+", "hafen"),
        (r"governm\w+ of .{1,9}president", Both(("president", "governm"))),
        (r"(?i)Hafen", "hafen"),
        (r"\bgrève", "greve"),
        (r"СТРАЙК\w*", "страик"),
        (r"straße|İstanbul", OneOf(("strasse", "istanbul"))),
        (r"abc+def?gh", "abc"),
        (r"abcx{0,3}def", Both(("def", "abc"))),
        (r"abc(?:xyz){0}", "abc"),
        (r"(abc)?def(ghi|j)", "def"),
        (r"(?P<one>abc)(?:d|e)", "abc"),
        (r"foo\.bar|baz(qux|quux){2,}", OneOf((Both(("foo", "bar")), Both((OneOf(("qux", "quux")), "baz"))))),
        (r"hafen|20\d\d", None),
        (r"20\d\d", None),
        (r"[abc]+", None),
        (r".+", None),
        (r"パリ宣言", None),
        (r"\x68afen", "afen"),
        ("(" * 200 + "abc" + ")" * 200, "abc"),
        ("|".join(f"word{letter}" for letter in "abcdefgh"), OneOf(tuple(f"word{c}" for c in "abcdefgh"))),
    ],
)
def test_letters_that_must_stand_in_a_word_are_found(pattern, found):
    compile_regex(pattern, offset=0)
    assert needed(pattern) == found


def _has(words, wanted):
    match wanted:
        case None:
            return True
        case str():
            return any(wanted in word for word in words)
        case Both(parts):
            return all(_has(words, part) for part in parts)
        case OneOf(parts):
            return any(_has(words, part) for part in parts)


_pieces = st.sampled_from(
    ["strike", "Grève", "straße", "ﬁre", "œuvre", "порт", "Київ", "K", "ſ", "İ", "ı", "ø", "U.S.", "m²", "港", "é",
     "e\u0301", "\u00ad", "\u200b", "[1]", " ", "-", "_", "’", "ʼ", "7", "x\u0323\u0307", "\n"]
)  # fmt: skip
_patterns = st.recursive(
    st.sampled_from(
        ["strike", "rike", "greve", "Grève", "straße", "fire", "œuv", "порт", "київ", "KĘS", "ist", "oo", "us", " ",
         r"\b", r"\w+", r"\s", ".", "[a-z]", r"\d", "²", "港", "’", r"\x73tri", "tri{1,2}ke", "strik(?i:E)"]
    ),
    lambda parts: st.one_of(
        st.lists(parts, min_size=2, max_size=3).map("".join),
        st.lists(parts, min_size=2, max_size=3).map(lambda it: f"({'|'.join(it)})"),
        st.tuples(parts, st.sampled_from(["?", "*", "+", "{0,2}", "{2}", "{1,}?"])).map(
            lambda it: f"(?:{it[0]}){it[1]}"
        ),
    ),
    max_leaves=5,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(pattern=_patterns, text=st.lists(_pieces, max_size=8).map("".join))
def test_what_finds_something_finds_what_it_needs(pattern, text):
    try:
        compiled = compile_regex(pattern, offset=0)
    except RuleError:
        reject()
    if next(compiled.found(text), None):
        assert _has(folded_words(text), needed(pattern)), (pattern, text)
