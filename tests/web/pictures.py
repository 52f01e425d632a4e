"""Makes pictures of every page, to be looked at:

    python tests/web/pictures.py FOLDER [--world demo none hostile] [--page now feeds …]

A file for each world, page, width and scheme: `demo-now-1280-light.png`. The demo is what a visitor sees first;
`none` is a fresh database without rule or feed; `hostile` are 300 feeds and 200 rules whose texts are long words,
right-to-left, emoji, or nothing.
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from browser import chromium
from house import House, item, rss
from page_rig import free_port
from playwright.async_api import async_playwright
from rich.console import Console
from servers.web import reply, web_server

from monitor.channels import options_models
from monitor.cli.demo import run
from monitor.config import load
from monitor.store import Store
from monitor.store import entries as stored
from monitor.store.entries import Wanted
from monitor.web.context import PageContext
from monitor.web.server import serving as page_serving
from monitor.web.site import site

PAGES = {
    "now": "/", "story": "/stories/{story}", "entry": "/entries/{entry}", "rules": "/rules", "rule": "/rules/{rule}",
    "editor": "/rules/{rule}/edit", "new-rule": "/new-rule", "feeds": "/feeds", "feed": "/feeds/{feed}",
    "alerts": "/alerts", "alert": "/alerts/{alert}", "search": "/search?q={word}", "everything": "/search",
    "login": "/login", "nothing": "/no/such/page",
}  # fmt: skip
WITHOUT_DATA = ("now", "rules", "new-rule", "feeds", "alerts", "everything")
LONG = "Donaudampfschifffahrtsgesellschaftskapitän" * 24
HOSTILE = (
    f"truce {LONG}",
    "truce اتفاق وقف إطلاق النار في الشمال بعد أسبوع من المحادثات في جنيف مع الوسطاء",
    "truce 🕊️🕊️🕊️ 👩‍👩‍👧‍👦 𝕿𝖗𝖚𝖈𝖊 Z̴̡͎͓̖̗̲̄̆͑̀ȧ̷l̸g̷o̶ 🇺🇦🇺🇦",
    "",
    "truce " + "and then " * 120,
    "truce \u202egnp.exe\u202c",
    "停战 truce 双方在日内瓦签署了停战协议双方在日内瓦签署了停战协议双方在日内瓦签署了停战协议",
    "<b>truce</b> &amp; <script>alert(1)</script>",
)
WORLDS = ("demo", "none", "hostile")


@asynccontextmanager
async def world(name: str) -> AsyncIterator[tuple[str, dict[str, str]]]:
    """The address of a page on that world's data, and what stands in its addresses."""
    with TemporaryDirectory(prefix="monitor-pictures-") as folder:
        if name == "hostile":
            async with hostile(Path(folder)) as opened:
                yield opened
            return
        if name == "demo":
            await run(Console(quiet=True), keep=Path(folder))
        else:
            (Path(folder) / "monitor.toml").write_text("")
        loaded = load(Path(folder), state=Path(folder), environ={}, channel_types=options_models())
        store = Store(f"sqlite:///{folder}/monitor.db")
        try:
            with store.reading() as connection:
                newest = stored.listed(connection, Wanted(newest=1))
            end = newest[0].first_seen_at + timedelta(minutes=20) if newest else None
            context = PageContext(
                store=store, setup=lambda: loaded, read_config=lambda: loaded,
                now=(lambda: end) if end else House(Path(folder)).clock,
            )  # fmt: skip
            async with (
                context,
                page_serving(site(context, listen="127.0.0.1:0"), listen="127.0.0.1:0") as (host, port),
            ):
                given = {"story": "1", "entry": "30", "rule": next(iter(loaded.config.rules), "none"),
                         "feed": next(iter(loaded.config.feeds), "none"), "alert": "1", "word": "Paris"}  # fmt: skip
                with store.reading() as connection:
                    matched = stored.listed(connection, Wanted(rule_id=given["rule"])) if newest else []
                if matched:
                    biggest = max(
                        matched, key=lambda one: sum(two.story_id == one.story_id for two in matched)
                    )
                    given |= {"story": str(biggest.story_id), "entry": str(biggest.id)}
                yield f"http://{host}:{port}", given
        finally:
            store.close()


