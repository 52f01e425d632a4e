"""Why, in words."""

import pytest
from conftest import rules_of

from monitor.core.rules import compile_rules, explain, explain_text, lint
from monitor.core.text.document import read
from monitor.model import Example, Rule, Score


def note(query, document, **settings):
    return explain(rules_of(query, **settings), "0", document).query.note


@pytest.mark.parametrize(
    ("query", "text", "said"),
    [
        ("a NEAR/3 b", "a 1 2 3 4 5 b", "never so near: the closest are 5 words apart"),
        ("a NEAR/0 b", "a 1 b", "never so near: the closest are 1 word apart"),
        ("a NEAR/3 b", "a", "b is not in the text"),
        ("a NEAR/3 b NEAR/3 c", "b", "a and c are not in the text"),
        ("a BEFORE/3 b", "b a", "near, but in another order"),
        ("a BEFORE/1 b", "a 1 2 b", "never so near: the closest are 2 words apart"),
        ("a NEAR/s b", "a. B", "never in one sentence: the closest are 0 words apart"),
        ("a NEAR/p b", "a\nb", "never in one paragraph: the closest are 0 words apart"),
        ("a NEAR/3 a", "a", "never so near"),
        ("a NOTNEAR/3 b", "a b", "every one has b near it"),
        ("a NOTNEAR/3 b", "b", "a is not in the text"),
        ("2 OF (a, b, c)", "a", "1 found, 2 needed"),
        ("2 OF @l", "x", "1 found, 2 needed"),
        ("ATLEAST/3 a", "a a", "2 found, 3 needed"),
        (
            '"a b"',
            "b a",
            "its words are there, not side by side in this order: the closest are 0 words apart",
        ),
        ('"a b"', "b", "a is not in the text"),
        ("=US", "us Us", "there, but as “us” and “Us”"),
        ("=US", "x", "not in the text"),
        ("a1*", "x", "not in the text"),
        ("title:a", "x", ""),
        ("@l", "q", "none of its 5 terms is in the text"),
        ("site:b.org", "x", "the entry's is h.org"),
        ("lang:fr", "x", "the entry has none that is known"),
        ("feed:f", "x", "the entry has none that is known"),
        ("/q+/", "x", "holds nowhere in the text"),
        ("a~", "x", "not in the text; ~ does nothing here: the entry's language is unknown"),
        ("a~", "a", "~ does nothing here: the entry's language is unknown"),
        ("(a OR b) c", "q", ""),
        ('a NEAR/1 "p q r s t u v" NEAR/1 b', "a", "p q r"),
    ],
)
def test_a_near_miss_is_told(query, text, said):
    document = read(title=text, url="https://h.org/")
    found = note(query, document, lists={"l": ["x", "y", "z", "xx", "yy"]})
    assert said in found if said == "p q r" else found == said


def test_it_is_told_that_there_is_no_stemmer():
    assert note("a~", read(title="a", language="ja")) == "~ does nothing here: no forms are known in ja"
    assert note("a~", read(title="a", language="fr")) == ""


def test_it_is_told_where_else_a_term_is():
    document = read(title="x", content="a", summary="b")
    explained = explain(rules_of("title:a"), "0", document).query
    assert explained.parts[0].note == "not in the title, but in the content"
    assert note("a NEAR/3 b", document) == "never so near; they are never in one text"


def test_long_lists_of_words_are_cut():
    assert (
        note("a NEAR/1 b NEAR/1 c NEAR/1 d NEAR/1 e", read(title="x"))
        == "a, b, c and 2 more are not in the text"
    )


