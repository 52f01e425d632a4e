"""The rule editor: what a draft would change, and what becomes of one that is saved."""

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
        assert f"line {line}, column {column}:" in answer.text, answer.text
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
