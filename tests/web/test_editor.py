"""The rule editor: what a draft would change, and what becomes of one that is saved."""

import html
import json
import re

import pytest
from house import item

DRAFT = {"query": "truce OR ceasefire", "exclude": ""}


def form(page, **fields):
    return {"data": fields, "headers": {"Origin": str(page.base_url)}}


async def editor_of(page, rule="truce"):
    """The version that a form hands back."""
    text = (await page.get(f"/rules/{rule}/edit")).text
    return re.search(r'name="was" value="(\w+)"', text)[1]


@pytest.mark.parametrize(
    ("query", "line", "column"),
    [
        ("truce AND (ceasefire", 1, 11),
        ("truce\nOR NEAR/3 x", 2, 4),
        ('"truce', 1, 1),
        ("перемирие AND", 1, 11),
        ("truce OR @nowhere", 1, 10),
    ],
)
async def test_a_slip_shows_at_its_column(site, query, line, column):
    async with site(item("A truce holds")) as page:
        answer = await page.post("/preview", **form(page, id="truce", query=query, exclude=""))
        assert answer.status_code == 200
        assert f"line {line}, column {column}<" in answer.text, answer.text
        assert "gained" not in answer.text


async def test_a_draft_shows_what_is_gained_lost_and_kept(site):
    news = [
        item("A truce holds"),
        item("The ceasefire of Geneva"),
        item("An armistice was signed"),
        item("Snow in Oslo"),
    ]
    async with site(*news) as page:
        draft = form(page, id="truce", query="truce OR armistice", exclude="")
        shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", (await page.post("/preview", **draft)).text))
        assert "gained 1" in shown
        assert "lost 1" in shown
        assert "kept 1" in shown
        assert "An armistice was signed" in shown
        assert "The ceasefire of Geneva" in shown
        assert "Snow" not in shown


async def test_its_own_tests_are_run(site, house):
    house.rule("truce", "truce", must_match=["A ceasefire holds"], must_not_match=["Ski truce"])
    async with site() as page:
        shown = (await page.post("/preview", **form(page, id="truce", query="truce", exclude=""))).text
        assert "must match: A ceasefire holds" in shown
        assert "must not match: Ski truce" in shown


async def test_what_is_saved_stands_in_the_file_runs_and_can_be_taken_back(site, house):
    house.slips["rules/rules.toml"] = lambda text: f"# The desk's own words.\n{text}"
    async with site(item("A truce holds")) as page:
        path = house.folder / "rules" / "rules.toml"
        before = path.read_text()
        was = await editor_of(page)
        saved = await page.post(
            "/rules/truce/edit", **form(page, was=was, query="armistice\r\nOR truce", exclude="ski")
        )
        assert saved.headers["location"] == "/rules/truce?done=saved"
        assert "# The desk's own words." in path.read_text()
        assert page.daemon.in_force.loaded.config.rules["truce"].query == "armistice\nOR truce"
        shown = (await page.get("/rules/truce?done=saved")).text
        assert "in force" in shown
        assert "Undo" in shown
        undone = await page.post("/rules/truce/undo", **form(page))
        assert undone.status_code == 303
        assert page.daemon.in_force.loaded.config.rules["truce"].query == "truce OR ceasefire"
        assert house.read().config.rules["truce"].exclude == ""
        assert "# The desk's own words." in path.read_text()
        assert before.count("\n") <= path.read_text().count("\n") + 1


@pytest.mark.parametrize("query", ["truce AND (", "", "@nowhere", "truce " * 20_000])
async def test_what_is_wrong_is_not_saved(site, house, query):
    async with site() as page:
        path = house.folder / "rules" / "rules.toml"
        before = path.read_bytes()
        was = await editor_of(page)
        answer = await page.post("/rules/truce/edit", **form(page, was=was, query=query, exclude=""))
        assert answer.status_code in {413, 422}
        assert path.read_bytes() == before
        assert page.daemon.in_force.loaded.config.rules["truce"].query == "truce OR ceasefire"


