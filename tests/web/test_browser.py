"""What people do with the page, in a real browser."""

import json
from datetime import timedelta
from pathlib import Path

import axe_playwright_python
import pytest
from browser import browsing, listening
from house import SUMMIT, item, posted, rss
from page_rig import free_port
from playwright.async_api import expect
from servers.web import reply

from monitor.model import DeliveryState
from monitor.store import silences

pytestmark = pytest.mark.either("what is asked of the page, whatever lies below")

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
NEWS = [
    item(
        "A truce holds in the north",
        "Guns fell silent at noon, both sides said.",
        link="https://wire.example/1",
    ),
    item("The ceasefire of Geneva", "Mediators met for a week."),
    item("An armistice was signed", "After a year of talks."),
    item("هدنة في الشمال truce", "توقف إطلاق النار"),
]
PAGES = {
    "now": "/", "story": "/stories/1", "entry": "/entries/2", "rules": "/rules", "rule": "/rules/truce",
    "editor": "/rules/truce/edit", "new rule": "/new-rule", "feeds": "/feeds", "feed": "/feeds/wire",
    "alerts": "/alerts", "alert": "/alerts/1", "search": "/search?q=truce", "nothing": "/no/such/page",
}  # fmt: skip


def opened(page_site):
    return str(page_site.base_url)


async def test_a_reader_sees_why_an_entry_matched(site):
    async with site(*NEWS) as up, browsing(opened(up)) as page:
        await page.goto("/")
        card = page.locator("article", has_text="A truce holds in the north")
        await card.locator("summary").click()
        await card.get_by_role("link", name="Explain").click()
        await expect(page.locator("h1 mark")).to_have_text("truce")
        await expect(page.locator(".clause.held").first).to_contain_text("truce")


async def test_a_rule_is_edited_saved_alerts_and_is_taken_back(site, house, web):
    async with site(*NEWS) as up, browsing(opened(up)) as page:
        await page.goto("/rules/truce")
        await page.get_by_role("link", name="Edit").click()
        await page.get_by_label("Query").fill("truce AND (armistice")
        await expect(page.locator("#said-query")).to_contain_text("line 1, column 11")
        await page.get_by_label("Query").fill("truce OR armistice")
        await expect(page.locator(".tally")).to_contain_text("gained 1")
        await expect(page.locator(".tally")).to_contain_text("lost 1")
        await expect(page.locator(".changes mark").first).to_have_text("armistice")
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator(".notice.done")).to_contain_text("in force")

        web.on("/wire", reply(200, rss(*NEWS, item("Another armistice in the south", "Far from the first."))))
        house.clock.step(minutes=20)
        await up.daemon.run_once()
        house.clock.step(minutes=5)
        await up.daemon.run_once()
        assert any("Another armistice" in str(one) for one in posted(web))

        await page.get_by_role("button", name="Undo").click()
        await expect(page.locator("pre.query").first).to_have_text("truce OR ceasefire")
        assert up.daemon.in_force.loaded.config.rules["truce"].query == "truce OR ceasefire"


async def test_a_story_is_silenced_and_the_silence_undone(site, house):
    async with site(*NEWS) as up, browsing(opened(up)) as page:
        await page.goto("/stories/1")
        await page.get_by_role("button", name="Silence for a day").click()
        await expect(page.locator(".notice.done")).to_contain_text("Silenced until")
        await page.get_by_role("button", name="Undo").click()
        await expect(page.get_by_role("button", name="Silence for a day")).to_be_visible()
        with house.reading() as connection:
            assert silences.listed(connection, ending_after=house.clock()) == []


async def test_a_dead_letter_is_sent_again(site, house, web):
    house.channel("desk", type="webhook", url=web.on("/hook", reply(410), reply(200)))
    async with site(NEWS[0]) as up, browsing(opened(up)) as page:
        house.clock.step(minutes=5)
        await up.daemon.run_once()
        await page.goto("/alerts?state=dead")
        await page.get_by_role("link", name="A truce holds in the north").click()
        await page.get_by_role("button", name="Send now").click()
        await expect(page.locator(".notice.done")).to_contain_text("Due again")
        await up.daemon.run_once()
        assert [one.state for one in house.deliveries()] == [DeliveryState.SENT]


