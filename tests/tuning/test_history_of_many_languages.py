"""What a rule finds in reports of forty languages is the same with the word index and without."""

import pytest
from databases import Databases, SqliteFiles
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from library import file, reports

from monitor.core.rules import compile_rules
from monitor.model import Rule, Score
from monitor.store import Store
from monitor.tuning.history import History

LISTS = {
    "harbour": ("port", "harbour", "haven*", "puerto", "порт*"),
    "flexed": {"en": ("strike~",), "de": ("hafen~", "streik~"), "any": ("порт~",)},
    "strike": {"en": ("strike", "walk out"), "fr": ("grève",), "de": ("*streik*",), "any": ("страйк*",)},
}


@pytest.fixture(scope="module")
def libraries():
    """Histories with all reports in them, by the kind of their database; nobody changes them."""
    made, closing = {}, []
    yield made, closing
    for one in reversed(closing):
        one.close()


@pytest.fixture
def history(libraries, database_kind, request, tmp_path_factory):
    made, closing = libraries
    if database_kind not in made:
        is_server = database_kind == "postgresql"
        databases = Databases(request.getfixturevalue("postgresql")) if is_server else SqliteFiles()
        store = Store(databases.url(tmp_path_factory.mktemp("library")))
        closing += [databases, store]
        file(store, reports())
        made[database_kind] = History(store, {})
    return made[database_kind]


def ids(history, rules, **asked):
    return [one.entry.id for step in history.search(rules, **asked) for one in step.found]


def compiled(rule):
    rules, problems = compile_rules([rule], LISTS)
    assert not [one for one in problems if one.severity == "error"], problems
    return rules


NARROWED = [
    "paris", "Київ", "été", '="Paris"', "str*", "décl?ration OR docks", '"walk out"', '"port de"', '"declar* of"',
    "@harbour", "2 OF @harbour", "ATLEAST/2 port", "port NEAR/5 strike", "port BEFORE/9 workers",
    "strike NOTNEAR/3 port", "strike AND NOT port", "2 OF (port, strike, /stri.e/)", "title:strike", "lead:port",
    "content:paris", "summary:port", "author:brun", "category:ete", "url:paris", "port AND lang:en",
    "paris AND /2026|35/", "戦争 OR 東京", "パリ*", '"パリ宣言"', "U.S.", "AT&T OR port", "author:(lea NEAR/1 brun)",
    "port AND dockers~", "@strike AND @harbour", '"*arbeiter streik*"',
    "5 OF (port, strike, docks, union, workers, ship, night, terminal, hours, dockers)",
]  # fmt: skip
BY_THEIR_INSIDE = [
    "*streik", "*streik*", "*erklär* OR port", "title:*kraine", "/str.ke/", "/декларац(ия|ії)/",
    "title:/(streik|grève)s?/", "1 OF (paris, /strik.{1,9}port/)",
]  # fmt: skip
BY_LANGUAGE = [
    "strike~", "minister~ OR declaration~", '"dock~ workers"', "title:port~", "lang:fr", "lang:fr OR lang:uk",
    "lang:fr AND /a/", "lang:nl AND arbeider~", "NOT lang:en AND /20../", "hafen~ AND strike~", "@flexed",
    "2 OF (port~, strike~, lang:fr)", "ATLEAST/2 port~", "port~ NEAR/5 strike~",
]  # fmt: skip
EVERYTHING = ["/s.r.k.e/", "site:outlet3.example", "feed:reports", "paris OR /35/", "1 OF (a, /b.c/)"]
ANSWERED = [
    "paris",
    "Київ",
    "str*",
    "title:strike",
    "port AND NOT strike",
    "(port OR docks) AND NOT (night OR sh*)",
    "戦",
    "2 OF (port, strike, night)",
    "@harbour",
    "2 OF (port, strike, night, docks) AND NOT union",
]
EVALUATED = [
    '"the port"',
    "port NEAR/3 strike",
    '="Paris"',
    "strike~",
    "author:brun",
    "content:port",
    "lead:port",
    "port AND lang:en",
    "ATLEAST/2 port",
    "url:paris",
    "po?t",
    "@strike",
    "AT&T",
    "スト*",
    "port AND NOT /str.ke/",
]


@pytest.mark.parametrize("query", [*NARROWED, *BY_THEIR_INSIDE, *BY_LANGUAGE, *EVERYTHING])
def test_a_query_finds_the_same_with_the_index_and_without(history, query):
    rules = compiled(Rule(id="r", query=query))
    assert ids(history, rules) == ids(history, rules, with_index=False)


@pytest.mark.parametrize("query", ANSWERED)
def test_what_the_index_answers_alone_is_what_the_rule_finds(history, query):
    rules = compiled(Rule(id="r", query=query))
    assert rules.answered("r") is not None
    assert ids(history, rules) == ids(history, rules, with_index=False) != []
    for one in history.matches(rules):
        assert one.match.spans, "it can be shown all the same"


@pytest.mark.parametrize("query", EVALUATED)
def test_the_index_answers_nothing_alone_that_it_does_not_know_for_sure(query):
    assert compiled(Rule(id="r", query=query)).answered("r") is None