@asynccontextmanager
async def hostile(folder: Path) -> AsyncIterator[tuple[str, dict[str, str]]]:
    house = House(folder)
    async with web_server() as web:
        address = f"127.0.0.1:{free_port()}"
        house.settings["web"] = {"listen": address}
        house.channel("desk", type="webhook", url=web.on("/hook", reply(410)))
        for number in range(300):
            told = [item(HOSTILE[(number + place) % len(HOSTILE)], HOSTILE[(number + place + 1) % len(HOSTILE)],
                         guid=f"{number}-{place}") for place in range(2)]  # fmt: skip
            title = HOSTILE[number % len(HOSTILE)]
            answers = (
                (reply(500),)
                if number % 17 == 0
                else (reply(200, rss(item("Weather"), title=title)), reply(200, rss(*told, title=title)))
            )
            if number < 60:
                house.feed(f"feed-{number}", web.on(f"/feed{number}", *answers))
            else:
                house.feed(
                    f"feed-{number}", f"https://outlet{number}.example/{LONG[:40]}", enabled=number % 3 > 0
                )
        for number in range(200):
            house.rule(f"rule-{number}" if number else "r" * 90, "truce" if number < 4 else f"truce AND w{number}",
                       title=HOSTILE[number % len(HOSTILE)])  # fmt: skip
        house.write()
        house.load = house.read
        async with house.daemon() as daemon:
            for _ in range(3):
                await daemon.run_once()
                house.clock.step(minutes=30)
            await daemon.beat()
            async with daemon.listening():
                yield f"http://{address}", {"story": "1", "entry": str(house.entries()[0].id), "rule": "r" * 90,
                                            "feed": "feed-1", "alert": "1", "word": "truce"}  # fmt: skip


async def take(
    folder: Path, worlds: list[str], pages: list[str], widths: list[int], schemes: list[str]
) -> None:
    for name in worlds:
        async with world(name) as (root, given), async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
            for width in widths:
                for scheme in schemes:
                    context = await browser.new_context(
                        viewport={"width": width, "height": 844}, color_scheme=scheme, base_url=root,
                        locale="en-GB", timezone_id="Europe/Paris", reduced_motion="reduce",
                    )  # fmt: skip
                    page = await context.new_page()
                    for one in pages:
                        if name == "none" and one not in WITHOUT_DATA:
                            continue
                        await page.goto(PAGES[one].format(**given))
                        if one == "editor" and name == "demo":
                            query = page.get_by_label("Query", exact=True)
                            await query.fill("déclaration OR Erklärung OR declaration NEAR/5 Paris")
                            await page.locator("#preview .tally").wait_for()
                        await page.evaluate("document.fonts.ready")
                        await page.wait_for_load_state("load")
                        await page.screenshot(
                            path=folder / f"{name}-{one}-{width}-{scheme}.png", full_page=True
                        )
                    await context.close()
            await browser.close()


async def take_for_readme(folder: Path) -> None:
    """`page.png` and `editor.png`, a window each, without the word that the demo's daemon has ended."""
    async with world("demo") as (root, given), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = await browser.new_page(
            viewport={"width": 1280, "height": 800}, base_url=root, color_scheme="light", locale="en-GB"
        )
        for name, path in (("page", PAGES["now"]), ("editor", PAGES["editor"].format(**given))):
            await page.goto(path)
            if name == "editor":
                query = page.get_by_label("Query", exact=True)
                await query.fill(
                    "@paris AND (@ukraine OR @allies)\n  AND (@declaration OR @guarantees OR @soldiers)"
                )
                await page.locator("#messages .tally").wait_for(timeout=60_000)
                await page.locator("h1").click()
            await page.evaluate("document.querySelector('.bar + .notice')?.remove()")
            await page.screenshot(path=folder / f"{name}.png")
        await browser.close()


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--world", nargs="+", choices=WORLDS, default=list(WORLDS))
    arguments.add_argument("--page", nargs="+", choices=list(PAGES), default=list(PAGES))
    arguments.add_argument("--width", nargs="+", type=int, default=[1280, 390])
    arguments.add_argument("--scheme", nargs="+", choices=("light", "dark"), default=["light", "dark"])
    arguments.add_argument("--readme", action="store_true", help="the two pictures of the README alone")
    given = arguments.parse_args()
    if given.readme:
        asyncio.run(take_for_readme(given.folder))
        return
    given.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(take(given.folder, given.world, given.page, given.width, given.scheme))


if __name__ == "__main__":
    main()
