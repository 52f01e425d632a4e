"""The link in a message leads to its story, and opens that alone; GET shows, POST decides."""

from datetime import UTC, datetime, timedelta

import pytest
from house import item, posted
from page_rig import TOKEN, free_port
from pydantic import SecretStr

from monitor.core.alerts.links import OPENS_FOR, is_signed, signature, story_link
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


MADE = datetime(2026, 1, 6, 19, tzinfo=UTC)
TOKEN_ = SecretStr(TOKEN)


def key_of(link):
    return link.partition("?key=")[2]


def test_a_link_is_signed_where_there_is_a_token():
    assert story_link(7, Web(), made_at=MADE) is None
    plain = story_link(7, Web(public_url="https://n.example/"), made_at=MADE)
    assert plain == "https://n.example/stories/7"
    web = Web(public_url="https://n.example", token=TOKEN_)
    link = story_link(7, web, made_at=MADE)
    assert link == story_link(7, web, made_at=MADE), "a message that is sent again is the same"
    assert is_signed(7, key_of(link), TOKEN_, now_s=MADE.timestamp())
    assert TOKEN not in link


@pytest.mark.parametrize(
    ("after", "opens"),
    [
        (timedelta(0), True),
        (OPENS_FOR, True),
        (OPENS_FOR + timedelta(days=1), False),
        (timedelta(days=4000), False),
    ],
)
def test_a_link_opens_for_a_season(after, opens):
    key = key_of(story_link(7, Web(public_url="https://n.example", token=TOKEN_), made_at=MADE))
    assert is_signed(7, key, TOKEN_, now_s=(MADE + after).timestamp()) is opens


def test_no_key_can_be_made_from_another():
    """Another story's, another token's, a later day with this day's signature, and what is none."""
    day = 20_549
    right = signature(7, day, TOKEN_)
    other = SecretStr("another token of some length")
    assert is_signed(7, f"{day}-{right}", TOKEN_, now_s=0)
    for given in (
        "", "é", "-", f"{day}-", f"{day}-{signature(8, day, TOKEN_)}", f"{day}-{signature(7, day, other)}",
        f"{day + 1}-{right}", f"0{day}-{right}", f" {day}-{right}", f"{day}-{right}0", f"{day}-{right[:-1]}",
        f"{day}-{right.upper()}", right, f"{'9' * 5000}-{right}", f"²-{right}", f"{day}-{'é' * 32}",
    ):  # fmt: skip
        assert not is_signed(7, given, TOKEN_, now_s=0), given