async def test_a_feed_is_added_by_its_sites_address(site, web):
    web.on("/news", reply(200, rss(item("Fresh"), title="The Daily"), Content_Type="application/rss+xml"))
    link = b'<html><head><link rel="alternate" type="application/rss+xml" href="/news"></head></html>'
    home = web.on("/home", reply(200, link, Content_Type="text/html"))
    async with site() as up, browsing(opened(up)) as page:
        await page.goto("/feeds")
        await page.get_by_label("Add a feed").fill(home)
        await page.get_by_role("button", name="Add", exact=True).click()
        await expect(page.locator(".notice.done")).to_contain_text("the-daily is polled from now on")
        assert "the-daily" in up.daemon.in_force.loaded.config.feeds


async def test_opml_is_imported(site, tmp_path):
    file = tmp_path / "list.opml"
    file.write_text('<opml><body><outline xmlUrl="https://a.example/feed" text="A"/></body></opml>')
    async with site() as up, browsing(opened(up)) as page:
        await page.goto("/feeds")
        await page.get_by_label("Import OPML").set_input_files(file)
        await page.get_by_role("button", name="Import", exact=True).click()
        await expect(page.locator(".notice.done")).to_contain_text("1 feed added")


async def test_a_copy_is_marked_as_none_and_told(site, house, web):
    text = "The two armies stopped firing at noon, said the mediators who had met for a week in Geneva. " * 3
    house.feed("second", web.on("/second", reply(200, rss()), reply(200, rss(item("Truce at noon", text)))))
    async with site(item("Truce at noon", text)) as up, browsing(opened(up)) as page:
        [copy] = [one for one in house.entries() if one.copy_of]
        await page.goto(f"/entries/{copy.id}")
        await page.get_by_role("button", name="Not a copy: tell it").click()
        await expect(page.locator(".notice.done")).to_contain_text("no copy any more")
        house.clock.step(minutes=5)
        await up.daemon.run_once()
        assert sum("Truce at noon" in str(one) for one in posted(web)) == 2


async def test_what_is_new_appears_without_a_reload(site, house, web):
    async with site(NEWS[0]) as up, browsing(opened(up)) as page:
        await page.goto("/")
        await listening(page)
        web.on("/wire", reply(200, rss(item("Ceasefire in the east", "Another war, another end."))))
        house.clock.step(minutes=20)
        await up.daemon.run_once()
        await expect(page.locator("article", has_text="Ceasefire in the east")).to_be_visible()


async def test_who_reads_on_is_not_disturbed_but_told(site, house, web):
    async with site(NEWS[0]) as up, browsing(opened(up)) as page:
        await page.goto("/")
        await page.locator("summary").first.click()
        await listening(page)
        web.on("/wire", reply(200, rss(item("Ceasefire in the east", "Another war, another end."))))
        house.clock.step(minutes=20)
        await up.daemon.run_once()
        await page.get_by_role("button", name="There is something new").click()
        await expect(page.locator("article", has_text="Ceasefire in the east")).to_be_visible()


async def test_keys_lead_everywhere(site):
    async with site(*NEWS) as up, browsing(opened(up)) as page:
        await page.goto("/")
        await page.keyboard.press("/")
        await expect(page.locator("#find")).to_be_focused()
        await page.keyboard.press("Escape")
        await page.keyboard.press("j")
        await expect(page.locator("[data-item].here a.headline")).to_be_focused()
        await page.keyboard.press("g")
        await page.keyboard.press("r")
        await expect(page).to_have_url(f"{opened(up)}/rules")


async def test_the_editor_marks_what_is_wrong_where_it_stands(site):
    """Characters beyond the first plane are two to a browser, and one to the rule language."""
    async with site(*NEWS) as up, browsing(opened(up)) as page:
        await page.goto("/rules/truce/edit")
        await page.get_by_label("Query").fill('"𝕿🕊️" OR truce OR @nowhere')
        await expect(page.locator(".under u.bad")).to_have_text("@nowhere")
        await page.locator("#said-query").get_by_role("button", name="line 1, column 19").click()
        marked = "one => one.value.slice(one.selectionStart, one.selectionEnd)"
        assert await page.get_by_label("Query").evaluate(marked) == "@nowhere"
        await page.get_by_label("Query").fill("truce")
        await expect(page.locator(".under u.bad")).to_have_count(0)


