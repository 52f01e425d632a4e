"""Every line of the language, by what it marks in an entry."""

import pytest
from conftest import rules_of

from monitor.core.rules import check_examples, compile_rules, rule_version
from monitor.core.rules.lexicon import MAX_POSITIONS
from monitor.core.text.document import MAX_CATEGORIES, hosts_of, read
from monitor.model import Example, Rule, Score

SEED = "Déclaration dite de Paris : 35 pays pour l’Ukraine"


@pytest.mark.parametrize(
    ("query", "text", "marks"),
    [
        ("ukraine", SEED, ["Ukraine"]),
        ("declaration NEAR/3 paris", SEED, ["Déclaration", "Paris"]),
        ("declaration NEAR/2 paris", SEED, ["Déclaration", "Paris"]),
        ("declaration NEAR/1 paris", SEED, None),
        ("paris NEAR declaration", SEED, ["Déclaration", "Paris"]),
        ("paris BEFORE declaration", SEED, None),
        ("declaration ONEAR/2 paris", SEED, ["Déclaration", "Paris"]),
        ("a NEAR/5 b", "a 1 2 3 4 5 b", ["a", "b"]),
        ("a NEAR/5 b", "a 1 2 3 4 5 6 b", None),
        ("a NEAR b", "a 1 2 3 4 5 b", ["a", "b"]),
        ("a NEAR/0 b", "b a", ["b", "a"]),
        # An occurrence never pairs with itself or with what it overlaps.
        ("a NEAR/3 a", "a b", None),
        ("a NEAR/3 a", "a b a", ["a", "a"]),
        ("(a OR b) NEAR/3 (b OR c)", "x b x", None),
        ('a NEAR/3 "a b"', "a b", None),
        ('a NEAR/3 "a b"', "a a b", ["a", "a b"]),
        # Units are measured from their edges.
        ('"a b c" NEAR/1 d', "a b c x d", ["a b c", "d"]),
        ('"a b c" NEAR/1 d', "a b c x x d", None),
        ("(a NEAR/3 b) NEAR/0 c", "a x b c", ["a", "b", "c"]),
        ("(a NEAR/3 b) NEAR/2 c", "a c b", None),
        ("(a NEAR/3 b) NEAR/2 c", "a b x a c", ["b", "a", "c"]),
        # Chains: one of each, neighbours near, in any order or in the given one.
        ("a NEAR/1 b NEAR/1 c", "c x a x b", ["c", "a", "b"]),
        ("a NEAR/1 b NEAR/1 c", "c x x a x b", None),
        ("a BEFORE/1 b BEFORE/1 c", "a b x c", ["a", "b", "c"]),
        ("a BEFORE/1 b BEFORE/1 c", "a c b", None),
        # All occurrences of every branch count.
        ('("a b" OR a) NEAR/0 c', "a b c", ["a b", "c"]),
        ('("a b" OR b) BEFORE/0 c', "x b c", ["b", "c"]),
        # NOTNEAR
        ("a NOTNEAR/1 b", "a b x x x a", ["a"]),
        ("a NOTNEAR/1 b", "a x b", None),
        ('paris NOTNEAR/0 "paris hilton"', "paris hilton", None),
        ('paris NOTNEAR/0 "paris hilton"', "paris hilton in paris", ["paris"]),
        ("a NOTNEAR/2 a", "a x x x a", ["a", "a"]),
        ("a NOTNEAR/2 a", "a x a", None),
        # Sentences and paragraphs
        ("a NEAR/s b", "a x. B y", None),
        ("a NEAR/s b", "x. A y b. Z", ["A", "b"]),
        ("a NEAR/p b", "a. B", ["a", "B"]),
        ("a NEAR/p b", "a\nb", None),
        ('"a b" NEAR/s c', "a. B c", None),
        ("a NOTNEAR/s b", "a. B", ["a"]),
        ("a NOTNEAR/s b", "a b. A", ["A"]),
        # Words
        ("zelensk*", "Zelenskyj, Selenskyj", ["Zelenskyj"]),
        ("wo*n wom?n", "woman", ["woman"]),
        ("wom?n", "womn woman", ["woman"]),
        ("abc*", "abc", ["abc"]),
        ("ab*c*d", "abxcxxd abd", ["abxcxxd"]),
        ("=US", "us Us US", ["US"]),
        ('="Paris Declaration"', "paris declaration Paris Declaration", ["Paris Declaration"]),
        ("US", "the U.S. army", ["U.S"]),
        ('"force multinat*"', "la force multinationale", ["force multinationale"]),
        ("cessez-le-feu", "un cessez le feu", ["cessez le feu"]),
        ("l’Élysée", "à l'Elysee", ["l'Elysee"]),
        ("習近平", "習近平が訪問", ["習近平"]),
        ("東京", "京東", None),
        ("首脳*", "首脳会議", ["首脳"]),
        # Combinations
        ("a b", "b a", ["b", "a"]),
        ("a AND NOT b", "a b", None),
        ("a -b", "a c", ["a"]),
        ("(a OR b) -(c d)", "a c", ["a"]),
        ("2 OF (a, b c, d)", "b c d", ["b", "c", "d"]),
        ("2 OF (a, b c, d)", "a c", None),
        ("2 OF @leaders", "Macron et Zelenskyj", ["Macron", "Zelenskyj"]),
        ("2 OF (@leaders, x)", "Macron et Zelenskyj", None),
        ("@leaders NEAR/1 paris", "Keir Starmer à Paris", ["Keir Starmer", "Paris"]),
        ("ATLEAST/2 @leaders", "Macron et Macron", ["Macron", "Macron"]),
        ("ATLEAST/2 a", "a b", None),
        ('ATLEAST/2 ("a a" OR a)', "a a", ["a a"]),
        ('ATLEAST/3 ("a a" OR a)', "a a", None),
        ("ATLEAST/2 a NEAR/1 b", "a b x x x b a", ["a", "b", "b", "a"]),
        # Regular expressions
        (r"/\d+ pays/", SEED, ["35 pays"]),
        (r"/éclar|PARIS/", SEED, ["éclar", "Paris"]),
        (r"/\bукра\w+\b/", "в Украине", ["Украине"]),
        (r"/\bкра/", "в Украине", None),
        (r"/é\b.+\ba/", "été à", None),
        (r"/é\b.+\bà$/", "été à", ["é à"]),
        (r"/\S\sx/", "ab\u2003x", ["b\u2003x"]),
        (r"/[\d\s]+[^\d]\W\p{Lu}\PL[[:alpha:]]/", "1 2.-É-b", ["1 2.-É-b"]),
        (r"/a.\bb/", "a b", ["a b"]),
        ("/écl/", "De\u0301claration", ["e\u0301cl"]),
        ("/éclar/", "e\u0301clair e\u0301clar", ["e\u0301clar"]),
        ("/e\u0301clar/", "éclar", ["éclar"]),
        (r"/\bclé\b/", "la cle\u0301 x", ["cle\u0301"]),
        ("/[é]t/", "e\u0301t", ["e\u0301t"]),
        ("/각.국/", "\u1100\u1161\u11a8 \u1100\u116e\u11a8", ["\u1100\u1161\u11a8 \u1100\u116e\u11a8"]),
        ("/istanbul/", "İSTANBUL'da", ["İSTANBUL"]),
        ("/İstanbul/", "istanbul", ["istanbul"]),
        ("/istanbul/", "i\u0307stanbul", ["i\u0307stanbul"]),
        (r"/کتاب\w+/", "کتاب\u200cها", ["کتاب\u200cها"]),
        ("/کتاب\u200cها/", "کتابها", ["کتابها"]),
    ],
)
def test_a_query_marks(marked, query, text, marks):
    lists = {"leaders": ["Macron", "Keir Starmer", "Zelensk*"]}
    assert marked(query, text, lists=lists) == marks


