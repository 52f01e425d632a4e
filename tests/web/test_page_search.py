"""The search box: everything stored, in the language of the rules."""

import re

import pytest
from house import item

NEWS = [
    item("Dockers call a strike", "All harbours of the coast."),
    item(
        "A strike of lightning",
        "Far from any dockers, far from the harbour, far from all that people do there.",
    ),
    item("Перемирие на севере", "Без выстрелов."),
    item("A truce holds"),
]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("truce", {"A truce holds"}),
        ("dockers NEAR/3 strike", {"Dockers call a strike"}),
        ("title:strike AND harbour*", {"Dockers call a strike", "A strike of lightning"}),
        ("перемирие OR truce", {"Перемирие на севере", "A truce holds"}),
        ('"call a strike"', {"Dockers call a strike"}),
        ("strike AND NOT lightning", {"Dockers call a strike"}),
        ("nothing-of-the-kind", set()),
    ],
)
async def test_a_query_finds_what_a_rule_would(site, query, titles):
    async with site(*NEWS) as page:
        text = (await page.get("/search", params={"q": query})).text
        found = {
            re.sub(r"<[^>]+>", "", one) for one in re.findall(r'<a class="headline"[^>]*>(.*?)</a>', text)
        }
        assert found == titles
        assert bool(titles) is not ("Nothing found" in text)


@pytest.mark.parametrize(("query", "column"), [("truce AND (ceasefire", 11), ("@nowhere", 1)])
async def test_a_slip_is_said_with_its_column(site, query, column):
    async with site(*NEWS) as page:
        answer = await page.get("/search", params={"q": query})
        assert answer.status_code == 200
        assert f"column {column}:" in answer.text
        assert "Not understood" in answer.text