async def test_messages_a_day_come_after_the_preview(site, house):
    async with site(*NEWS) as up, browsing(opened(up)) as page:
        house.clock.step(minutes=5)
        await page.goto("/rules/truce/edit")
        await page.get_by_label("Query").fill("truce OR ceasefire OR armistice")
        await expect(page.locator(".tally").first).to_contain_text("gained 1")
        await expect(page.locator("#messages")).to_contain_text("messages a day")
        await page.locator("#messages summary").first.click()
        await expect(page.locator("#messages")).to_contain_text("An armistice was signed")


async def test_what_a_rule_lacks_is_said_tried_and_saved_without_leaving_the_editor(site, house):
    missed = [
        item(f"The armistice of {place} holds", "The armies keep the armistice.")
        for place in ("Oslo", "Bern")
    ]
    async with site(NEWS[0], *missed) as up, browsing(opened(up)) as page:
        await page.goto("/rules/truce/edit")
        await page.get_by_role("button", name="Look for what it misses").click()
        for place in ("Oslo", "Bern"):
            row = page.locator("#lacking li", has_text=f"The armistice of {place}")
            await row.get_by_role("button", name="Missed").click()
            await expect(row).to_contain_text("Undo")
        await page.get_by_role("button", name="Look again").click()
        await page.get_by_role("button", name="Try it here").click()
        await expect(page.locator("#with")).to_contain_text("truce-")
        await expect(page.locator(".tally").first).to_contain_text("gained 2")
        await page.get_by_label("Query").press("Control+Enter")
        await expect(page.locator(".notice.done")).to_contain_text("in force")
        assert up.daemon.in_force.loaded.config.lists
        await page.goto("/rules/truce/edit")
        await page.get_by_text("1 earlier version").click()
        await page.get_by_role("button", name="Put it here").click()
        await expect(page.get_by_label("Query")).to_have_value("truce OR ceasefire")


async def test_the_keys_are_listed(site):
    async with site(*NEWS) as up, browsing(opened(up)) as page:
        await page.goto("/")
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog")).to_contain_text("next, previous")
        await page.keyboard.press("j")
        await expect(page.locator("[data-item].here")).to_have_count(0)
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await page.keyboard.press("j")
        await expect(page.locator("[data-item].here")).to_have_count(1)


async def test_an_open_page_says_that_the_monitor_is_gone_and_goes_on_when_it_is_back(house, desk, web):
    """All along the window stays as it is: a newsroom's screen that nobody touches."""
    address = f"127.0.0.1:{free_port()}"
    house.settings["web"] = {"listen": address}
    house.rule("truce", "truce OR ceasefire")
    house.feed("wire", web.on("/wire", reply(200, rss(item("Weather"))), reply(200, rss(NEWS[0]))))
    refused = (
        "ERR_CONNECTION_REFUSED",
        "ERR_INCOMPLETE_CHUNKED_ENCODING",
        "ERR_CONNECTION_RESET",
        "ERR_EMPTY",
    )
    async with house.daemon() as daemon, browsing(f"http://{address}", expected=refused) as page:
        await daemon.run_once()
        async with daemon.listening():
            await page.goto("/")
            await listening(page)
        await expect(page.locator("#lost")).to_contain_text("does not answer")
        house.clock.step(minutes=20)
        await daemon.run_once()
        async with daemon.listening():
            await expect(page.locator("#lost")).to_be_hidden()
            await expect(page.locator("article", has_text="A truce holds in the north")).to_be_visible()


@pytest.mark.parametrize("path", ["/search", "/feeds/wire", "/feeds"])
async def test_every_list_goes_on_by_itself(site, house, web, path):
    async with site(NEWS[0]) as up, browsing(opened(up)) as page:
        await page.goto(path)
        await listening(page)
        web.on("/wire", reply(200, rss(NEWS[0], item("Snow in Oslo"), item("Rain in Bern"))))
        house.clock.step(minutes=20)
        await up.daemon.run_once()
        await expect(page.locator("#live")).to_contain_text("4" if path == "/feeds" else "Snow in Oslo")


