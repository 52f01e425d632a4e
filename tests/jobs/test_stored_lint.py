"""`monitor check` against the stored entries."""

from house import item, rss
from servers.web import reply, web_server

from monitor.jobs.stored_lint import read_history


async def test_a_busy_rule_and_a_wide_wildcard_are_doubtful(house):
    words = [f"para{a}{b}" for a in "bcdfghjklmnpqrst" for b in "aeiouwxyzbcdfgh"]
    items = [item(f"Paris {word}", published=house.clock()) for word in words]
    async with web_server() as server:
        house.feed("wire", server.on("/feed", reply(200, rss(*items))))
        house.rule("paris", "paris", must_match=["Paris"], must_not_match=["London"])
        house.rule("wide", "pa* AND nowhere", must_match=["pact nowhere"], must_not_match=["pact"])
        house.channel("desk", type="console")
        async with house.daemon() as daemon:
            await daemon.run_once(every=True)
    loaded = house.read()
    history = read_history(house.store, loaded, now=house.clock())
    assert history.vocabulary["paris"] == len(items)
    assert history.per_day == {"paris": len(items)}
    doubts = loaded.examined(vocabulary=history.vocabulary, per_day=history.per_day)
    assert [one.message for one in doubts] == [
        f"on the stored entries the rule would have matched {len(items)} times a day",
        f"pa* matches {len(words) + 1} different words of the stored entries",
    ]


async def test_what_was_told_long_ago_says_nothing_of_a_day(house):
    async with web_server() as server:
        house.feed("wire", server.on("/feed", reply(200, rss(item("Paris")))))
        house.rule("paris", "paris")
        house.channel("desk", type="console")
        async with house.daemon() as daemon:
            await daemon.run_once(every=True)
    house.clock.step(days=30)
    history = read_history(house.store, house.read(), now=house.clock())
    assert history.per_day == {}
    assert history.vocabulary["paris"] == 1


async def test_a_language_that_a_rule_has_no_word_of_is_known_with_its_share(house):
    weather = ["aurinko paistaa pohjoisessa tänään", "sateinen viikonloppu alkaa etelässä"]
    finnish = [item(f"{weather[number % 2]} {number}") for number in range(20)]
    few = [item(f"slunečné počasí {number}") for number in range(10)]
    async with web_server() as server:
        for language, items in {"fi": finnish, "cs": few, "en": [item("Rain in Paris")]}.items():
            body = rss(*items).replace(b"<channel>", f"<channel><language>{language}</language>".encode())
            house.feed(language, server.on(f"/{language}", reply(200, body)))
        house.rule("rain", "rain OR snow")
        house.rule("weather", "rain OR sateinen")
        house.channel("desk", type="console")
        async with house.daemon() as daemon:
            await daemon.run_once(every=True)
    history = read_history(house.store, house.read(), now=house.clock())
    assert history.wordless == {"rain": {"fi": 20 / 31}, "weather": {}}
