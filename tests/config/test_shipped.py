"""The config that comes with the program, and every example of its README, held against the real channels."""

import re
import tomllib
from pathlib import Path

import pytest
from pages import blocks, tables

from monitor.channels import options_models
from monitor.config import load, shipped_folder
from monitor.errors import Severity

ENVIRON = {
    "TZ": "UTC",
    **dict.fromkeys(
        ["SMTP_PASSWORD", "DB_PASSWORD", "TOKEN", "SLACK_TOKEN", "SLACK_HOOK", "DISCORD_TOKEN", "NTFY_TOKEN"],
        "s",
    ),
    **dict.fromkeys(["MATRIX_TOKEN", "MATTERMOST_TOKEN", "WORKFLOW", "SIGNATURE", "WEBHOOK_SECRET"], "s" * 8),
    "TELEGRAM_TOKEN": "1:s",
    "MONITOR_TOKEN": "s" * 48,
}
README = (shipped_folder() / "README.md").read_text(encoding="utf-8")
EXAMPLES = blocks(README, "toml")
DESK = '[[channel]]\nid = "desk"\ntype = "email"\nhost = "h.example"\nfrom = "a@b.example"\nto = ["a@b.example"]\n'


def read(folder: Path):
    return load(folder, state=folder / "state", environ=ENVIRON, channel_types=options_models())


def errors(loaded):
    return [str(each) for each in loaded.problems if each.severity is Severity.ERROR]


def uncommented(text: str) -> str:
    """The file with every key that it shows behind a # taken in, but for sentences."""
    return re.sub(r"^# (?=\[\[?\w+\]\]?$|\w+ = )", "", text, flags=re.MULTILINE)


def test_the_shipped_config_runs_as_it_is():
    loaded = read(shipped_folder())
    assert not loaded.problems
    assert loaded.config.alerting.default == ("console",)


def test_the_shipped_feeds_are_many_and_of_many_languages():
    feeds = read(shipped_folder()).config.feeds
    languages = {tag for feed in feeds.values() for tag in feed.tags if len(tag) == 2}
    assert 25 <= len(feeds) <= 40
    assert len(languages) >= 10
    assert all(feed.url.startswith("https://") for feed in feeds.values())


def test_every_default_that_the_shipped_settings_show_is_the_default(tmp_path):
    text = (shipped_folder() / "monitor.toml").read_text(encoding="utf-8")
    sections, _, channel = text.partition("# [[channel]]")
    example = channel.partition("\n\n")[0]
    shown = uncommented(sections + channel.removeprefix(example))
    # These show what a machine might have, since there is no default to show.
    shown = re.sub(
        r'^(url = "postgresql|listen|token|ping_url|public_url|hosts|callback_url|contact|quiet_hours|zone).*\n',
        "",
        shown,
        flags=re.MULTILINE,
    )
    (tmp_path / "shown").mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "shown" / "monitor.toml").write_text(shown, encoding="utf-8")
    (tmp_path / "empty" / "monitor.toml").touch()
    found, default = read(tmp_path / "shown").config, read(tmp_path / "empty").config
    assert len(tomllib.loads(shown)["alerting"]) >= 6
    assert (found.polling, found.alerting, found.web, found.logging) == (
        default.polling,
        default.alerting,
        default.web,
        default.logging,
    )


def test_the_channel_and_all_keys_of_the_shipped_settings_are_real(tmp_path):
    text = uncommented((shipped_folder() / "monitor.toml").read_text(encoding="utf-8"))
    text = text.replace('url = "sqlite', '# url = "sqlite')
    (tmp_path / "monitor.toml").write_text(text, encoding="utf-8")
    loaded = read(tmp_path)
    assert not errors(loaded)
    assert set(loaded.config.channels) == {"console", "desk", "phones", "feed"}
    assert loaded.config.alerting.quiet_hours is not None
    assert loaded.config.web.public_url == "https://monitor.example.org"


def test_the_readme_has_examples_of_every_file():
    assert {kind(example) for example in EXAMPLES} >= {"monitor.toml", "feeds.toml"}


def kind(example: str) -> str:
    named = re.match(r"# (monitor|feeds)\.toml\n", example)
    return f"{named[1]}.toml" if named else "rules/example.toml"


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_of_the_readme_loads(tmp_path, example):
    (tmp_path / "rules").mkdir()
    (tmp_path / "monitor.toml").write_text(DESK, encoding="utf-8")
    (tmp_path / "subscriptions.opml").write_text("<opml><body/></opml>", encoding="utf-8")
    (tmp_path / kind(example)).write_text(example, encoding="utf-8")
    assert not errors(read(tmp_path))


def test_the_readme_has_an_example_of_every_channel(tmp_path):
    shown = {
        table["type"]
        for example in EXAMPLES
        if kind(example) == "monitor.toml"
        for table in tomllib.loads(example).get("channel", [])
    }
    assert shown | {"console"} == set(options_models())


def test_the_readme_names_every_option_of_every_channel_with_its_default():
    rows = [row for table in tables(README) if set(table[0]) >= {"`type`", "key"} for row in table]
    named = {(row["`type`"].strip("`"), row["key"].strip("`")): row["default"] for row in rows}
    real = {
        (name, field.alias or key): field
        for name, model in options_models().items()
        for key, field in model.model_fields.items()
    }
    assert set(named) == set(real)
    for at, field in real.items():
        said = named[at].strip("`").strip('"')
        if field.is_required():
            assert said == "required", at
        elif field.default in (None, ()) or field.default_factory:
            assert not said.isdigit(), at
            assert said != "required", at
        else:
            assert said == str(field.default).lower().removesuffix(".0") or said == field.default, at


def test_every_channel_stands_in_the_readmes_first_table():
    [table] = [table for table in tables(README) if set(table[0]) >= {"`type`", "tells"}]
    assert {row["`type`"].strip("`") for row in table} == set(options_models())