@pytest.mark.parametrize("keys", [{"languages": frozenset({"fr"})}, {"feeds": ("wire",)}, {"exclude": "/a/"}])
def test_a_rule_that_asks_where_an_entry_comes_from_is_evaluated(keys):
    assert compiled(Rule(id="r", query="paris", **keys)).answered("r") is None


@pytest.mark.parametrize("query", NARROWED)
def test_what_says_which_words_must_be_there_is_asked_of_few(history, query):
    assert len(history.candidates(compiled(Rule(id="r", query=query)))) < len(reports()) / 2


@pytest.mark.parametrize("query", BY_THEIR_INSIDE)
def test_words_are_found_by_their_inside(history, query):
    assert len(history.candidates(compiled(Rule(id="r", query=query)))) < len(reports()) / 2


@pytest.mark.parametrize("query", BY_LANGUAGE)
def test_what_is_sought_in_each_language_by_itself_is_asked_of_few(history, query):
    """In a language whose words may change at their beginning, of every entry."""
    found = history.candidates(compiled(Rule(id="r", query=query)))
    assert len(found) < len(reports()) * 0.8


@pytest.mark.parametrize("languages", [{"fr"}, {"fr", "uk"}])
def test_a_rule_of_some_languages_is_asked_of_entries_in_these_and_in_unknown_ones(history, languages):
    rules = compiled(Rule(id="r", query="/a/", languages=frozenset(languages)))
    asked = {one.language for one in history.by_ids(history.candidates(rules))}
    assert asked <= {*languages, None}
    assert ids(history, rules) == ids(history, rules, with_index=False) != []


@pytest.mark.parametrize("query", EVERYTHING)
def test_what_does_not_say_it_is_asked_of_every_entry(history, query):
    assert history.candidates(compiled(Rule(id="r", query=query))) is None


def test_more_words_than_a_database_takes_are_asked_of_every_entry(history, database_kind):
    query = " OR ".join(f"word{number}" for number in range(1_500))
    rules = compiled(Rule(id="r", query=f"port OR {query}"))
    assert (history.candidates(rules) is None) is (database_kind == "postgresql")
    assert ids(history, rules) == ids(history, compiled(Rule(id="r", query="port")))


@pytest.mark.parametrize(
    "pattern",
    [
        "|".join(f"{a}{b}r" for a in "abcdefghijklmnopqrst" for b in "aeiouy"),
        "(" * 100 + "stri" + ")?" * 99 + ")k.",
        "(stri|(por|(doc|(ship|(nig|(ters|hou))))))[a-z]+ .{1,900}e",
        "s{1,100}t{1,9}r+i?k",
        "[^a]" * 90,
    ],
)
def test_a_regular_expression_meant_to_hurt_finds_what_it_finds(history, pattern):
    rules = compiled(Rule(id="r", query=f"/{pattern}/"))
    assert ids(history, rules) == ids(history, rules, with_index=False)


def test_a_thousand_words_are_not_too_many(history):
    query = " OR ".join(f"word{number}" for number in range(900))
    rules = compiled(Rule(id="r", query=f"(port AND NOT nowhere) OR title:({query})"))
    assert history.candidates(rules) == history.candidates(compiled(Rule(id="r", query="port")))


_word = st.sampled_from(
    [
        "port", "strike", "paris", "декларац*", "ukraine", "déclaration", "haven*", "workers", "puerto", "宣言",
        "of", "de", '"the port"', '="Paris"', "@strike", "*ukrain*", "/20[0-9]+/", "lang:fr", "url:paris",
        "title:port", "porten", "dock~", "lang:en", "/stri/", "hafen~", "*streik", "порт~", "@flexed",
    ]
)  # fmt: skip
_queries = st.recursive(
    _word,
    lambda parts: st.one_of(
        st.tuples(parts, st.sampled_from([" AND ", " OR "]), parts).map(lambda it: f"({''.join(it)})"),
        parts.map("(port AND NOT {})".format),
        st.lists(parts, min_size=3, max_size=4).map(lambda it: f"2 OF ({', '.join(it)})"),
    ),
    max_leaves=6,
)
_exact = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@_exact
@given(
    query=_queries,
    exclude=st.sampled_from(["", "strike", "/a/"]),
    languages=st.sets(st.sampled_from(["fr", "uk"])),
)
def test_any_rule_finds_the_same(history, query, exclude, languages):
    rules, problems = compile_rules(
        [Rule(id="r", query=query, exclude=exclude, languages=frozenset(languages))], LISTS
    )
    assume(not [one for one in problems if one.severity == "error"])
    assert ids(history, rules) == ids(history, rules, with_index=False)


@_exact
@given(
    query=st.just("") | _queries,
    lines=st.dictionaries(_queries, st.sampled_from([-2.5, 0.1, 0.2, 1, 2, 3]), min_size=1, max_size=5),
    threshold=st.sampled_from([0.3, 1, 3, 4.5]),
    title_factor=st.sampled_from([0.5, 1.0, 2.0]),
)
def test_any_score_finds_the_same(history, query, lines, threshold, title_factor):
    score = Score(threshold=threshold, terms=tuple(lines.items()), title_factor=title_factor)
    rules, problems = compile_rules([Rule(id="r", query=query, score=score)], LISTS)
    assume(not [one for one in problems if one.severity == "error"])
    assert ids(history, rules) == ids(history, rules, with_index=False)
