"""What a newer version of a rule gains and loses, and by which of its clauses."""

from datetime import timedelta

import pytest
from past import past
from samples.news import DAY, HOUR, NOW, config

from monitor.core.rules import compile_rules
from monitor.core.rules.deciding import Kind
from monitor.model import Label, Mark, Rule, Score
from monitor.store import labels
from monitor.tuning.diff import Difference, Version, difference
from monitor.tuning.history import chosen

DOCKERS = {"title": "Dockers walk out in Riga", "summary": "The port stands still.", "language": "en"}
HAFEN = {"title": "Hafenarbeiter im Streik", "summary": "In Kiel ruht die Arbeit.", "language": "de"}
GREVE = {"title": "Grève des dockers au Havre", "summary": "Le port est bloqué.", "language": "fr"}
GDYNIA = {"title": "Strajk w porcie w Gdyni", "summary": "Dokerzy żądają podwyżek.", "language": "pl"}
DOKERI = {"title": "Докери страйкують"}
DOCKER = {"title": "Docker arrested", "language": "en"}
LISTS = {"before": ("dockers",), "after": ("dockers", "hafenarbeiter")}


def differ(store, before, after, *, lists=(None, None), since=None):
    versions = []
    for given, own in zip((before, after), lists, strict=True):
        if given is None:
            versions.append(None)
            continue
        keys = {"query": given} if isinstance(given, str) else given
        rules, problems = compile_rules([Rule(id="docks", **keys)], own or {})
        assert not problems
        versions.append(Version(config(), chosen(rules, "docks")))
    *_, found = difference(store, "docks", before=versions[0], after=versions[1], now=NOW, since=since)
    assert isinstance(found, Difference)
    return found


SCORED = Score(threshold=3, terms=(("dockers", 2), ("riga", 1), ("port", -2)))
CASES = {
    "a word more": (DOCKERS, "hafenarbeiter", "hafenarbeiter OR dockers", Kind.TERMS, "dockers"),
    "a word of another script": (DOKERI, "dockers", "dockers OR докер*", Kind.TERMS, "докер*"),
    "a form": (DOCKER, "dockers", "dockers OR docker~", Kind.TERMS, "docker~"),
    "a term of a list": (HAFEN, "@work", "@work", Kind.TERMS, "hafenarbeiter"),
    "a clause taken out": (
        HAFEN, "hafenarbeiter AND dockers", "hafenarbeiter", Kind.FAILED, "dockers (not in the text)"
    ),
    "a distance": (
        DOCKERS, "dockers NEAR/1 riga", "dockers NEAR/5 riga", Kind.FAILED,
        "dockers NEAR/1 riga (never so near: the closest are 3 words apart)",
    ),
    "a field": (GREVE, "title:port", "port", Kind.FAILED, "title:port"),
    "a phrase": (GREVE, '"dockers du port"', '"dockers au havre"', Kind.TERMS, '"dockers au havre"'),
    "an exclusion": (
        DOCKERS, {"query": "dockers", "exclude": "riga AND port"}, "dockers", Kind.EXCLUDED, "riga, port"
    ),
    "a NOT": (DOCKERS, "dockers NOT riga", "dockers", Kind.FAILED, "NOT riga"),
    "a language": (
        GREVE, {"query": "dockers", "languages": frozenset({"en"})}, "dockers",
        Kind.SCOPE, "the entry's language is fr, the rule's are en",
    ),
    "a feed": (
        DOCKERS, {"query": "dockers", "feeds": ("quay",)}, "dockers",
        Kind.SCOPE, "the entry's feed is wire, the rule reads quay",
    ),
    "a score": (DOCKERS, {"score": SCORED}, {"score": Score(threshold=1, terms=SCORED.terms)}, Kind.SCORE, "1 of 3"),
    "a new rule": (GDYNIA, None, "strajk* AND gdyni", Kind.GONE, "strajk*, gdyni"),
    "many words": (
        {"title": "a1 b1 c1 d1 e1"}, "zz", "(a1 AND b1 AND c1 AND d1 AND e1) OR zz",
        Kind.TERMS, "a1, b1, c1 and 2 more",
    ),
}  # fmt: skip


@pytest.mark.either("which database makes no difference to a clause")
@pytest.mark.parametrize("kind", CASES)
def test_the_clause_that_made_the_difference_is_named(store, kind):
    """The other way round the same entry is lost by the same clause."""
    text, before, after, sort, said = CASES[kind]
    past(store, [text, {"title": "Gardeners open their greenhouses"}])
    own = {"work": LISTS["before"]}, {"work": LISTS["after"]}
    gained = differ(store, before, after, lists=own)
    assert [(one.entry.id, one.by.kind, one.by.text) for one in gained.gained] == [(1, sort, said)]
    assert (gained.lost, gained.kept) == ((), 0)
    lost = differ(store, after, before, lists=own[::-1])
    assert [(one.entry.id, one.by.kind, one.by.text) for one in lost.lost] == [(1, sort, said)]
    assert (lost.gained, lost.kept) == ((), 0)


def test_what_both_find_is_unchanged_and_both_are_replayed(store):
    past(store, [DOCKERS, HAFEN, GREVE, GDYNIA])
    found = differ(store, "dockers", "dockers OR strajk", since=NOW - 2 * DAY)
    assert ([one.entry.id for one in found.gained], found.lost, found.kept) == ([4], (), 2)
    assert (len(found.before.told), len(found.after.told)) == (2, 2 + 0)
    assert differ(store, "dockers", "dockers").kept == 2


def test_of_a_rule_that_is_gone_everything_is_lost(store):
    past(store, [DOCKERS, HAFEN])
    found = differ(store, "dockers", None)
    assert [one.by.text for one in found.lost] == ["dockers"]
    assert (found.after, found.kept) == (None, 0)


def test_precision_and_recall_are_those_of_the_labels(store):
    past(store, [DOCKERS, HAFEN, GREVE, GDYNIA, {"title": "Dockers cap sold at auction"}])
    said = {1: Mark.RIGHT, 2: Mark.MISSED, 3: Mark.RIGHT, 4: Mark.MISSED, 5: Mark.WRONG}
    with store.writing() as connection:
        labels.save(
            connection,
            [
                Label(entry_id=number, rule_id="docks", mark=mark, labelled_at=NOW)
                for number, mark in said.items()
            ],
        )
    found = differ(store, "dockers", "(dockers NOT auction) OR hafenarbeiter")
    assert (found.labelled_before.precision, found.labelled_before.recall) == (2 / 3, 0.5)
    assert (found.labelled_after.precision, found.labelled_after.recall) == (1, 0.75)
    late = differ(store, "dockers", "strajk", since=NOW - HOUR - timedelta(seconds=1))
    assert (late.labelled_before.right, late.labelled_after.labelled) == (1, 2)
