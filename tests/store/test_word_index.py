"""The word index: what is filed is found, and what is taken out is not."""

from contextlib import closing, contextmanager
from dataclasses import fields

import pytest
from samples.news import entry
from sqlalchemy import LargeBinary, Text, select
from sqlalchemy.schema import DropTable

from monitor.core.text.document import read
from monitor.core.text.filing import FiledWords, filed_words
from monitor.core.text.seeking import TEXT, Either, Every, Infix, Phrase, Without
from monitor.store import Store, fts5, tsvector, vocabulary, words
from monitor.store.sql import put, table
from monitor.store.tables import CounterRow, EntryRow, VocabularyRow
from monitor.store.types import Instant

TEXTS = {
    1: {"title": "Déclaration dite de Paris", "summary": "L’Ukraine, la France", "content": "Une force"},
    2: {"title": "戦争の終わり", "summary": "パリ宣言", "author": "Léa Brun", "categories": ["Europe", "Paix"]},
    3: {"title": "U.S. envoy in Paris", "summary": "Talks", "content": "Talks go on.", "url": "https://x.example/kyiv"},
    4: {"title": "หนังสือพิมพ์", "summary": "ไทย"},
    5: {"title": "हिन्दी समाचार", "summary": "पेरिस"},
}  # fmt: skip


@pytest.fixture
def filed(store):
    with store.writing() as connection:
        words.add(connection, [(number, filed_words(read(**texts))) for number, texts in TEXTS.items()])
        yield connection


PARIS = Phrase("paris")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (PARIS, [3, 1]),
        (Every((Phrase("paris", field="title"), Phrase("ukraine", field="body"))), [1]),
        (Every((Phrase("paris", field="body"), Phrase("ukraine", field="title"))), []),
        (Phrase("declaration dite de paris"), [1]),
        (Phrase("declaration de dite paris"), []),
        (Phrase("paris l ukraine"), []),
        (Phrase("decl", begins=True), [1]),
        (Phrase("dite de par", begins=True), [1]),
        (Phrase("decl", begins=True, field="body"), []),
        (Phrase("戦 争"), [2]),
        (Phrase("パ リ"), [2]),
        (Phrase("lea"), [2]),
        (Phrase("lea", field="author"), [2]),
        (Phrase("lea", field="title"), []),
        (Phrase("europe paix", field="category"), []),
        (Phrase("paix", field="category"), [2]),
        (Phrase("kyiv", field="url"), [3]),
        (Phrase("us"), [3]),
        (Phrase("france une"), []),
        (Phrase("समाचार"), [5]),
        (Without(PARIS, Phrase("talks")), [1]),
        (Either((Phrase("lea"), PARIS)), [3, 2, 1]),
        (Without(Either((Phrase("lea"), PARIS)), Every((Phrase("talks"), Phrase("envoy")))), [2, 1]),
        (words.having(["paris", "talks"]), [3]),
        (Phrase("it's \"c++\" ' \\ : & | ! ( ) <-> *"), []),
    ],
)
def test_words_phrases_beginnings_and_fields_are_found(filed, query, found):
    assert words.find(filed, query) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (Infix("lara", field=TEXT), [1]),
        (Infix("alk", field="title"), []),
        (Infix("alk", field="body"), [3]),
        (Infix("争", field=TEXT), [2]),
        (Infix("nowhere", field=TEXT), []),
        (Infix("ea", field="author"), [2]),
        (Infix("uro", field="category"), [2]),
        (Either((Infix("nowhere", field=TEXT), Infix("envo", field=TEXT))), [3]),
        (Every((Infix("nowhere", field=TEXT), PARIS)), []),
        (Without(Infix("pari", field=TEXT), Phrase("talks")), [1]),
        (Without(PARIS, Phrase("talks")), [1]),
        (Either(()), []),
        (Every((PARIS, Either(()))), []),
    ],
)
def test_words_are_found_by_their_inside(filed, query, found):
    assert words.find(filed, words.spelled(filed, query)) == found


@pytest.mark.parametrize("field", ["", "url"])
def test_of_words_in_addresses_nobody_knows_the_inside(filed, field):
    """Each has numbers of its own: as many words as entries."""
    assert words.spelled(filed, Infix("kyi", field=field)) is None
    assert words.spelled(filed, Every((Infix("kyi", field=field), PARIS))) == Every((PARIS,)), (
        "it is left out"
    )
    assert (
        filed.execute(select(table(VocabularyRow).c.word).where(table(VocabularyRow).c.word == "kyiv")).all()
        == []
    )