async def test_two_who_edit_at_once_do_not_write_over_each_other(site, house):
    async with site() as page:
        was = await editor_of(page)
        first = await page.post("/rules/truce/edit", **form(page, was=was, query="first", exclude=""))
        second = await page.post("/rules/truce/edit", **form(page, was=was, query="second", exclude=""))
        assert (first.status_code, second.status_code) == (303, 409)
        assert "second" in second.text, "nothing typed is lost"
        assert house.read().config.rules["truce"].query == "first"


async def test_where_the_page_may_not_write_it_gives_the_text(site, house):
    """No file can be made beside one whose name has all the characters that a name may have."""
    async with site() as page:
        path = house.folder / "rules" / f"{'r' * 245}.toml"
        path.write_text('[[rule]]\nid = "long"\nquery = "truce"\n')
        await page.daemon.reload("a test wrote it")
        before = path.read_bytes()
        was = await editor_of(page, "long")
        answer = await page.post("/rules/long/edit", **form(page, was=was, query="armistice", exclude=""))
        assert answer.status_code == 422
        assert "cannot be written from here" in answer.text
        assert "query = &#39;armistice&#39;" in answer.text
        assert path.read_bytes() == before


async def test_where_one_of_two_files_may_not_be_written_neither_is_and_both_texts_are_given(site, house):
    async with site() as page:
        lists = house.folder / "rules" / "lists.toml"
        lists.write_text('[lists]\nends = ["truce"]\n')
        path = house.folder / "rules" / f"{'r' * 245}.toml"
        path.write_text('[[rule]]\nid = "long"\nquery = "@ends"\n')
        await page.daemon.reload("a test wrote it")
        before = (lists.read_bytes(), path.read_bytes())
        was = await editor_of(page, "long")
        added = json.dumps({"ends": {"any": ["armistice"]}})
        draft = form(page, was=was, query="@ends OR peace", exclude="", added=added)
        answer = await page.post("/rules/long/edit", **draft)
        assert answer.status_code == 422
        assert "armistice" in answer.text
        assert "@ends OR peace" in answer.text
        assert (lists.name in answer.text, path.name in answer.text) == (True, True)
        assert (lists.read_bytes(), path.read_bytes()) == before


async def test_a_new_rule_stands_in_a_file_of_its_own_and_runs(site, house):
    async with site() as page:
        new = form(page, id="docks", title='Docks & "ports"', query="dockers NEAR/5 strike", exclude="")
        assert (await page.post("/new-rule", **new)).headers["location"] == "/rules/docks?done=saved"
        assert page.daemon.in_force.loaded.config.rules["docks"].title == 'Docks & "ports"'
        again = await page.post("/new-rule", **new)
        assert again.status_code == 422


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/cron.d/x", "a b", "", ".hidden", "x" * 200, "a/../../b", "truce"]
)
async def test_a_new_rule_has_an_id(site, house, name):
    async with site() as page:
        before = sorted(house.root.rglob("*.toml"))
        answer = await page.post("/new-rule", **form(page, id=name, title="", query="truce", exclude=""))
        assert answer.status_code == 422
        assert sorted(house.root.rglob("*.toml")) == before


async def piece(page, path, **fields):
    """What a person reads in a piece of the editor."""
    answer = await page.post(path, **form(page, **fields), timeout=60)
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


async def test_messages_a_day_are_counted_for_the_draft_and_for_what_runs(site, house):
    text = "The two armies stopped firing at noon, said the mediators who had met for a week in Geneva. " * 3
    news = [
        item("Truce at noon", text),
        item("Truce at noon", text, guid="again"),
        item("An armistice was signed"),
    ]
    async with site(*news) as page:
        house.clock.step(minutes=5)
        shown = await piece(
            page, "/preview/messages", id="truce", query="truce OR armistice", exclude="", fit="10"
        )
        assert "2.0 messages a day" in shown, "the copy is told by nobody; nothing older than a day is stored"
        assert "now 1.0" in shown
        assert "2 messages of 3 hits, now 1 of 2; the last 10 days" in shown
        assert "alerted 2, copy of 1" in shown


