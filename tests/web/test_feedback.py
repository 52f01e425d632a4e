"""What people say in place: of entries, alerts, stories, feeds; and how it is taken back."""

import re

import pytest
from house import item, posted, rss
from servers.web import reply

from monitor.model import DeliveryState, Mark
from monitor.store import labels, silences


def form(page, **fields):
    return {"data": fields, "headers": {"Origin": str(page.base_url)}}


def entry(house, title):
    [found] = [one for one in house.entries() if one.title == title]
    return found


def said(house):
    with house.reading() as connection:
        return [(one.rule_id, one.mark, one.said_by) for one in labels.listed(connection)]


@pytest.mark.parametrize("mark", ["right", "wrong", "missed"])
async def test_a_label_is_kept_and_taken_back(site, house, mark):
    async with site(item("A truce holds")) as page:
        path = f"/entries/{entry(house, 'A truce holds').id}"
        done = await page.post(f"{path}/label", **form(page, rule="truce", mark=mark))
        assert said(house) == [("truce", Mark(mark), "page")]
        assert "Undo" in (await page.get(done.headers["location"])).text
        await page.post(f"{path}/unlabel", **form(page, rule="truce"))
        assert said(house) == []


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("label", {"rule": "truce", "mark": "split"}, 400),
        ("label", {"rule": "nothing", "mark": "right"}, 404),
        ("tell", {"rule": "nothing"}, 409),
        ("not-a-copy", {}, 409),
        ("copy-again", {}, 409),
        ("unsplit", {}, 409),
        ("test", {"rule": "truce", "must": "maybe"}, 400),
        ("test", {"rule": "nothing", "must": "match"}, 404),
    ],
)
async def test_what_cannot_be_done_is_said(site, house, path, fields, status):
    async with site(item("A truce holds")) as page:
        number = entry(house, "A truce holds").id
        answer = await page.post(f"/entries/{number}/{path}", **form(page, **fields))
        assert answer.status_code == status, answer.text
        beyond = await page.post(f"/entries/999999/{path}", **form(page, **fields))
        assert beyond.status_code in {400, 404, 409}


async def test_a_missed_entry_is_told_once(site, house, web):
    async with site(item("An armistice")) as page:
        path = f"/entries/{entry(house, 'An armistice').id}/tell"
        first = await page.post(path, **form(page, rule="truce"))
        again = await page.post(path, **form(page, rule="truce"))
        assert [one.headers["location"].partition("=")[2] for one in (first, again)] == [
            "told",
            "told-before",
        ]
        house.clock.step(minutes=5)
        await page.daemon.run_once()
        assert sum("An armistice" in str(one) for one in posted(web)) == 1


async def test_an_entry_becomes_a_test_of_its_rule(site, house):
    async with site(item("Ski truce in the Alps")) as page:
        path = f"/entries/{entry(house, 'Ski truce in the Alps').id}/test"
        await page.post(path, **form(page, rule="truce", must="not"))
        [example] = house.read().config.rules["truce"].must_not_match
        assert example.title == "Ski truce in the Alps"


async def test_a_test_of_a_rule_is_taken_back_to_the_last_byte(site, house):
    async with site(item("Ski truce in the Alps")) as page:
        path = house.folder / "rules" / "rules.toml"
        before, where = path.read_bytes(), f"/entries/{entry(house, 'Ski truce in the Alps').id}"
        done = await page.post(f"{where}/test", **form(page, rule="truce", must="not"))
        shown = (await page.get(done.headers["location"])).text
        edit = re.search(r'name="edit" value="(\w+)"', shown)[1]
        assert (await page.post(f"{where}/untest", **form(page, rule="truce", edit=edit))).status_code == 303
        assert path.read_bytes() == before
        again = await page.post(f"{where}/untest", **form(page, rule="truce", edit=edit))
        assert again.status_code == 409, "the file is not what the edit made of it"
        assert path.read_bytes() == before
        path.rename(path.with_name("moved.toml"))
        gone = await page.post(f"{where}/untest", **form(page, rule="truce", edit=edit))
        assert gone.status_code == 409, "nothing stands there any more"


@pytest.mark.parametrize("edit", ["", "0", "../../etc", "x" * 300])
async def test_an_edit_that_nobody_made_is_not_taken_back(site, house, edit):
    async with site(item("Ski truce in the Alps")) as page:
        before = (house.folder / "rules" / "rules.toml").read_bytes()
        where = f"/entries/{entry(house, 'Ski truce in the Alps').id}/untest"
        assert (await page.post(where, **form(page, rule="truce", edit=edit))).status_code == 409
        assert (house.folder / "rules" / "rules.toml").read_bytes() == before


async def test_telling_is_taken_back_while_nothing_is_sent(site, house, web):
    async with site(item("An armistice")) as page:
        where = f"/entries/{entry(house, 'An armistice').id}"
        await page.post(f"{where}/tell", **form(page, rule="truce"))
        assert "/untell" in (await page.get(where)).text
        done = await page.post(f"{where}/untell", **form(page, rule="truce"))
        assert "Taken back" in (await page.get(done.headers["location"])).text
        house.clock.step(minutes=5)
        await page.daemon.run_once()
        assert not any("An armistice" in str(one) for one in posted(web))
        assert house.decisions() == []
        await page.post(f"{where}/tell", **form(page, rule="truce"))
        house.clock.step(minutes=5)
        await page.daemon.run_once()
        assert sum("An armistice" in str(one) for one in posted(web)) == 1, "it is told when asked anew"
        assert "/untell" not in (await page.get(where)).text
        assert (await page.post(f"{where}/untell", **form(page, rule="truce"))).status_code == 409