RULE = Rule(
    id="paris",
    query='(Déclaration NEAR/1 paris OR "traité~ paris") AND @leaders AND NOT climat* AND lead:(2 OF @leaders)',
    exclude='"efficacité de l’aide"',
    languages=frozenset({"fr", "en"}),
    feeds=("tag:europe",),
    score=Score(
        threshold=30, title_factor=2, terms=(("coalition", 20), ("paris", 5), ("accord NEAR/2 climat*", -40))
    ),
)
TEXT = """paris does not match
  read: title (9 words), summary (10 words); language fr
  ✗ query: (Déclaration NEAR/1 paris OR "traité~ paris") AND @leaders …
    ✗ Déclaration NEAR/1 paris OR "traité~ paris"
      ✗ Déclaration NEAR/1 paris – never so near: the closest are 2 words apart
        ✓ Déclaration – “Déclaration” in the title (read as declaration)
        ✓ paris – “Paris” in the title
      ✗ "traité~ paris" – traité~ is not in the text
    ✓ @leaders
      ✓ macron – “Macron” in the title
      ✓ zelensk* – “Zelensky” in the summary
    ✗ NOT climat*
      ✓ climat* – “climatique” in the summary
    ✓ lead:(2 OF @leaders)
      ✓ 2 OF @leaders
        ✓ macron – “Macron” in the title
        ✓ zelensk* – “Zelensky” in the summary
  ✓ not excluded
    ✗ "efficacité de l’aide" – efficacite and aide are not in the text (read as "efficacite de l aide")
  ✗ score -10 of 30
    ✓ +20: coalition – “coalition” in the summary
    ✓ +10 in the title: paris – “Paris” in the title
    ✓ -40: accord NEAR/2 climat*
      ✓ accord – “accord” in the summary
      ✓ climat* – “climatique” in the summary"""


def test_an_explanation_reads_well():
    rules, problems = compile_rules([RULE], {"leaders": ["Macron", "Zelensk*"]})
    assert not problems
    document = read(
        title="La Déclaration dite de Paris, selon Macron, aujourd’hui",
        summary="La coalition de l’accord climatique, Zelensky. Et x y",
        language="fr",
        feed_tags={"europe"},
    )
    assert explain_text(explain(rules, "paris", document), document.texts()) == TEXT


def test_a_document_out_of_scope_is_told():
    rules, _ = compile_rules([RULE], {"leaders": ["Macron", "Tusk"]})
    assert (
        explain(rules, "paris", read(title="x", language="de")).out_of_scope
        == "the entry's language is de, the rule's are en, fr"
    )
    outside = explain(rules, "paris", read(title="x", feed_id="f"))
    assert outside.out_of_scope == "the entry's feed is f, the rule reads tag:europe"
    assert "✗ the entry's feed is f" in explain_text(outside, {})


def test_a_match_is_explained_by_its_score_alone():
    rules, _ = compile_rules([Rule(id="s", score=Score(threshold=1, terms=(("a", 1.0), ("b", 1.0))))], {})
    document = read(title="a a1 a2", content=" ".join(f"b{i}" for i in range(9)))
    text = explain_text(explain(rules, "s", document), document.texts())
    assert text.splitlines()[0] == "s matches"
    assert "0 of +1: b – not in the text" in text
    assert "nothing" in explain_text(explain(rules, "s", read(title="")), {})
    many, _ = compile_rules([Rule(id="m", query="b1*")], {})
    wide = read(title=" ".join(f"b1{i}" for i in range(9)))
    assert "4 more" in explain_text(explain(many, "m", wide), wide.texts())


# ── Lint ─────────────────────────────────────────────────────────────────────────────────────────

TESTED = (Example(title="t"),)


@pytest.mark.parametrize(
    ("query", "offset"),
    [
        ('"paris declaration" AND NOT paris', 0),
        ("a AND (b NEAR/2 c OR d) AND NOT b", 7),
        ("a AND NOT a", 0),
        ("(a AND b) AND NOT (a OR c)", 1),
        ("ATLEAST/2 ab AND NOT ab*", 0),
        ("title:a AND NOT a", 0),
        ("2 OF (a, b, c) AND NOT (a OR b OR c)", 0),
        ("=US AND NOT us", 0),
        ("a NOTNEAR/2 b AND NOT a", 0),
        ("abc* AND NOT ab*", 0),
        ('"a b c" AND NOT a NEAR/2 b', 0),
        ('"a b c" AND NOT "b c"', 0),
        ("a NEAR/2 b AND NOT b NEAR/3 a", 0),
        ("a BEFORE/s b AND NOT a BEFORE/p b", 0),
        ("@l AND NOT (xx OR yy*)", 0),
        ("2 OF @l AND NOT @l", 0),
        ("title:(a b) AND NOT title:a", 0),
        ("sanction AND NOT sanction~", 0),
        ("(NOT b) AND a AND NOT NOT b AND a", 20),
        ("lang:fr AND lang:de AND a", 12),
    ],
)
def test_a_clause_that_can_never_match_is_told(query, offset):
    rules = rules_of(query, lists={"l": ["xx", "yyy"]}, must_not_match=TESTED)
    if "NOT NOT" in query:
        assert lint(rules) == ()
        return
    problem = lint(rules)[0]
    assert ("can never match" in problem.cure) or ("never holds" in problem.message)
    assert problem.offset == offset