async def test_a_list_says_each_day_once(site, house, web):
    days = [
        item(f"News {day}", published=SUMMIT - timedelta(days=day, hours=hour))
        for day in range(3)
        for hour in (0, 1)
    ]
    async with site(*days) as up, browsing(opened(up)) as page:
        await page.goto("/search?q=News")
        assert await page.locator("[data-day]").count() == 3


async def test_times_are_those_of_the_readers_zone(site):
    async with site(NEWS[0]) as up, browsing(opened(up)) as page:
        await page.goto("/entries/2")
        shown = page.locator("time[datetime='2026-01-06T19:00:00Z']").first
        await expect(shown).to_contain_text("04:00")
        await expect(shown).to_contain_text("7 Jan")


async def test_all_can_be_read_without_a_script(site):
    async with site(*NEWS) as up, browsing(opened(up), java_script_enabled=False) as page:
        for path in PAGES.values():
            await page.goto(path)
            await expect(page.locator("h1").first).to_be_visible()
        await page.goto("/")
        await expect(page.locator("time").first).to_contain_text("UTC")


async def test_titles_run_in_their_own_direction(site):
    async with site(*NEWS) as up, browsing(opened(up)) as page:
        await page.goto("/search?q=truce")
        title = page.get_by_role("link", name="هدنة")
        assert await title.evaluate("one => getComputedStyle(one).direction") == "rtl"


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_keeps_anybody_out(site, width, scheme):
    """axe-core: no serious finding on any page; and no page is wider than its window."""
    size = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme}
    async with site(*NEWS) as up, browsing(opened(up), **size) as page:
        found = {}
        for name, path in PAGES.items():
            if name == "nothing":
                continue
            await page.goto(path)
            await page.evaluate(AXE)
            results = await page.evaluate("axe.run()")
            serious = [one for one in results["violations"] if one["impact"] in {"serious", "critical"}]
            if serious:
                found[name] = [(one["id"], one["nodes"][0]["html"][:200]) for one in serious]
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        assert found == {}


PAYLOADS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>",
    '"><script>alert(1)</script>', "'><img src=x onerror=alert(1)>", "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>", "{{7*7}}${7*7}<%= 7*7 %>", "<iframe src=javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>", "<style>*{display:none}</style>", "<base href=//evil.example>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>", "<form action=//evil.example><input>",
    "<div hx-get=/logout hx-trigger=load>", "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;", "\u202etxt.exe", "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
]  # fmt: skip


async def test_no_text_of_a_feed_is_ever_run(site, house, web):
    """Each payload through each field of an entry, the feed's own title, a rule's texts, and what is asked for."""
    items = [
        item(f"truce {payload}", f"truce {payload}", guid=f"{number} {payload}", link=payload)
        for number, payload in enumerate(PAYLOADS)
    ]
    answers = (reply(200, rss(title=PAYLOADS[0])), reply(200, rss(*items, title=PAYLOADS[3])))
    house.feed("wire", web.on("/wire", *answers))
    house.rule("truce", "truce", title=PAYLOADS[3])
    async with site() as up, browsing(opened(up)) as page:
        numbers = [one.id for one in house.entries()]
        assert len(numbers) >= len(PAYLOADS) - 2
        paths = [*PAGES.values(), *(f"/entries/{number}" for number in numbers)]
        paths += [f"/search?q={json.dumps(one)}" for one in PAYLOADS[:6]]
        for path in paths:
            await page.goto(path)
            assert await page.locator("main").count() == 1, path
            assert "evil.example" not in page.url
            hrefs = await page.locator("a").evaluate_all("all => all.map(one => one.protocol)")
            assert set(hrefs) <= {"http:", "https:"}, path
        await page.goto("/rules/truce/edit")
        for payload in PAYLOADS[:5]:
            async with page.expect_response("**/preview"):
                await page.get_by_label("Query").fill(f"truce OR {payload}")
        await page.get_by_label("Query").fill("truce")
        await expect(page.locator("#messages")).to_contain_text("messages a day")
        await page.get_by_role("button", name="Look for what it misses").click()
        await expect(page.locator("#lacking")).to_contain_text("Look again")
