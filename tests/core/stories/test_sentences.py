"""Where sentences end, in several scripts: what recurs in a feed is told sentence by sentence."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.stories.recurring import sentences

SAID = {
    "full stops": ("The dam broke. Nobody was hurt! Why? Later…", 4),
    "initials": ("It was said by J. R. Smith of the U.S. in May. He left.", 2),
    "figures": ("It rose by 12. The rest fell by 3. Nobody knows.", 2),
    "quotes": ("«Il pleut.» Elle rit. “Go home.” They went.", 4),
    "brackets": ("It fell (by 3 %). It rose [again]. Done.", 3),
    "several spaces": ("One day.  \n Two days.", 2),
    "lines": ("Read more\n\nSubscribe\nImprint", 3),
    "bars": ("Politics | Sport • Weather · Radio", 4),
    "a bar in a word": ("Politics|Sport", 1),
    "Chinese": ("大坝决堤了。没有人受伤！为什么？", 3),
    "Hindi": ("बांध टूट गया। कोई घायल नहीं हुआ।", 2),
    "Arabic": ("لماذا انهار السد؟ لا أحد يعرف.", 2),
    "nothing": (" \n ", 0),
}


@pytest.mark.parametrize("case", SAID)
def test_a_sentence_ends_where_its_script_ends_it(case):
    text, many = SAID[case]
    assert len(sentences(text)) == many


@given(st.text(alphabet=" \n\t.!?…)]”\"»’'%|·•。！？؟।abcdé12_А漢"))
def test_no_word_is_lost_between_sentences(text):
    words = re.compile(r"\w+")
    assert [word for one in sentences(text) for word in words.findall(one)] == words.findall(text)