@pytest.mark.parametrize(
    "query",
    [
        'a AND NOT "a b"',
        "a NEAR/3 b AND NOT a NEAR/2 b",
        "a NEAR/2 b AND NOT a BEFORE/2 b",
        "a NEAR/s b AND NOT a NEAR/2 b",
        "ab* AND NOT abc*",
        "a AND NOT title:a",
        "title:(b NOTNEAR/2 c) AND NOT b NOTNEAR/2 c",
        "(a OR b) AND NOT (a AND b)",
        "us AND NOT =US",
        '"a b" AND NOT "b a"',
        '"a b" AND NOT a NEAR/s c',
        '"a b" AND NOT (2 OF (a, c, d))',
        "/a/ AND NOT b",
        "wo?n AND NOT wo*nx",
    ],
)
def test_what_can_match_is_not_told(query):
    assert lint(rules_of(query, must_not_match=TESTED)) == ()


def messages(*rules, **history):
    compiled, problems = compile_rules(rules, {})
    assert not problems
    return [(p.rule_id, p.part, p.message) for p in lint(compiled, **history)]


def test_exclude_and_score_and_scope_that_leave_nothing_are_told():
    score = Score(threshold=30, title_factor=2, terms=(("a", 10.0), ("b AND NOT b", 1.0), ("c", -5.0)))
    rule = Rule(
        id="r", query='"a b"', exclude="a AND b", score=score, languages=frozenset({"fr"}), must_match=TESTED
    )
    assert messages(
        rule, Rule(id="l", query="lang:de x", languages=frozenset({"fr"}), must_match=TESTED)
    ) == [
        ("r", "score", "NOT b shuts out all that b finds"),
        ("r", "exclude", "exclude shuts out everything that the query finds"),
        ("r", "score", "all positive terms of the score together do not reach its threshold"),
        ("l", "query", 'lang:"de" never holds here'),
    ]


def test_a_rule_without_tests_is_told_and_one_whose_tests_try_one_clause():
    assert messages(Rule(id="r", query="a")) == [("r", "query", "the rule has no tests")]
    assert messages(Rule(id="r", query="a OR b", must_match=(Example(title="a"),))) == [
        ("r", "query", "the must_match texts match only through a")
    ]
    assert messages(Rule(id="r", query="a OR b", must_match=(Example(title="a"), Example(title="b")))) == []


def test_the_stored_history_tells_wide_wildcards_and_busy_rules():
    rule = Rule(id="r", query='"x ab*" OR b', must_not_match=TESTED)
    few = {f"ab{i}": i for i in range(200)}
    assert messages(rule, vocabulary=few, per_day={"r": 50}) == []
    many = few | {"abx": 1000}
    assert messages(rule, vocabulary=many, per_day={"r": 51}) == [
        ("r", "query", "ab* matches 201 different words of the stored entries"),
        ("r", "query", "on the stored entries the rule would have matched 51 times a day"),
    ]


def test_a_rule_without_a_word_in_languages_that_are_stored_is_told():
    rule = Rule(id="r", query="a AND b", must_not_match=TESTED)
    told = "31% of the stored entries are in fi, cs: no word of the rule ever occurred there"
    assert messages(rule, wordless={"r": {"fi": 0.2, "cs": 0.11}}) == [("r", "query", told)]
    assert messages(rule, wordless={"r": {"fi": 0.03, "cs": 0.019}, "other": {"fi": 0.9}}) == []
    french = Rule(id="r", query="a AND b", must_not_match=TESTED, languages=frozenset({"fr"}))
    assert messages(french, wordless={"r": {"fi": 0.9}}) == [], "it asks for other languages"


