"""Mistakes in the config, of every kind: what runs on, who hears of it, and what can be asked all the same."""

import re
import sys
from datetime import UTC, datetime, timedelta

import pytest
from house import SUMMIT, House, item, rss
from loguru import logger

from monitor.cli import exit_code
from monitor.errors import ConfigError
from monitor.jobs.mistakes import SUBJECT
from monitor.model import AlertKind
from monitor.store import daemon as beats
from monitor.store import rules


def replaced(old, new):
    def slip(text):
        assert old in text
        return text.replace(old, new, 1)

    return slip


WHOLE = {
    "a slip in monitor.toml": ("monitor.toml", replaced("[polling]", "[polling")),
    "a slip in feeds.toml": ("feeds.toml", replaced('id = "wire"', 'id = "wire')),
    "a slip in a list": ("rules/rules.toml", lambda text: '[lists]\ntowns = ["Rome", \n\n' + text),
    "a channel of no type": ("monitor.toml", replaced('type = "console"', 'type = "consol"')),
    "an unknown key": ("monitor.toml", replaced("interval =", "intervall =")),
    "an unknown key of a feed": ("feeds.toml", replaced("url =", "ulr =")),
    "a secret that is not set": (
        "monitor.toml",
        lambda text: (
            text + '\n[[channel]]\nid = "chat"\ntype = "webhook"\nurl = "https://x.example/${NOT_SET}"\n'
        ),
    ),
    "a credential that is not passed": (
        "monitor.toml",
        lambda text: text + '\n[[channel]]\nid = "h"\ntype = "webhook"\nurl = { credential = "hook" }\n',
    ),
    "a file of another encoding": ("feeds.toml", None),
    "a template": ("templates/message.txt", None),
}
"""Mistakes that refuse the whole config: the file, and what is made of it."""

OF_A_RULE = {
    "a bracket": replaced('"paris NEAR/3 declaration"', '"paris NEAR/3 (declaration"'),
    "a quote": replaced('"paris NEAR/3 declaration"', '"paris NEAR/3 declaration'),
    "an equals sign": replaced("query =", "query"),
    "a text without end": replaced('"paris NEAR/3 declaration"', '"""paris NEAR/3 declaration'),
    "an unknown key": replaced("query =", "querry ="),
    "a value of the wrong kind": replaced("query =", "max_age = 7\nquery ="),
    "a channel that is not there": replaced("query =", 'alert = ["nobody"]\nquery ='),
    "a list that is not there": replaced('"paris NEAR/3', '"@nowhere NEAR/3'),
}
"""Mistakes that are one rule's own."""


def make(house, kind):
    """The mistake stands in the files."""
    name, slip = WHOLE[kind]
    if slip is not None:
        house.slips[name] = slip
        house.write()
        return
    path = house.folder / name
    path.parent.mkdir(exist_ok=True)
    if kind == "a template":
        path.write_text("{{ alert.titel ")
    else:
        house.slips[name] = lambda text: text + "# Zürich\n"
        house.write()
        path.write_bytes(path.read_text().encode("latin-1"))


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path)
    house.feed("wire", (tmp_path / "wire.xml").as_uri())
    house.rule("paris", "paris NEAR/3 declaration")
    house.rule("berlin", "berlin")
    house.channel("ops", type="console")
    house.settings["alerting"] |= {"default": ["console"], "operator": ["console"], "group_wait": "0s"}
    (tmp_path / "wire.xml").write_bytes(rss(item("Old")))
    yield house
    house.close()


@pytest.fixture
def monitor(house, capsys):
    def call(*words):
        code = exit_code(["--config", str(house.folder), "--state", str(house.state), *words])
        return code, *capsys.readouterr()

    yield call
    logger.remove()
    logger.add(lambda line: sys.stderr.write(line))  # noqa: PLW0108 - the one of that time


# ── reloads ──


@pytest.mark.parametrize("kind", WHOLE)
async def test_a_mistake_leaves_the_old_config_in_force_and_is_told_once_in_a_subject(house, kind):
    async with house.daemon() as daemon:
        daemon.in_force.read = house.read
        make(house, kind)
        await daemon.reload("a test")
        await daemon.reload("a test")
        await daemon.beat()
        assert daemon.in_force.loaded.config.rules.keys() == {"paris", "berlin"}
    with pytest.raises(ConfigError) as refused:
        house.read()
    [note] = [alert for alert in house.alerts() if alert.kind is AlertKind.NOTE]
    subject = note.text.splitlines()[0]
    assert len(subject) <= SUBJECT
    assert re.search(r"The config was not reloaded: \S+: .", subject)
    with house.reading() as connection:
        beat = beats.load(connection)
    assert beat.mistake == refused.value.problems[0].line
    assert beat.mistaken_since == SUMMIT


async def test_what_is_mended_is_a_mistake_no_more(house):
    async with house.daemon() as daemon:
        house.slips["monitor.toml"] = replaced("[polling]", "[polling")
        await daemon.reload("a test")
        house.slips.clear()
        await daemon.reload("a test")
        await daemon.beat()
    with house.reading() as connection:
        assert beats.load(connection).mistake == ""


# ── restarts ──


