import re

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st
from samples.messages import HOSTILE_TITLES

from monitor.core.alerts.excerpt import excerpt

GERMAN = (
    "35 Staaten einigen sich. Die „Koalition der Willigen“ hat sich am 6. Januar mit M. Macron verständigt. Es "
    "umfasst fünf Punkte, von der Überwachung einer Waffenruhe unter Führung der USA bis zu einer multinationalen "
    "Truppe.\nEin Absatz danach"
)
CHINESE = (
    "法国总统马克龙六日在巴黎表示,意愿联盟三十五国签署了《巴黎宣言》。该宣言规定了停火后对乌克兰的安全保障,"
    "包括由美国领导的停火监督机制以及多国部队。"
)
ARABIC = "قالت زاخاروفا في موسكو. أي قوات غربية في أوكرانيا ستكون أهدافاً مشروعة؟ نعم، قالت."


def found(text, *words):
    return [match.span() for word in words for match in re.finditer(re.escape(word), text)]


def shown(text, *words, longest=120):
    pieces = excerpt(text, found(text, *words), longest=longest)
    return "".join(f"[{piece.text}]" if piece.marked else piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("text", "words", "longest", "expected"),
    [
        (
            GERMAN,
            ["Koalition der Willigen"],
            120,
            "Die „[Koalition der Willigen]“ hat sich am 6. Januar mit M. Macron verständigt.",
        ),
        (GERMAN, ["Staaten"], 120, "35 [Staaten] einigen sich."),
        (
            GERMAN,
            ["einigen sich. Die"],
            67,
            "35 Staaten [einigen sich. Die] „Koalition der Willigen“ hat sich am…",
        ),
        ("aaa bbb ccc ddd", ["aaa"], 7, "[aaa] bbb…"),
        (GERMAN, ["danach"], 120, "Ein Absatz [danach]"),
        (GERMAN, ["Führung"], 50, "…Waffenruhe unter [Führung] der USA bis zu einer…"),
        (GERMAN, ["Truppe"], 40, "…USA bis zu einer multinationalen [Truppe]."),
        (GERMAN, ["Es"], 40, "[Es] umfasst fünf Punkte, von der…"),
        (GERMAN, [], 120, "35 Staaten einigen sich."),
        (
            GERMAN,
            ["USA", "Truppe", "Staaten"],
            60,
            "…unter Führung der [USA] bis zu einer multinationalen [Truppe].",
        ),
        (CHINESE, ["巴黎宣言"], 120, "法国总统马克龙六日在巴黎表示,意愿联盟三十五国签署了《[巴黎宣言]》。"),
        (CHINESE, ["停火监督"], 20, "…包括由美国领导的[停火监督]机制以及多国部队…"),
        (CHINESE, ["马克龙"], 20, "法国总统[马克龙]六日在巴黎表示,意愿联盟三…"),
        (ARABIC, ["أوكرانيا"], 120, "أي قوات غربية في [أوكرانيا] ستكون أهدافاً مشروعة؟"),
        ("no end here at all", ["end"], 120, "no [end] here at all"),
        ("  spaces  \n\n around  ", ["around"], 120, "[around]"),
        ("He said “Stop.” Then Paris spoke.", ["said"], 120, "He [said] “Stop.”"),
        ("abcdefghij", ["bcdefghi"], 4, "…[bcde]…"),
        ("One. " + "-" * 300 + " Two", ["One"], 400, "[One]."),
    ],
)
def test_the_sentence_around_the_marks_is_shown(text, words, longest, expected):
    assert shown(text, *words, longest=longest) == expected


def test_the_place_with_most_marks_is_shown():
    text = "Paris first. " + "Filler words here. " * 30 + "Paris and the declaration of Paris."
    assert shown(text, "Paris", "declaration") == "[Paris] and the [declaration] of [Paris]."


def test_an_equally_good_earlier_place_wins():
    assert shown("Paris one. " + "Filler words here. " * 30 + "Paris two.", "Paris") == "[Paris] one."


def test_marks_that_overlap_or_lie_outside_are_put_right():
    pieces = excerpt("Paris Declaration", [(6, 90), (-5, 3), (2, 5), (4, 4), (9, 7), (50, 60)], longest=80)
    assert [(piece.text, piece.marked) for piece in pieces] == [
        ("Paris", True),
        (" ", False),
        ("Declaration", True),
    ]


def test_a_mark_takes_the_accents_of_its_letters_along():
    assert shown("Pariz\u030cska", "Pariz") == "[Pariz\u030c]ska"


def test_nothing_is_shown_of_nothing():
    assert excerpt("", [(0, 3)], longest=80) == ()


TEXTS = st.text(
    st.sampled_from("ab .,!?…。！\n\u0301\u200d👩‍🇫🇷निक्षあ한ä \u2028\x1b"), max_size=300
) | st.text(max_size=300)


@given(
    TEXTS,
    st.lists(st.tuples(st.integers(-5, 320), st.integers(-5, 320)), max_size=6),
    st.integers(80, 250),
)
@example("あ" * 300, [(150, 152)], 80)
@example("e" + "\u0301" * 299, [(0, 300)], 80)
def test_an_excerpt_is_bounded_and_made_of_the_text(text, marks, longest):
    pieces = excerpt(text, marks, longest=longest)
    line = "".join(piece.text for piece in pieces)
    assert len(line) <= longest + len("……") + 2 * 32  # a mark may grow by what belongs to its characters
    assert all(piece.text for piece in pieces)
    assert not re.search("[\x00-\x1f\u2028]", line)
    assert not any(piece.marked for piece in pieces) or marks


@given(TEXTS, st.integers(1, 40), st.integers(1, 40), st.integers(80, 200))
def test_no_character_is_split(text, start, length, longest):
    """Each piece, seen alone, has the boundaries that the whole text has (UAX #29); giants apart."""
    if any(len(character) > 32 for character in regex.findall(r"\X", text)):
        return
    ends = {match.end() for match in regex.finditer(r"\X", text)} | {0}
    place = 0
    for piece in excerpt(text, [(start, start + length)], longest=longest):
        if piece.text in text[place:] and piece.text != "…":
            place = text.index(piece.text, place)
            if text.count(piece.text) == 1:
                assert place in ends
                assert place + len(piece.text) in ends
            place += len(piece.text)


@pytest.mark.parametrize("title", HOSTILE_TITLES.values(), ids=HOSTILE_TITLES)
def test_a_hostile_text_is_shown_on_one_line(title):
    line = "".join(piece.text for piece in excerpt(title, [(0, 5)], longest=100))
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]", line)
    assert len(line) <= 102