def test_proximity_never_crosses_from_one_text_to_the_next(marked):
    assert marked("a NEAR/1000 b", "a", summary="b") is None
    assert marked('"a b"', "a", summary="b") is None
    assert marked("a b", "a", summary="b") == ["a", "b"]
    assert marked('category:"a b"', categories=["a", "b"]) is None


@pytest.mark.parametrize(
    ("query", "matches"),
    [
        ("title:inti", True),
        ("title:sum", False),
        ("summary:sum", True),
        ("content:w9", True),
        ("content:inti", False),
        ("author:jane", True),
        ("jane", False),
        ("author:inti", False),
        ("category:politik", True),
        ('category:"eu politik"', True),
        ("url:ukraine", True),
        ("ukraine", False),
        ("title:(inti OR x) AND summary:sum", True),
        ("title:(NOT sum) inti", True),
        ("lead:inti", True),
        ("lead:sum", True),
        ("lead:w57", True),
        ("lead:w58", False),
        ("lead:/w5\\d/", True),
        ("lead:/w58/", False),
        ("title:/int/", True),
        ("title:/sum/", False),
        ("category:/pol/", True),
        ("/pol/", False),
        ("site:lemonde.fr inti", True),
        ("site:www.lemonde.fr inti", True),
        ("site:monde.fr", False),
        ("site:fr", True),
        ("feed:lm", True),
        ("feed:LM", False),
        ("tag:europe", True),
        ("tag:asia", False),
        ("lang:fr", True),
        ("lang:de", False),
        ("site:(a.org OR lemonde.fr)", True),
        ("author:jan* -lang:de", True),
    ],
)
def test_a_field_and_an_origin_hold_where_they_say(query, matches):
    document = read(
        title="inti",
        summary="sum one",
        content=" ".join(f"w{i}" for i in range(100)),
        author="Jane Doe",
        categories=["World", "EU Politik"],
        url="https://www.lemonde.fr/a/ukraine-%C3%A91",
        language="fr",
        feed_id="lm",
        feed_tags={"europe"},
    )
    rules = rules_of(query)
    assert bool(rules.match(document)) is matches
    assert rules.match(document) == rules.match_every(document)


