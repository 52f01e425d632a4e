"""Templates of the user's own: tried when the config is read, and on each message that is sent."""

import re
from pathlib import Path

import pytest
from house import House, item, posted, rss
from samples.messages import HOSTILE_TITLES, LATIN, message, titled
from servers.web import reply, web_server

from monitor.core.alerts.own_templates import LONGEST, fault_of, usable
from monitor.core.alerts.render import html, text
from monitor.errors import ConfigError
from monitor.model import AlertKind

pytestmark = pytest.mark.either("about messages")

README = (Path(__file__).parents[2] / "config/README.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"```jinja\n\{# templates/(\S+) #\}\n(.*?)```", README, flags=re.DOTALL))


# ── what a template may be ──


def test_the_examples_of_the_documentation_hold():
    assert set(EXAMPLES) == {"message.txt", "message.html"}
    for name, source in EXAMPLES.items():
        assert fault_of(name, source) is None
    own = message(LATIN, templates=EXAMPLES)
    assert text(own).startswith("Desk 3\n")
    assert text(message(LATIN)).strip() in text(own)
    assert "<mark>" in html(own)


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("{{ view.heading }}\n{% if %}", 2, "this is no template: Expected an expression"),
        ("one\n{{ view.heading|shout }}", 2, "No filter named 'shout'"),
        ("one\n{{ views.heading }}", 2, 'there is no "views" here, only "view"'),
        ("one\ntwo {{ view.titel }}", 2, "has no attribute 'titel'"),
        ("{{ view.heading.__class__ }}", 1, "is unsafe"),
        ("x\n{{ ''.__class__.__mro__[1].__subclasses__() }}", 2, "is unsafe"),
        ("x{% for line in view.note %}\n{{ 1 / 0 }}{% endfor %}", 2, "ZeroDivisionError"),
        ("x{{ range(10000000) }}", 1, "Range too big"),
        ('{% include "/etc/passwd" %}', 1, "/etc/passwd"),
        ('x{% include "message.txt" %}', 1, "RecursionError"),
        (f"{{{{ 'x' * {LONGEST + 1} }}}}", 0, "are the most"),
        ("  \n", 0, "it makes an empty message"),
        ("(" * 5 + "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", 0, "nested too deep"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(source, line, words):
    fault = fault_of("message.txt", source)
    assert fault is not None
    assert words in fault.message
    assert fault.line == line


@pytest.mark.parametrize("title", HOSTILE_TITLES.values(), ids=HOSTILE_TITLES)
def test_what_stands_in_an_entry_is_a_value_and_never_a_template(title):
    for attack in (title, "{{ view.rules }}", "{% include 'shipped.txt' %}", "<script>alert(1)</script>"):
        own = titled(attack, templates=EXAMPLES)
        assert usable(own) == (own, None)
        assert "<script>" not in html(own)
    assert "{{ view.rules }}" in text(titled("{{ view.rules }}", templates=EXAMPLES))


def test_a_template_of_one_name_leaves_the_other_as_it_was():
    own = message(LATIN, templates={"message.txt": "Hello {{ view.rules|join }}"})
    assert text(own).startswith("Hello ")
    assert html(own) == html(message(LATIN))


# ── in the config ──


@pytest.fixture
async def web():
    async with web_server() as server:
        server.on("/hook", reply(200))
        yield server


@pytest.fixture
def house(tmp_path, database):
    house = House(tmp_path, databases=database)
    house.rule("paris", "declaration")
    house.settings["alerting"]["default"] = ["console"]
    yield house
    house.close()


def template(house, name, source):
    folder = house.folder / "templates"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(source, encoding="utf-8")


def test_a_mistake_in_a_template_rejects_the_config_with_file_line_and_source(house):
    template(house, "message.txt", "fine\n{{ view.titel }}\n")
    template(house, "mesage.html", "x")
    with pytest.raises(ConfigError) as caught:
        house.load()
    assert "templates/message.txt:2: error: " in str(caught.value)
    assert "    {{ view.titel }}" in str(caught.value)
    assert 'there is no template "mesage.html"\n    did you mean "message.html"?' in str(caught.value)


def test_what_editors_leave_in_the_folder_is_passed_over(house):
    for name in (".message.txt.swp", "message.txt~"):
        template(house, name, "{{ broken")
    assert house.load().config.templates == {}


async def told(house, web, daemon):
    house.clock.step(minutes=20)
    await daemon.run_once()
    return house.screen.getvalue()


async def test_a_saved_template_is_used_from_then_on_and_a_broken_one_leaves_the_last(house, web):
    signed = item("Declaration signed", "Thirty countries signed.")
    house.feed("wire", web.on("/wire", reply(200, rss()), reply(200, rss(signed))))
    async with house.daemon() as daemon:
        await daemon.run_once()
        template(house, "message.txt", "OURS: {{ view.report.title|marked if view.report }}.")
        await daemon.reload("a file was saved")
        template(house, "message.txt", "{{ broken")
        await daemon.reload("a file was saved")
        assert "OURS: [Declaration] signed." in await told(house, web, daemon)


async def test_a_template_that_fails_on_a_message_loses_nothing_and_the_operator_hears_once(house, web):
    house.channel("office", type="webhook", url=web.url("/hook"))
    house.settings["alerting"]["operator"] = ["office"]
    items = [item(f"Declaration {word}", f"{word} {word}.") for word in ("signed", "burnt", "painted")]
    house.feed("wire", web.on("/wire", reply(200, rss()), reply(200, rss(*items))))
    odd = "{% if view.report and view.report.outlet == 'Wire' %}\n{{ 1 / 0 }}{% endif %}ok"
    template(house, "message.txt", odd)
    async with house.daemon() as daemon:
        await daemon.run_once()
        screen = await told(house, web, daemon)
        await daemon.run_once()
    assert all(f"{word}" in screen for word in ("signed", "burnt", "painted"))
    notes = [one["data"]["text"] for one in posted(web) if one["type"] == f"alert.{AlertKind.NOTE}"]
    [note] = notes
    assert "templates/message.txt:2: ZeroDivisionError" in note