def test_a_rule_inside_another_is_told():
    wide = Rule(id="wide", query="a", must_not_match=TESTED)
    told = "everything that this rule matches, wide matches too"

    def of(narrow, **settings):
        other = Rule(id="narrow", query=narrow, must_not_match=TESTED, **settings)
        return [m for _, _, m in messages(Rule(**{**vars_of(wide), **wider}), other)]

    def vars_of(rule):
        return {name: getattr(rule, name) for name in rule.__dataclass_fields__}

    wider = {}
    assert of('"a b"') == [told]
    assert of("b") == []
    wider = {"languages": frozenset({"fr"})}
    assert of('"a b"') == []
    assert of('"a b"', languages=frozenset({"fr"})) == [told]
    wider = {"feeds": ("f",)}
    assert of('"a b"') == []
    assert of('"a b"', feeds=("f",)) == [told]
    wider = {"exclude": "q"}
    assert of('"a b"') == []
    assert of('"a b"', exclude="q OR r") == [told]
    wider = {"query": "a~"}
    assert of('"a b"', languages=frozenset({"fr"})) == []


def test_so_many_rules_are_not_compared():
    assert not [p for p in lint(rules_of(*["a"] * 301, must_not_match=TESTED)) if "too" in p.message]


def test_twenty_rules_that_mean_the_same_are_one_line():
    rules = [Rule(id=f"r{i}", query="(a1 OR b1) c1", must_not_match=TESTED) for i in range(20)]
    (told,) = messages(*rules)
    assert told == (
        "r0",
        "query",
        "r1, r2, r3, r4, r5 and 14 more match exactly what this rule matches",
    )


@pytest.mark.parametrize(
    ("query", "languages", "told"),
    [
        ("the", (), True),
        ("der OR ukraine", ("de",), True),
        ("der", ("en",), False),
        ("the ukraine", (), False),
        ('"the ukraine"', (), False),
        ("nato", (), False),
    ],
)
def test_a_word_of_every_text_is_doubted(query, languages, told):
    found = messages(Rule(id="r", query=query, languages=frozenset(languages), must_not_match=TESTED))
    assert any("nearly every text" in message for _, _, message in found) is told


def test_other_forms_in_the_stored_entries_are_offered():
    vocabulary = {"chemicals": 12, "chemical": 3, "plants": 5}
    rule = Rule(id="r", query="chemical leak", must_not_match=TESTED)
    assert messages(rule, vocabulary=vocabulary) == [
        ("r", "query", "the stored entries have other forms of its words (chemical: chemicals)")
    ]
    assert messages(Rule(id="r", query="chemical~ leak", must_not_match=TESTED), vocabulary=vocabulary) == []


@pytest.mark.parametrize(
    ("query", "languages", "told"),
    [("スト~", (), True), ("word~", ("vi", "fr"), True), ("word~", ("fr",), False), ("word~", (), False)],
)
def test_it_is_told_where_a_tilde_can_do_nothing(query, languages, told):
    compiled, _ = compile_rules(
        [Rule(id="r", query=query, languages=frozenset(languages), must_not_match=TESTED)], {}
    )
    found = [p for p in lint(compiled) if "finds only" in p.message]
    assert bool(found) is told


def test_what_a_list_found_is_printed_once():
    score = Score(
        threshold=1, terms=(("@leaders", 1.0), ("@leaders NEAR/3 paris", 1.0), ("title:@leaders", 1.0))
    )
    rules, _ = compile_rules([Rule(id="s", score=score)], {"leaders": ["Macron", "Zelensk*"]})
    document = read(title="Macron in Paris")
    text = explain_text(explain(rules, "s", document), document.texts())
    assert text.count("✓ macron") == 1
    assert text.count("as above") == 2
