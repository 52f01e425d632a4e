"""Messages in several scripts, and titles that somebody wrote to do harm."""

from datetime import UTC, datetime

from monitor.model import (
    AlertKind,
    Entry,
    Field,
    Line,
    Match,
    Message,
    Report,
    RuleName,
    Span,
    Story,
)

PARIS = RuleName(id="paris", title="Paris Declaration")

LATIN = {
    "language": "de",
    "outlet": "Tageblatt",
    "title": "Ukraine-Gipfel: „Pariser Erklärung“ sieht bindende Sicherheitsgarantien vor",
    "summary": "35 Staaten einigen sich im Élysée-Palast auf Zusagen für die Zeit nach einem Waffenstillstand.",
    "content": "Die „Koalition der Willigen“ hat sich am 6. Januar auf ein Papier verständigt.\n"
    "M. Macron, Starmer & Selenskyj unterzeichneten außerdem eine Absichtserklärung.",
    "url": "https://www.tageblatt.example/politik/ukraine-gipfel?a=1&b=2",
    "published": "2026-01-06T20:22:00+01:00",
    "seen": "2026-01-06T20:24:09+01:00",
    "marks": [("content", "Koalition der Willigen"), ("title", "Pariser Erklärung")],
}
CYRILLIC = {
    "language": "ru",
    "outlet": "Лента дня",
    "title": "МИД назвал парижскую декларацию далекой от мирного урегулирования",
    "summary": "Западные подразделения и склады на Украине будут считаться законными боевыми целями.",
    "url": "https://lenta-dnya.example/news/2026/01/08/mid_deklaraciya/",
    "published": "2026-01-08T13:10:00+03:00",
    "seen": "2026-01-08T13:12:00+03:00",
    "marks": [("title", "парижскую декларацию")],
}
ARABIC = {
    "language": "ar",
    "outlet": "أخبار اليوم العالمي",
    "title": "موسكو: أي قوات غربية في أوكرانيا ستكون أهدافاً مشروعة",
    "summary": "زاخاروفا تتهم كييف وحلفاءها بتشكيل «محور حرب» بعد قمة ائتلاف الراغبين.",
    "url": "https://akhbaralyoum.example/world/2026/01/08/zakharova-ahdaf-mashroua",
    "published": "2026-01-08T15:10:00+03:00",
    "seen": "2026-01-09T00:30:00+03:00",
    "marks": [("summary", "ائتلاف الراغبين")],
}
CHINESE = {
    "language": "zh",
    "outlet": "环球晨报",
    "title": "“志愿联盟”巴黎峰会达成共识 英法承诺停火后向乌克兰派兵",
    "summary": "35国代表6日在爱丽舍宫通过联合声明。马克龙、斯塔默和泽连斯基另签署意向声明。",
    "url": "https://asia.ribao.example/zh/world/20260107/568001.html",
    "published": None,
    "seen": "2026-01-07T07:25:00+08:00",
    "marks": [("summary", "意向声明"), ("title", "志愿联盟")],
}

HOSTILE_TITLES = {
    "newlines": "Paris\r\nBcc: everybody@example.org\r\n\r\nbody",
    "other line ends": "Paris\u2028Bcc: a@example.org\u2029\x85\x0b\x0c\x1c\x1d\x1eend",
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)> & \"quotes\" 'too'",
    "templates": "{{ 7 * 7 }} {% raw %} ${x} %(x)s {0}",
    "markdown": "**bold** [link](https://evil.example) `code` <!channel> @everyone",
    "terminal": "\x1b[2J\x1b]0;owned\x07\x9b31mred\x1b[0m[bold]rich[/bold] :smile:",
    "right to left": "\u202egnp.exe\u202c \u2066isolated\u2069 \u2067unclosed",
    "nothing to see": "\u200e\u2060\x00\x7f",
    "half a pair": "Paris \ud83d Declaration",
    "accents": "Z" + "\u0301" * 5000,
    "very long": "Pariser Erklärung 巴黎宣言 " * 5000,
    "one long word": "あ" * 5000,
    "encoded": "=?utf-8?q?Bcc=3A?= =?utf-8?b?8J+Yig==?=",
    "flags": "🇫🇷🇺🇦" * 200 + "👩‍👩‍👧‍👦" * 100,
}


def at(written: str) -> datetime:
    return datetime.fromisoformat(written).astimezone(UTC)


def span(entry: Entry, field: str, words: str) -> Span:
    start = getattr(entry, field).index(words)
    return Span(Field(field), start, start + len(words))


def report(source: dict, *, number: int = 1) -> Report:
    entry = Entry(
        id=number,
        feed_id=f"feed-{number}",
        title=source["title"],
        summary=source.get("summary", ""),
        content=source.get("content", ""),
        url=source.get("url"),
        language=source.get("language"),
        author=source.get("author", ""),
        categories=source.get("categories", ()),
        published_at=at(source["published"]) if source.get("published") else None,
        first_seen_at=at(source["seen"]),
        fetched_at=at(source["seen"]),
        story_id=88,
    )
    spans = tuple(span(entry, field, words) for field, words in source.get("marks", ()))
    matches = (Match(rule_id="paris", rule_version="1", spans=spans),)
    return Report(entry=entry, outlet=source["outlet"], feed_id=entry.feed_id, matches=matches)


def message(*sources: dict, **changed) -> Message:
    """A first message about the story that `sources` tell, in Paris time."""
    reports = tuple(report(source, number=number) for number, source in enumerate(sources, 1))
    seen_at = reports[0].entry.first_seen_at if reports else at("2026-01-06T20:24:09+01:00")
    title = reports[0].entry.title if reports else ""
    values = {
        "id": "5f2b0c9e7d3a41868b1f0e6a9c4d7e21",
        "thread_id": "c0ffee00c0ffee00c0ffee00c0ffee00",
        "first_in_thread": True,
        "kind": AlertKind.NEW,
        "alert_id": 41,
        "story": Story(id=88, title=title, first_seen_at=seen_at, last_seen_at=seen_at),
        "rules": (PARIS,),
        "reports": reports,
        "outlets": len(reports),
        "languages": tuple(dict.fromkeys(it.entry.language or "" for it in reports)),
        "created_at": seen_at,
        "zone": "Europe/Paris",
    }
    return Message(**(values | changed))


def line(source: dict, **changed) -> Line:
    """A story of a summary, told by one outlet."""
    told = report(source)
    values = {
        "alert_id": 7,
        "title": source["title"],
        "story_id": 88,
        "entry_id": told.entry.id,
        "outlet": told.outlet,
        "url": told.entry.url,
        "language": told.entry.language,
        "rules": (PARIS,),
        "created_at": told.entry.first_seen_at,
        "outlets": 1,
        "outlets_then": 1,
        "languages": (source["language"],),
    }
    return Line(**(values | changed))


def titled(title: str, **changed) -> Message:
    """A message about one entry with this title."""
    return message(LATIN | {"title": title, "content": "", "marks": ()}, **changed)
