"""Meanings of texts are kept, and never more than there is room for."""

from datetime import UTC, datetime, timedelta

from monitor.store import meanings

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_a_meaning_is_read_as_it_was_kept(store):
    with store.writing() as connection:
        meanings.save(connection, {"a": b"\0\1", "b": b""}, now=NOON)
        meanings.save(connection, {"a": b"\2"}, now=NOON)
        assert meanings.known(connection, {"a", "b", "c"}) == {"a": b"\2", "b": b""}
        assert meanings.known(connection, set()) == {}


def test_the_oldest_go_where_there_are_too_many(store, monkeypatch):
    monkeypatch.setattr(meanings, "MOST", 3)
    with store.writing() as connection:
        for hour, names in enumerate(("ab", "cd", "ef")):
            meanings.save(connection, dict.fromkeys(names, b"x"), now=NOON + timedelta(hours=hour))
        assert set(meanings.known(connection, set("abcdef"))) == set("ef")
        meanings.save(connection, dict.fromkeys("ghij", b"x"), now=NOON + timedelta(hours=3))
        assert set(meanings.known(connection, set("abcdefghij"))) == set("ghij"), (
            "what is asked for now stays"
        )