async def test_a_copy_is_said_to_be_none_and_told(site, house, web):
    text = "The two armies stopped firing at noon, said the mediators who had met for a week in Geneva. " * 3
    house.feed("second", web.on("/second", reply(200, rss()), reply(200, rss(item("Truce at noon", text)))))
    async with site(item("Truce at noon", text)) as page:
        [copy] = [one for one in house.entries() if one.copy_of]
        assert (await page.post(f"/entries/{copy.id}/not-a-copy", **form(page))).status_code == 303
        house.clock.step(minutes=5)
        await page.daemon.run_once()
        assert sum("Truce at noon" in str(one) for one in posted(web)) == 2
        assert all(one.copy_of is None for one in house.entries())


async def test_a_story_is_silenced_for_a_day_and_undone(site, house):
    async with site(item("A truce holds")) as page:
        [story] = house.stories()
        done = await page.post("/silences", **form(page, story=str(story.story.id), **{"for": "day"}))
        assert "Undo" in (await page.get(done.headers["location"])).text
        await page.post("/silences", **form(page, story=str(story.story.id), **{"for": "day"}))
        with house.reading() as connection:
            [silence] = silences.listed(connection, ending_after=house.clock())
        assert (silence.until_at - house.clock()).days == 1
        await page.post(f"/silences/{silence.id}/expire", **form(page))
        with house.reading() as connection:
            assert silences.listed(connection, ending_after=house.clock()) == []


async def test_a_dead_letter_is_sent_again(site, house, web):
    house.channel("desk", type="webhook", url=web.on("/hook", reply(410), reply(200)))
    async with site(item("A truce holds")) as page:
        house.clock.step(minutes=5)
        await page.daemon.run_once()
        [dead] = [one for one in house.deliveries() if one.state is DeliveryState.DEAD]
        assert "given up" in (await page.get("/alerts?state=dead")).text
        assert (await page.post(f"/alerts/{dead.alert_id}/retry", **form(page))).status_code == 303
        await page.daemon.run_once()
        assert [one.state for one in house.deliveries() if one.id == dead.id] == [DeliveryState.SENT]
        assert (
            (await page.post(f"/alerts/{dead.alert_id}/drop", **form(page)))
            .headers["location"]
            .endswith("nothing")
        )


async def test_a_feed_is_added_by_the_address_of_its_site_and_undone(site, house, web):
    web.on("/news", reply(200, rss(item("Fresh"), title="The Daily"), Content_Type="application/rss+xml"))
    link = b'<html><head><link rel="alternate" type="application/rss+xml" href="/news"></head></html>'
    home = web.on("/home", reply(200, link, Content_Type="text/html"))
    async with site() as page:
        done = await page.post("/feeds/add", **form(page, url=home))
        assert done.status_code == 303, done.text
        added = page.daemon.in_force.loaded.config.feeds["the-daily"]
        assert added.url == web.url("/news")
        assert "Undo" in (await page.get(done.headers["location"])).text
        again = await page.post("/feeds/add", **form(page, url=home))
        assert again.status_code == 422
        await page.post("/feeds/remove", **form(page, id="the-daily"))
        assert "the-daily" not in page.daemon.in_force.loaded.config.feeds


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "${HOME}", "https://x.example/${T}", "", "ftp://x.example/"]
)
async def test_no_file_and_no_secret_becomes_a_feed(site, house, url):
    async with site() as page:
        before = (house.folder / "feeds.toml").read_bytes()
        assert (await page.post("/feeds/add", **form(page, url=url))).status_code == 422
        assert (house.folder / "feeds.toml").read_bytes() == before


ENTITY = (
    b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><opml><body><outline xmlUrl="&e;"/></body></opml>'
)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b'<opml><body><outline xmlUrl="https://a.example/feed" text="A"/></body></opml>', 200, "1 feed added"),
        (b"https://a.example/feed\nhttps://b.example/feed\n", 200, "2 feeds added"),
        (b"<opml><body>", 422, "list.opml"),
        (b"\x00\xff\x00", 422, ""),
        (ENTITY, 422, "entity"),
    ],
    ids=["opml", "lines", "broken", "no text", "entity"],
)  # fmt: skip
async def test_a_list_of_feeds_is_imported(site, house, body, status, said):
    async with site() as page:
        answer = await page.post(
            "/feeds/import", files={"file": ("list.opml", body)}, headers={"Origin": str(page.base_url)}
        )
        assert answer.status_code == status, answer.text
        assert said in answer.text
        assert "/tmp" not in answer.text
        assert "root:" not in answer.text


async def test_the_list_goes_out_as_opml(site):
    async with site() as page:
        answer = await page.get("/feeds.opml")
        assert 'xmlUrl="' in answer.text
        assert "attachment" in answer.headers["content-disposition"]