def test_a_long_word_is_asked_for_whatever_is_sought_in_it(filed):
    """Of it the beginning is kept. It is no match, maybe: the rule decides."""
    words.add(filed, [(6, FiledWords("a" * 120 + "middle" + "b" * 120, "")), (7, FiledWords("c" * 99, ""))])
    assert words.find(filed, words.spelled(filed, Infix("middle", field=TEXT))) == [6]
    assert words.find(filed, words.spelled(filed, Infix("ccc", field=TEXT))) == [7, 6]


def test_more_letters_than_are_looked_for_are_not_asked(filed):
    many = Either(
        tuple(Infix(f"letters{number}", field=TEXT) for number in range(vocabulary.MOST_INFIXES + 1))
    )
    assert words.spelled(filed, many) is None
    assert words.find(filed, words.spelled(filed, Either(many.parts[1:]))) == []
    assert words.find(filed, words.spelled(filed, Every((many, PARIS)))) == [3, 1], "the many are left out"


def test_letters_that_too_many_words_have_are_not_asked(filed):
    assert vocabulary.having(filed, {"a", "paris"}, most=4) == {"paris": ["paris"]}
    assert vocabulary.having(filed, {"paris"}, most=1) == {"paris": ["paris"]}
    assert vocabulary.having(filed, {"paris"}, most=0) == {}


def test_what_a_transaction_that_came_to_nothing_has_learnt_is_learnt_again(store):
    def add():
        with store.writing() as connection:
            words.add(connection, [(1, FiledWords("hafenarbeiter", ""))])
            yield

    for _ in range(2):
        with pytest.raises(ZeroDivisionError), contextmanager(add)():
            1 / 0  # noqa: B018 - whatever goes wrong
    with contextmanager(add)():
        pass
    with store.reading() as connection:
        assert words.find(connection, words.spelled(connection, Infix("arbeiter", field=TEXT))) == [1]


def test_more_words_than_are_remembered_are_learnt_all_the_same(store):
    many = [(number, FiledWords(f"word{number}x", "")) for number in range(1, 3 * 30_000, 30_000)]
    with store.writing() as connection:
        for number, first in many:
            words.add(connection, [(number, first)])
            vocabulary.learn(
                connection, [(0, FiledWords(" ".join(f"{number}y{each}" for each in range(30_000)), ""))]
            )
        for number, _ in many:
            spelled = words.spelled(connection, Infix(f"d{number}x", field=TEXT))
            assert words.find(connection, spelled) == [number]


def test_a_database_that_had_no_vocabulary_gets_it_from_its_index(url, store):
    with store.writing() as connection:
        words.add(connection, [(number, filed_words(read(**texts))) for number, texts in TEXTS.items()])
        learnt = set(connection.execute(select(table(VocabularyRow).c.word)).scalars())
        connection.execute(DropTable(table(VocabularyRow)))
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0420'")
    store.close()
    with closing(Store(url)) as again, again.reading() as connection:
        assert set(connection.execute(select(table(VocabularyRow).c.word)).scalars()) == learnt
        assert words.find(connection, words.spelled(connection, Infix("lara", field=TEXT))) == [1]


def test_what_has_more_words_than_a_database_takes_is_not_asked(filed, database_kind):
    most = {"sqlite": fts5, "postgresql": tsvector}[database_kind].MOST_PHRASES
    many = Either(tuple(Phrase(f"word{number}") for number in range(most)))
    assert words.find(filed, words.spelled(filed, many)) == []
    assert words.find(filed, words.spelled(filed, Every((many, PARIS, PARIS)))) == [3, 1], (
        "the many are left out"
    )
    assert words.spelled(filed, Either((*many.parts, PARIS))) is None


def test_a_content_that_begins_with_the_summary_is_filed_once():
    assert filed_words(read(title="", summary="Talks", content="Talks go on.")).body == "talks go on"


def test_the_newest_come_first_and_pages_follow_each_other(filed):
    assert words.find(filed, PARIS, most=1) == [3]
    assert words.find(filed, PARIS, most=1, before=3) == [1]