@pytest.mark.parametrize("kind", OF_A_RULE)
async def test_a_rule_that_is_broken_runs_on_after_a_restart_as_it_was(house, monitor, kind):
    async with house.daemon() as daemon:
        await daemon.run_once(every=True)
    house.slips["rules/rules.toml"] = OF_A_RULE[kind]
    for _ in range(2):
        house.clock.step(hours=1)
        async with house.daemon() as daemon:
            await daemon.run_once(every=True)
    house.clock.step(days=2)
    (house.root / "wire.xml").write_bytes(
        rss(item("The Paris declaration", published=house.clock.at), item("Berlin", published=house.clock.at))
    )
    async with house.daemon() as daemon:
        await daemon.run_once(every=True)
    matched = {one.match.rule_id for one in house.decisions()}
    assert matched == {"paris", "berlin"}
    [note] = [alert for alert in house.alerts() if alert.kind is AlertKind.NOTE]
    assert note.text.startswith("Rule paris has a mistake; its last good version stays in force.\n")
    with house.reading() as connection:
        assert rules.ran(connection).broken["paris"].since == SUMMIT + timedelta(hours=1)
    house.close()
    code, out, _ = monitor("status")
    assert code == 1
    assert "paris: since 2026-01-06 21:00" in out
    code, out, err = monitor("rules", "list")
    assert code == 0
    assert {line.split()[0] for line in out.splitlines()[1:]} == {"paris", "berlin"}
    assert "paris: since 2026-01-06 21:00" in err


async def test_a_rule_that_never_ran_is_told_as_one_that_does_not(house):
    house.slips["rules/rules.toml"] = OF_A_RULE["a bracket"]
    async with house.daemon() as daemon:
        assert daemon.in_force.loaded.config.rules.keys() == {"berlin"}
    [note] = house.alerts()
    assert note.text.startswith("Rule paris has a mistake; it does not run.\n")


async def test_a_rule_that_was_taken_out_does_not_come_back(house):
    async with house.daemon():
        pass
    del house.rules["paris"]
    async with house.daemon():
        pass
    house.rule("paris", "paris (")
    async with house.daemon() as daemon:
        assert daemon.in_force.loaded.config.rules.keys() == {"berlin"}


async def test_a_broken_rule_keeps_the_list_that_it_was_written_for(house):
    house.rule("paris", "@towns NEAR/3 declaration")
    house.slips["rules/rules.toml"] = lambda text: text + '\n[lists]\ntowns = ["Paris"]\n'
    async with house.daemon() as daemon:
        await daemon.run_once(every=True)
    house.slips.clear()
    (house.root / "wire.xml").write_bytes(
        rss(item("The Paris declaration", published=house.clock.at), item("Old"))
    )
    house.clock.step(hours=1)
    async with house.daemon() as daemon:
        await daemon.run_once(every=True)
    assert {one.match.rule_id for one in house.decisions()} == {"paris"}


# ── questions ──

QUESTIONS = [
    ("status",),
    ("alerts", "list"),
    ("entries", "list"),
    ("stories", "list"),
    ("silence", "list"),
    ("silence", "add", "--rule", "berlin", "--for", "2h", "--comment", "x"),
    ("feeds", "list"),
    ("rules", "list"),
    ("channels", "list"),
]


@pytest.mark.parametrize("words", QUESTIONS, ids=" ".join)
@pytest.mark.parametrize("kind", WHOLE)
def test_what_needs_no_rule_and_no_secret_is_answered_with_a_warning(house, monitor, kind, words):
    house.write()
    well, _, err = monitor(*words)
    assert "monitor: the config" not in err
    make(house, kind)
    code, _, said = monitor(*words)
    assert code == well
    assert "monitor: the config has " in said
    assert "`monitor check` shows all" in said


@pytest.mark.parametrize("words", [words for words in QUESTIONS if "add" not in words], ids=" ".join)
def test_a_question_makes_no_database(house, monitor, words):
    house.write()
    code, out, _ = monitor(*words)
    assert code == (1 if words == ("status",) else 0), out
    assert not house.state.exists()


@pytest.mark.parametrize(
    "written", ['[database\nurl = "sqlite:///x.db"\n', '[database]\nurl = "sqlite:///x.db\n']
)
def test_where_it_is_not_known_which_database_is_meant_none_is_asked(house, monitor, written):
    house.slips["monitor.toml"] = lambda text: text + "\n" + written
    house.write()
    code, out, err = monitor("status")
    assert (code, out) == (2, "")
    assert "this is not TOML" in err


async def test_a_daemon_with_another_config_or_database_is_named(tmp_path, monitor, house):
    from test_daemon import service  # noqa: PLC0415

    house.clock.at = datetime.now(UTC)
    async with service(house) as running:
        await running.until_notified("READY=1")
        (house.root / "other").mkdir()
        (house.folder / "monitor.toml").rename(house.root / "aside.toml")
        (house.root / "other" / "monitor.toml").write_text((house.root / "aside.toml").read_text())
        code = exit_code(["--config", str(house.root / "other"), "--state", str(house.state), "status"])
        assert code == 0
        logger.remove()
        (house.folder / "monitor.toml").write_text('[database]\nurl = "sqlite:///other.db"\n')
        code, out, _ = monitor("status")
        assert code == 1
        assert f"process {running.process.pid} runs on another database: {house.database}" in out
        assert not (house.state / "other.db").exists()
    code, out, _ = monitor("status")
    assert "another database" not in out  # it was killed, and what it left is not believed