async def test_each_term_of_a_score_says_what_it_adds(site, house):
    score = {"threshold": 3, "terms": {"truce": 2, "geneva": 1, "snow": -5}}
    house.rule("truce", "", score=score)
    async with site(item("A truce holds in Geneva"), item("Truce"), item("Geneva")) as page:
        shown = await piece(page, "/preview/messages", id="truce", query="", exclude="", fit="30")
        assert "truce +2 1 1" in shown
        assert "geneva +1 1 1" in shown
        assert "snow -5 0 0" in shown


@pytest.mark.parametrize("path", ["/preview/messages", "/preview/lacking"])
async def test_what_cannot_be_read_is_not_counted(site, path):
    async with site() as page:
        shown = await piece(page, path, id="truce", query="truce AND (", exclude="")
        assert "can be read first" in shown, shown


async def test_what_the_rule_lacks_is_labelled_beside_it_and_becomes_an_edit(site, house):
    """From a miss by way of a label to words in the files, and back, to the last byte."""
    missed = [
        item(f"The armistice of {place} holds", "The armies keep the armistice.")
        for place in ("Oslo", "Bern")
    ]
    async with site(item("A truce holds in the north"), *missed, item("Snow in Oslo")) as page:
        path = house.folder / "rules" / "rules.toml"
        before = path.read_bytes()
        shown = await piece(page, "/preview/lacking", id="truce", query="truce OR ceasefire", exclude="")
        assert "The armistice of Oslo holds" in shown
        for entry in house.entries():
            if "armistice" in entry.title:
                where = f"/entries/{entry.id}/label"
                said = await piece(page, where, rule="truce", mark="missed", **{"in": "place"})
                assert "missed Undo" in said
        answer = await page.post(
            "/preview/lacking", **form(page, id="truce", query="truce OR ceasefire", exclude=""), timeout=60
        )
        used = json.loads(html.unescape(re.search(r'data-use="([^"]+)"', answer.text)[1]))
        assert used["added"]
        draft = {"id": "truce", "query": used["query"], "exclude": "", "added": json.dumps(used["added"])}
        assert "gained 2" in await piece(page, "/preview", **draft)
        saved = await page.post("/rules/truce/edit", **form(page, was=await editor_of(page), **draft))
        assert saved.status_code == 303
        assert page.daemon.in_force.loaded.config.lists
        assert (await page.post("/rules/truce/undo", **form(page))).status_code == 303
        assert path.read_bytes() == before


async def test_an_edit_of_a_file_that_changed_since_is_taken_back_field_by_field(site, house):
    async with site() as page:
        path = house.folder / "rules" / "rules.toml"
        was = await editor_of(page)
        await page.post("/rules/truce/edit", **form(page, was=was, query="armistice", exclude=""))
        path.write_text(f"# by hand\n{path.read_text()}")
        await page.daemon.reload("a test wrote it")
        await page.post("/rules/truce/undo", **form(page))
        assert path.read_text().startswith("# by hand")
        assert house.read().config.rules["truce"].query == "truce OR ceasefire"


@pytest.mark.parametrize("added", ["[1]", "{", '{"a": 1}', '{"a": {"any": 3}}', '"x"', "0x", "null"])
async def test_words_that_nobody_proposed_are_refused(site, house, added):
    async with site() as page:
        path = house.folder / "rules" / "rules.toml"
        before = path.read_bytes()
        was = await editor_of(page)
        answer = await page.post(
            "/rules/truce/edit", **form(page, was=was, query="armistice", exclude="", added=added)
        )
        assert answer.status_code == 400
        assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["a b", "x]\n[[rule]]\nid='y'", "", "a.b", '"'])
async def test_a_list_that_gets_words_has_a_name(site, house, name):
    async with site() as page:
        path = house.folder / "rules" / "rules.toml"
        was = await editor_of(page)
        added = json.dumps({name: {"any": ['x"]\n[[channel]]']}})
        draft = form(page, was=was, query="truce OR armistice", exclude="", added=added)
        answer = await page.post("/rules/truce/edit", **draft)
        assert answer.status_code in {303, 422}
        assert list(house.read().config.rules) == ["truce"]
        assert list(house.read().config.channels) == list(page.daemon.in_force.loaded.config.channels)
        assert "[[channel]]" not in path.read_text().splitlines()