def test_what_is_taken_out_is_found_no_more_and_the_rest_stays(filed):
    words.remove(filed, [(3, filed_words(read(**TEXTS[3])))])
    assert words.find(filed, PARIS) == [1]
    assert words.find(filed, Phrase("talks")) == []


def test_what_a_transaction_files_is_found_at_its_end_by_its_last_words(filed):
    filing = words.Filing(filed)
    filing.add([(6, FiledWords("paris", "first form")), (7, FiledWords("paris", "kept"))])
    filing.replace([(6, FiledWords("paris", "first form"))], [(6, FiledWords("paris", "second form"))])
    filing.replace([(3, filed_words(read(**TEXTS[3])))], [(3, FiledWords("geneva", ""))])
    filing.end()
    assert words.find(filed, PARIS) == [7, 6, 1]
    assert words.find(filed, Phrase("first")) == []
    assert words.find(filed, Phrase("second")) == [6]
    assert words.find(filed, Phrase("geneva")) == [3]
    filing.end()
    assert words.find(filed, PARIS) == [7, 6, 1], "nothing is filed twice"


def test_it_counts_the_entries_since_one_that_have_a_word(filed):
    assert words.counts(filed, ["paris", "talks", 'a"b', "lea"], since=1) == {
        "paris": 2, "talks": 1, 'a"b': 0, "lea": 0,
    }  # fmt: skip
    assert words.counts(filed, ["paris"], since=2) == {"paris": 1}


MANY = 20_000
LARGE = {
    "many words": FiledWords("large", " ".join(f"word{number}" for number in range(MANY))),
    "one word again and again": FiledWords("large", "the " * 700 + "word7 word8"),
    "a word as long as a text": FiledWords(
        "large", "x" * 5_000 + " word7 word8 " + "語" * 3_000, author="lea"
    ),
}


@pytest.mark.parametrize("kind", LARGE)
def test_a_large_entry_is_found_by_all_of_it(store, kind):
    """PostgreSQL keeps 255 positions of a word, 16 383 of an entry, and 2 046 bytes of a word."""
    body = LARGE[kind].body.split()
    with store.writing() as connection:
        words.add(connection, [(7, LARGE[kind]), (8, FiledWords("small", "word7 here"))])
        for at in (0, 253, 254, 255, 256, 16_382, len(body) - 2):
            if at < len(body) - 1:
                assert 7 in words.find(connection, Phrase(" ".join(body[at : at + 2]))), at
        wanted = Every((Phrase("large", field="title"), Phrase(body[0]), Phrase(body[-1], field="body")))
        assert words.find(connection, wanted) == [7]
        assert words.find(connection, Without(Phrase("word7"), Phrase("large"))) == [8]
        assert words.find(connection, Without(Phrase("word7"), Phrase("here"))) == [7]
        assert words.find(connection, Phrase(f"{body[-1]} {body[0]}")) == []
        assert words.find(connection, Phrase(body[-1][:90], begins=True)) == [7]
        assert words.counts(connection, [body[-1]], since=1) == {body[-1]: 1}
        words.remove(connection, [(7, LARGE[kind])])
        assert words.find(connection, Phrase("word7")) == [8]


def test_entries_that_were_filed_by_another_version_are_filed_anew_at_the_next_start(url, store):
    """Nothing of the old filing stays: it would be found for ever."""
    with store.writing() as connection:
        connection.execute(
            table(EntryRow)
            .insert()
            .values(**_row(entry(id=7, title="Talks in Geneva", categories=("Peace",))))
        )
        words.add(connection, [(99, FiledWords("geneva", "left over"))])
        put(connection, CounterRow, [{"name": "filing", "next": 0}])
    store.close()
    with closing(Store(url)) as again, again.reading() as connection:
        assert words.find(connection, Phrase("geneva")) == [7]
        assert words.find(connection, Phrase("peace", field="category")) == [7]


def _row(one):
    """Every column that has no text of its own is empty."""
    given = {field.name: getattr(one, field.name) for field in fields(one)} | {
        "categories": list(one.categories)
    }
    empty = {Text: "", LargeBinary: b"", Instant: one.fetched_at}
    missing = [
        column for column in table(EntryRow).columns if column.name not in given and not column.nullable
    ]
    return given | {column.name: empty[type(column.type)] for column in missing}
