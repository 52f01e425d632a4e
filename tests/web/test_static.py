"""What the browser gets beside the pages."""

import re
from hashlib import sha256
from pathlib import Path

import pytest

import monitor.web.site

STATIC = monitor.web.site.STATIC
TEMPLATES = Path(monitor.web.__file__).parent / "templates"


def test_what_is_of_others_is_what_its_readme_says():
    rows = re.findall(
        r"^\| `([\w.-]+)` \| .* \| `([0-9a-f]{64})` \|$", (STATIC / "README.md").read_text(), re.MULTILINE
    )
    assert rows
    for name, digest in rows:
        assert sha256((STATIC / name).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_a_template_has_no_script_or_style_of_its_own_and_asks_nobody_else(path):
    text = path.read_text()
    assert not re.search(r"<style|<script(?![^>]*src=\"/static/)|\son\w+=|\sstyle=|javascript:", text)
    assert not re.search(r"(src|href|action)=\"(https?:)?//", text)
    assert "|safe" not in text
    assert "autoescape" not in text


COLOURS = {"ink", "quiet", "accent", "bad", "good"}


def colours(scheme):
    css = (STATIC / "page.css").read_text()
    blocks = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    found = {}
    for block in blocks[: 1 if scheme == "light" else 2]:
        found |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
    return found


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_on_every_ground(scheme):
    """WCAG 2.2, 1.4.3."""
    found = colours(scheme)
    pairs = [(text, ground) for text in COLOURS for ground in ("paper", "sheet", "tint")]
    pairs += [("on-accent", "accent"), ("on-mark", "mark"), ("paper", "bad")]
    low = {pair: contrast(found[pair[0]], found[pair[1]]) for pair in pairs}
    assert {pair: round(value, 2) for pair, value in low.items() if value < 4.5} == {}
