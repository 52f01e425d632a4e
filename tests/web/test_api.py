"""The API and the Atom feed: of the described shape, whatever is asked."""

import asyncio

import feedparser
import pytest
import schemathesis
from house import item
from hypothesis import HealthCheck, Phase, given, settings
from page_rig import TOKEN


async def test_the_documents_are_those_of_the_commands(site, house):
    async with site(item("A truce holds", link="https://wire.example/truce")) as page:
        [found] = (await page.get("/api/entries?rule=truce")).json()
        assert found["title"] == "A truce holds"
        assert found["rules"] == ["truce"]
        assert found["published_at"] == "2026-01-06T19:00:00Z"
        [story] = (await page.get("/api/stories")).json()
        assert (await page.get(f"/api/stories/{story['id']}")).json()["timeline"][0]["id"] == found["id"]
        [alert] = (await page.get("/api/alerts?limit=1")).json()
        assert alert["deliveries"][0]["channel"] == "desk"
        assert (await page.get("/api/status")).json()["running"] is True
        assert [one["id"] for one in (await page.get("/api/rules")).json()] == ["truce"]
        assert [one["id"] for one in (await page.get("/api/feeds")).json()] == ["wire"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/entries?limit=0", "/api/entries?limit=99999", "/api/entries?since=yesterday", "/api/entries?x=1",
        "/api/stories/x", "/api/alerts?before=-1", "/api/entries/99999999999999999999",
    ],
)  # fmt: skip
async def test_what_is_wrong_is_said(site, path):
    async with site() as page:
        answer = await page.get(path)
        assert answer.status_code == 400
        assert answer.json()["detail"]


async def test_the_api_wants_the_token(site):
    async with site(item("A truce holds"), token=TOKEN) as page:
        assert (await page.get("/api/entries")).json() == {"detail": "log in with the token of `[web] token`"}
        answer = await page.get("/api/entries", headers={"Authorization": f"Bearer {TOKEN}"})
        assert len(answer.json()) == 2


async def test_the_api_is_as_it_is_described(site):
    """Schemathesis asks every operation what its description allows, and what it does not."""
    async with site(item("A truce holds")) as page:
        schema = schemathesis.openapi.from_dict((await page.get("/api/openapi.json")).json())
        root = str(page.base_url)
        asked = 0

        def ask():
            nonlocal asked
            for operation in (one.ok() for one in schema.get_all_operations()):

                @settings(max_examples=20, database=None, deadline=None, phases=[Phase.generate],
                          suppress_health_check=list(HealthCheck))  # fmt: skip
                @given(case=operation.as_strategy())
                def each(case):
                    case.call_and_validate(base_url=root)

                each()
                asked += 1

        await asyncio.to_thread(ask)
        assert asked >= 10


async def test_matches_are_an_atom_feed(site):
    async with site(item("A <b>truce</b> holds & more", link="javascript:alert(1)")) as page:
        answer = await page.get("/matches.atom")
        read = feedparser.parse(answer.content)
        assert not read.bozo
        [entry] = read.entries
        assert entry.link.startswith(str(page.base_url))
        assert "javascript" not in answer.text
        assert [tag.term for tag in entry.tags] == ["truce"]
        assert (await page.get("/matches.atom?rule=nothing")).status_code == 200


async def test_no_secret_goes_out(site, house):
    """A server may say in a title what it was asked with."""
    house.channel("safe", type="webhook", url="https://hook.example/", secret="s3cr3t-t0ken-of-the-desk")
    async with site(item("A truce, said s3cr3t-t0ken-of-the-desk")) as page:
        assert "A truce, said ***" in (await page.get("/api/entries")).text
        for path in (
            "/",
            "/stories/1",
            "/entries/2",
            "/alerts",
            "/search?q=truce",
            "/matches.atom",
            "/api/stories",
        ):
            assert "s3cr3t-t0ken" not in (await page.get(path)).text, path
