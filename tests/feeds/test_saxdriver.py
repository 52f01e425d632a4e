import xml.sax
from io import BytesIO

import feedparser
import pytest

from monitor.feeds import saxdriver, xmlfeed

PAGE = b"<a>one\ntwo &#8217; three &amp; four\n<![CDATA[five]]> six<b/>seven</a>"


class Texts(xml.sax.ContentHandler):
    def __init__(self):
        super().__init__()
        self.given = []

    def characters(self, content):
        self.given.append(content)


def texts(*drivers):
    reader = xml.sax.make_parser(drivers)  # noqa: S317 - reads nothing but PAGE
    reader.setContentHandler(handler := Texts())
    reader.parse(BytesIO(PAGE))
    return handler.given


def test_text_comes_in_one_piece_and_is_the_same_text():
    assert texts(saxdriver.__name__) == ["one\ntwo ’ three & four\nfive six", "seven"]
    assert "".join(texts()) == "".join(texts(saxdriver.__name__))
    assert len(texts()) > 2


def test_feedparser_reads_with_it():
    assert xmlfeed.feedparser.api.PREFERRED_XML_PARSERS[0] == saxdriver.__name__


@pytest.mark.parametrize(
    "text", ["a\nb &amp; c", "&lt;p&gt;a&lt;/p&gt;\n&lt;p&gt;b&lt;/p&gt;", "<![CDATA[a\n<b>b</b>]]> c"]
)
def test_feedparser_reads_the_same_with_it_and_without(text):
    document = f'<rss version="2.0"><channel><item><description>{text}</description></item></channel></rss>'
    drivers = feedparser.api.PREFERRED_XML_PARSERS
    ours = feedparser.parse(BytesIO(document.encode())).entries
    drivers.remove(saxdriver.__name__)
    try:
        assert feedparser.parse(BytesIO(document.encode())).entries == ours
    finally:
        drivers.insert(0, saxdriver.__name__)