def test_spans_in_categories_and_address_count_in_their_shown_text(marked):
    assert marked("category:politik", categories=["World", "EU Politik"]) == ["Politik"]
    assert marked("url:été", url="https://a.org/%C3%A9t%C3%A9") == ["été"]


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("https://www.a.co.uk/x", ("www.a.co.uk", "a.co.uk", "co.uk", "uk")),
        ("http://[::1", ()),
        ("https://müller.de./", ("xn--mller-kva.de", "de")),
        ("https://" + "ü" * 100 + ".de", ()),
        ("nothing", ()),
        (None, ()),
    ],
)
def test_hosts_are_the_host_and_its_parents(url, hosts):
    assert hosts_of(url) == hosts


def test_inflected_words_go_by_the_entrys_language_else_the_rules(marked):
    assert marked("sanction~", "les sanctions", language="fr") == ["sanctions"]
    assert marked("sanction~", "les sanctions", languages=frozenset({"fr", "en"})) == ["sanctions"]
    assert marked("sanction~", "les sanctions") is None
    assert marked("sanction~", "sanction") == ["sanction"]
    assert marked("sanction~", "les sanctions", language="ja") is None
    assert marked('"garantie~ de sécurité~"', "garanties de sécurité", language="fr") == [
        "garanties de sécurité"
    ]
    assert marked("гарантія~", "про гарантії", language="uk") == ["гарантії"]


def test_text_repeated_in_summary_and_content_counts_once(marked):
    assert marked("ATLEAST/2 a", summary="Now a b.", content="X. Now a b. C") is None
    assert marked("ATLEAST/2 a", summary="Now a b…", content="X. Now a before") is None
    assert marked("ATLEAST/2 a", summary="Other a b.", content="Now a b.") == ["a", "a"]
    assert marked("ATLEAST/2 a", "a", content="a") == ["a", "a"]
    assert marked("summary:(ATLEAST/2 a)", summary="Now a a.", content="Now a a.") == ["a", "a"]


def test_languages_let_the_unknown_in_and_lang_does_not():
    rules = rules_of("a", languages=frozenset({"fr", "nb"}))
    assert [bool(rules.match(read(title="a", language=code))) for code in ("fr", "no", "nn", None, "??", "de")] == [
        True, True, True, True, True, False,
    ]  # fmt: skip


def test_feeds_are_ids_and_tags():
    rules = rules_of("a", feeds=("lemonde", "tag:europe"))
    assert rules.match(read(title="a", feed_id="lemonde"))
    assert rules.match(read(title="a", feed_id="x", feed_tags={"europe"}))
    assert not rules.match(read(title="a", feed_id="europe", feed_tags={"lemonde"}))


def test_exclude_shuts_out():
    rules = rules_of("a", exclude="b OR c")
    assert rules.match(read(title="a"))
    assert not rules.match(read(title="a", content="c"))


SCORE = Score(threshold=30, title_factor=2.0, terms=(("a", 20.0), ("b NEAR/1 c", 10.0), ("de", -5.0)))


