"""The link in a message leads to its story, and opens that alone; GET shows, POST decides."""

import pytest
from house import item, posted
from page_rig import TOKEN, free_port
from pydantic import SecretStr

from monitor.core.alerts.links import is_signed, signature, story_link
from monitor.model import Mark, Web
from monitor.store import labels, silences


@pytest.fixture
async def linked(site, house, web):
    """A page with a token, and the link that a message about its first story carries."""
    address = f"http://127.0.0.1:{free_port()}"
    async with site(item("A truce holds"), item("Ceasefire at sea"), token=TOKEN, public_url=address) as page:
        house.clock.step(minutes=5)
        await page.daemon.run_once()
        [first, *_] = [one["data"]["story"]["url"] for one in posted(web) if "A truce holds" in str(one)]
        yield page, first.removeprefix(address)


def silenced(house):
    with house.reading() as connection:
        return len(silences.listed(connection, ending_after=house.clock()))


async def test_the_link_shows_its_story_and_nothing_else(linked, house):
    page, link = linked
    path, _, query = link.partition("?")
    answer = await page.get(link)
    assert answer.status_code == 200
    assert "A truce holds" in answer.text
    number = int(path.rpartition("/")[2])
    others = [f"/stories/{number + 1}?{query}", f"/stories/{number}", f"{path}?key=", f"/?{query}"]
    others += [f"/entries/1?{query}", f"/api/stories/{number}?{query}", f"/alerts?{query}", f"{link}0"]
    for other in others:
        assert (await page.get(other)).status_code == 401, other
    assert silenced(house) == 0, "whoever only follows links decides nothing"


async def test_whoever_has_the_link_decides_about_its_story_and_takes_it_back(linked, house):
    page, link = linked
    path, _, query = link.partition("?")
    origin = {"Origin": str(page.base_url).rstrip("/")}
    done = await page.post(f"{path}/silence?{query}", headers=origin)
    assert done.status_code == 303
    assert silenced(house) == 1
    assert "Silenced until" in (await page.get(done.headers["location"])).text
    await page.post(f"{path}/unsilence?{query}", headers=origin)
    assert silenced(house) == 0
    [told] = [one for one in house.entries() if one.title == "A truce holds"]
    [other] = [one for one in house.entries() if one.title == "Ceasefire at sea"]
    form = {"rule": "truce", "mark": "wrong"}
    await page.post(f"{path}/label?{query}", data={"entry": told.id, **form}, headers=origin)
    beyond = await page.post(f"{path}/label?{query}", data={"entry": other.id, **form}, headers=origin)
    assert beyond.status_code == 404
    with house.reading() as connection:
        [label] = labels.listed(connection)
    assert (label.entry_id, label.mark, label.said_by) == (told.id, Mark.WRONG, "link")
    assert (await page.post(f"{path}/silence", headers=origin)).status_code == 401
    foreign = await page.post(f"{path}/silence?{query}", headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403


def test_a_link_is_signed_where_there_is_a_token():
    token = SecretStr(TOKEN)
    assert story_link(7, Web()) is None
    assert story_link(7, Web(public_url="https://n.example/")) == "https://n.example/stories/7"
    link = story_link(7, Web(public_url="https://n.example", token=token))
    assert link == f"https://n.example/stories/7?key={signature(7, token)}"
    assert is_signed(7, signature(7, token), token)
    for given in ("", "é", signature(8, token), signature(7, SecretStr("another token of some length"))):
        assert not is_signed(7, given, token)
    assert TOKEN not in link