@pytest.mark.parametrize(
    ("title", "content", "score"),
    [
        ("a", "b c", 50.0),
        ("x", "a b c", 30.0),
        ("x", "a b b", None),
        ("a", "b c. De", 45.0),
        ("x", "de", None),
    ],
)
def test_a_score_must_reach_its_threshold_and_the_title_counts_more(title, content, score):
    rules = rules_of("", score=SCORE)
    matches = rules.match(read(title=title, content=content))
    assert [match.score for match in matches] == ([] if score is None else [score])
    assert matches == rules.match_every(read(title=title, content=content))


def test_a_score_beside_a_query_may_have_no_positive_part_that_holds():
    rules = rules_of("q", score=Score(threshold=0.3, terms=(("a", 0.1), ("b", 0.2))))
    assert rules.match(read(title="q a b"))[0].score == 0.3
    assert not rules.match(read(title="q a"))
    assert not rules.match(read(title="a b"))


def test_a_disabled_rule_is_checked_and_never_matches():
    rules, problems = compile_rules(
        [Rule(id="a", query="a", enabled=False), Rule(id="b", query="(", enabled=False)], {}
    )
    assert not rules.match(read(title="a"))
    assert [problem.rule_id for problem in problems] == ["b"]


def test_the_version_is_that_of_the_meaning():
    rule = Rule(id="r", query="(a  OR @l)", languages=frozenset({"fr"}))
    same = Rule(id="other", title="t", query="a OR @l", languages=frozenset({"fr"}), priority="high")
    version = rule_version(rule, {"l": ["x", "y"]})
    assert version == rule_version(same, {"l": ["y", "x"]})
    assert version == compile_rules([rule], {"l": ["x", "y"]})[0].match(read(title="a"))[0].rule_version
    others = [
        rule_version(rule, {"l": ["x", "z"]}),
        rule_version(Rule(id="r", query="a OR @l"), {"l": ["x", "y"]}),
        rule_version(Rule(id="r", query="a OR @l", exclude="q", languages=rule.languages), {"l": ["x", "y"]}),
        rule_version(
            Rule(id="r", query="a OR @l", feeds=("f",), languages=rule.languages), {"l": ["x", "y"]}
        ),
        rule_version(Rule(id="r", score=SCORE, languages=rule.languages), {}),
    ]
    assert len({version, *others}) == 6
    with pytest.raises(ValueError, match="r"):
        rule_version(Rule(id="r", query="("), {})


def test_examples_are_held_against_their_rule():
    rule = Rule(
        id="r",
        query="a OR tag:eu",
        feeds=("f",),
        must_match=(Example(title="a"), Example(content="b")),
        must_not_match=(Example(summary="a"), Example(title="b")),
    )
    problems = check_examples(compile_rules([rule], {})[0])
    assert [(p.part, p.key) for p in problems] == [("must_match", 1), ("must_not_match", 0)]


def test_hostile_entries_are_read_in_bounds():
    rules = rules_of("a NEAR/3 b", "ATLEAST/10 a", "/a+b/", '"a a a a b"')
    document = read(title="a", content="a " * 300_000, summary="x. " * 50_000, categories=["a"] * 1000)
    assert len(document.segments) == 5 + MAX_CATEGORIES
    assert [match.rule_id for match in rules.match(document)] == ["1"]
    (match,) = rules.match(document)
    assert len(match.spans) <= MAX_POSITIONS


def test_a_chain_of_eight_over_a_long_text_ends():
    rules = rules_of(" NEAR/0 ".join(f"(a OR w{i})" for i in range(7)), "a NEAR/s zz", "a NOTNEAR/p zz")
    assert [m.rule_id for m in rules.match(read(title="t", content="a " * 5_000))] == ["0", "2"]


def test_hostile_patterns_are_linear():
    text = "a" * 200_000
    assert not rules_of("/(a|a)*b/").match(read(title=text))
    assert not rules_of("aa*a*a*a*a*a*a*a*a*b").match(read(title="a" * 250))


def test_ten_thousand_terms_are_one_query():
    rules = rules_of(" OR ".join(f"w{i}" for i in range(10_000)))
    assert len(rules.match(read(title="w1 w9999 w10000"))[0].spans) == 2


def test_texts_are_named_with_what_they_hold():
    document = read(title="a", content="b", categories=["c", "d"])
    assert {str(field): text for field, text in document.texts().items()} == {
        "title": "a",
        "content": "b",
        "category": "c\nd",
    }
