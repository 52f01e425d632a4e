import json
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.text.urls import MAX_LENGTH, alias_key, identity_key, without_tracking

PAIRS = json.loads((Path(__file__).parents[2] / "data" / "url-pairs.json").read_text())
PAGE = "https://www.example.com/world/2026/01/06/paris-declaration-ukraine"
ESCAPED = "https%3A%2F%2Fwww.example.com%2Fworld%2F2026%2F01%2F06%2Fparis-declaration-ukraine"
BARE = PAGE.removeprefix("https://")

SAME_PAGE = [
    # Campaigns, newsletters, social networks, advertising.
    *(
        f"{PAGE}?{query}"
        for query in (
            "utm_source=rss&utm_medium=feed&utm_campaign=x&utm_term=y&utm_content=z&utm_id=7", "UTM_SOURCE=rss",
            "fbclid=IwAR0", "gclid=x&gclsrc=aw.ds&dclid=1", "gbraid=0AAAA&wbraid=1", "msclkid=77ab", "twclid=2-3",
            "ttclid=E.C", "igshid=MzRl", "igsh=abc", "mc_cid=e1&mc_eid=f2", "mkt_tok=NDIz", "_hsenc=p2A&_hsmi=88",
            "__hstc=1&__hssc=2&__hsfp=3", "_gl=1*abc", "_ga=2.3&_gac=1", "spm=a2c4e.1", "yclid=1", "ysclid=l1",
            "_openstat=x", "vero_id=1", "oly_enc_id=1", "wickedid=1", "s_kwcid=AL!1", "ef_id=x", "epik=dj0y",
            "pk_campaign=x&pk_kwd=y", "mtm_source=rss", "piwik_campaign=a", "hsa_acc=1", "srsltid=Af", "cjevent=9",
            "irclickid=1&irgwc=1", "ranMID=1&ranEAID=2&ranSiteID=3", "sf12345678=1", "elqTrackId=1&elqaid=2",
            "at_medium=RSS&at_campaign=KARANGA", "xtor=AL-72-%5Bpartner%5D",
            "ns_mchannel=rss&ns_source=publicRSS20-sa",
            "WT.mc_id=tmgoff", "wt_zmc=sm.int.zonaudev.twitter.ref", "sara_ref=re-xx-cp-sh", "xing_share=news",
            "smid=tw-share", "smtyp=cur", "partner=rss&emc=rss", "unlocked_article_code=1.Ab", "ref=rss",
            "ref=hvper.com",
            "cmpid=BBD123", "CMP=twt_gu", "cid=sm_tw", "cid=rss-all", "ICID=ref_fark", "icid=hp", "ito=1490",
            "ocid=socialflow_twitter", "ncid=txtlnk", "tsrc=rss", ".tsrc=rss", "soc_src=social-sh", "guccounter=2",
            "source=rss", "source=twitter.com", "src=tw", "via=newsletter", "from=rss", "feature=share",
            "mod=rss_latest",
            "tid=ss_fb", "itid=hp-top", "wpisrc=nl_most", "tpcc=newsletter", "srnd=premium-europe", "sref=x",
            "mbid=social_twitter", "share=facebook", "nl=email", "replytocom=77", "google_editors_picks=true",
            "outputType=amp", "output=amp", "amp=1", "amp", "amp_js_v=0.1&usqp=mq", "m=1", "print=1", "rss=1", "rss",
            "PHPSESSID=0a1b2c", "jsessionid=1", "sid=0123456789abcdef0123456789abcdef", "_=1736200000",
            "s=0123456789abcdef0123456789abcdef",
        )
    ),
    # Screens and forms of the same page.
    f"{PAGE}/", f"{PAGE}//", f"{PAGE}/amp", f"{PAGE}/amp/", f"{PAGE}.amp", f"{PAGE}/index.html", f"{PAGE}/index.php",
    f"{PAGE}/Default.aspx", f"{PAGE};jsessionid=0A1B", f"{PAGE}#comments", f"{PAGE}#xtor=RSS-1",
    f"{PAGE}#:~:text=Paris", f" {PAGE}\n", f"{PAGE}?", f"{PAGE}?&", PAGE.replace("https", "http"),
    PAGE.replace("https:", ""), PAGE.replace("www.", ""), PAGE.replace("www.", "m."), PAGE.replace("www.", "amp."),
    PAGE.replace("www.", "mobile."), PAGE.replace("www.", "www2."), PAGE.replace("example.com", "EXAMPLE.com"),
    PAGE.replace(".com/", ".com:443/"), PAGE.replace("https", "HTTPS"), PAGE.replace(".com/", ".com./"),
    PAGE.replace("www.", "user:secret@www."), PAGE.replace("/world", "/./world"), PAGE.replace("/world",
    "/x/../world"),
    PAGE.replace("/world", "//world"), PAGE.replace("/world", "/amp/world"), PAGE.replace("paris", "%70aris"),
    PAGE.replace("/world", "/(S(lit3py55t21z5v55vlm25s55))/world"),
    # Redirectors that carry the address.
    f"https://www.google.com/url?rct=j&sa=t&url={ESCAPED}&ct=ga&cd=x&usg=AOv",
    f"https://www.google.de/url?q={PAGE}&sa=D", f"https://www.google.com/amp/s/{BARE}/amp",
    f"https://www.google.co.uk/amp/{BARE}", f"https://www.bing.com/amp/s/{BARE}",
    f"https://www-example-com.cdn.ampproject.org/c/s/{BARE}?usqp=x",
    f"https://cdn.ampproject.org/v/s/{BARE}?amp_js_v=a6",
    f"https://l.facebook.com/l.php?u={ESCAPED}%3Ffbclid%3Dx&h=AT0", f"https://l.instagram.com/?u={ESCAPED}&e=AT",
    f"https://out.reddit.com/t3_1?url={ESCAPED}&token=x", f"https://t.umblr.com/redirect?z={ESCAPED}&t=x",
    f"https://href.li/?{PAGE}", f"https://vk.com/away.php?to={ESCAPED}&cc_key=",
    f"https://slack-redir.net/link?url={ESCAPED}",
    f"https://eur01.safelinks.protection.outlook.com/?url={ESCAPED}&data=05%7C01", f"https://exit.sc/?url={ESCAPED}",
    f"https://www.youtube.com/redirect?event=video&q={ESCAPED}", f"https://t.me/iv?url={ESCAPED}&rhash=1",
    f"https://getpocket.com/redirect?url={ESCAPED}", f"https://duckduckgo.com/l/?uddg={ESCAPED}&rut=1",
    f"https://www.bing.com/news/apiclick.aspx?ref=FexRss&aid=&url={ESCAPED}&c=1",
    f"https://link.zhihu.com/?target={ESCAPED}",
    f"https://r.search.yahoo.com/_ylt=A/RV=2/RE=1/RO=10/RU={ESCAPED}/RK=2/RS=x-",
    f"https://urldefense.com/v3/__{PAGE}__;!!x", f"https://web.archive.org/web/20260107000000/{PAGE}",
    f"https://web.archive.org/web/2026id_/{BARE}", f"https://go.skimresources.com/?id=1&url={ESCAPED}",
    f"https://www.awin1.com/cread.php?awinmid=1&ued={ESCAPED}", f"https://news.example.net/out?url={ESCAPED}",
    f"https://www.google.com/url?url=https%253A%252F%252F{BARE}",
    f"https://translate.google.com/translate?sl=fr&u={ESCAPED}",
    f"https://l.facebook.com/l.php?u=https%3A%2F%2Fwww.google.com%2Furl%3Fq%3D{ESCAPED.replace('%', '%25')}",
    "https://news.google.com/rss/articles/"
    + urlsafe_b64encode(b"\x08\x13\x22" + bytes([len(PAGE)]) + PAGE.encode() + b"\xd2\x01\x00").decode().rstrip("=")
    + "?oc=5",
]  # fmt: skip

EQUAL = [
    ("https://href.li/?https://example.com/a?b=1&c=2", "https://example.com/a?b=1&c=2"),
    ("https://news.google.com/read/CBMicEFVX3?hl=fr", "https://news.google.com/rss/articles/CBMicEFVX3?oc=5"),
    ("https://youtu.be/aFCO6WidGVM?si=x", "https://www.youtube.com/watch?v=aFCO6WidGVM&list=PL1&index=2"),
    ("https://m.youtube.com/shorts/aFCO6WidGVM", "https://www.youtube.com/watch?v=aFCO6WidGVM&t=4s"),
    ("https://twitter.com/desk/status/187?s=20", "https://x.com/i/web/status/187"),
    ("https://mobile.twitter.com/desk/status/187/photo/1", "https://x.com/desk/status/187"),
    ("https://fr.m.wikipedia.org/wiki/Paris", "https://fr.wikipedia.org/wiki/Paris"),
    ("https://www.bbc.co.uk/news/amp/world-123", "https://www.bbc.com/news/world-123"),
    ("https://edition.cnn.com/2026/01/06/x", "https://www.cnn.com/2026/01/06/x"),
    ("https://desk.blogspot.de/2026/01/x.html?m=1", "https://desk.blogspot.com/2026/01/x.html"),
    ("https://news.google.com/rss/articles/CBMicEFVX3?oc=5",
    "https://news.google.com/rss/articles/CBMicEFVX3?hl=en&gl=US&ceid=US:en"),
    ("https://example.com/a?b=2&a=1", "https://example.com/a?a=1&amp;b=2"),
    ("https://example.com/a?id=7&amp;utm_source=rss", "https://example.com/a?id=7"),
    ("https://example.com/%d0%9c%d0%98%d0%94", "https://example.com/МИД"),
    ("https://example.com/cafe\u0301", "https://example.com/caf%C3%A9"),
    ("https://example.com/a b", "https://example.com/a%20b"),
    ("https://example.com/story-amp.html", "https://example.com/story.html"),
    ("https://example.com/story.amp.html", "https://example.com/story.html"),
    ("https://example.com/geld-a-1f3c9b7e-amp", "https://example.com/geld-a-1f3c9b7e"),
    ("https://www.wsj.com/a?mod=hp_lead_pos1&st=Ab3", "https://www.wsj.com/a"),
    ("https://ПРИМЕР.рф/новость", "https://xn--e1afmkfd.xn--p1ai/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D1%8C"),
    ("http://127.0.0.1:8080/a/", "http://127.0.0.1:8080/a"),
]  # fmt: skip

DIFFERENT = [
    ("https://news.google.com/topics/A", "https://news.google.com/topics/B"),
    ("https://news.google.com/?edition=a", "https://news.google.com/?edition=b"),
    ("https://example.com/a?p=1", "https://example.com/a?p=2"),
    ("https://example.com/?p=1", "https://example.com/"),
    ("https://example.com/a?article=1", "https://example.com/a?article=2"),
    ("https://example.com/a?source=42", "https://example.com/a?source=43"),
    ("https://example.com/a?ref=A1", "https://example.com/a?ref=B2"),
    ("https://example.com/a?cid=world", "https://example.com/a?cid=europe"),
    ("https://example.com/a?mod=7", "https://example.com/a?mod=8"),
    ("https://example.com/a?tid=100", "https://example.com/a?tid=101"),
    ("https://example.com/a?f=12", "https://example.com/a?f=13"),
    ("https://example.com/a?from=report.pdf", "https://example.com/a?from=other.pdf"),
    ("https://example.com/a?feature=1", "https://example.com/a?feature=2"),
    ("https://example.com/a?m=7", "https://example.com/a?m=8"),
    ("https://example.com/a?rank=1", "https://example.com/a?rank=2"),
    ("https://example.com/a?tt_news=1", "https://example.com/a?tt_news=2"),
    ("https://example.com/a?tx_ttnews%5Btt_news%5D=1", "https://example.com/a?tx_ttnews%5Btt_news%5D=2"),
    ("https://example.com/A", "https://example.com/a"),
    ("https://example.com/a/b", "https://example.com/a%2Fb"),
    ("https://example.com/a%3Fb", "https://example.com/a?b"),
    ("https://example.com/#!/story/1", "https://example.com/#!/story/2"),
    ("https://example.com/#/story/1", "https://example.com/#/story/2"),
    ("https://example.com:8080/a", "https://example.com/a"),
    ("https://one.example.com/a", "https://two.example.com/a"),
    ("https://example.com/amp", "https://example.com/"),
    ("https://example.com/best-guitar-amp", "https://example.com/best-guitar"),
    ("https://example.com/redirect?url=42", "https://example.com/redirect?url=43"),
    ("https://m.co.uk/a", "https://co.uk/a"),
    ("https://www.youtube.com/watch?v=aFCO6WidGVM", "https://www.youtube.com/watch?v=aFCO6WidGVN"),
    ("https://www.youtube.com/playlist?list=PL1", "https://www.youtube.com/playlist?list=PL2"),
    ("https://example.com/a?lang=fr", "https://example.com/a?lang=en"),
    ("https://news.google.com/articles/CBMia", "https://news.google.com/articles/CBMib"),
    ("https://news.google.com/articles/CBMi-----", "https://news.google.com/articles/CBMi----A"),
]  # fmt: skip

NO_PAGE = ["https://href.li/?" * 100 + PAGE, "", "   ", "urn:uuid:1", "tag:example.com,2026:1",
"mailto:a@example.com", "javascript:alert(1)", "/a/b", "a",
    "https://", "https://?x", "https://[::1]/a", "https://exa mple.com/a", "https://\ud800.example/", "http://a..b/",
    "https://" + "a" * MAX_LENGTH, "https://\u00ad/", "data:text/html,x"]  # fmt: skip


@pytest.mark.parametrize(("one", "other", "why"), PAIRS["equal"], ids=lambda text: text[-30:])
def test_labelled_addresses_of_one_page_have_one_key(one, other, why):
    assert identity_key(one) == identity_key(other)


@pytest.mark.parametrize(("one", "other", "why"), PAIRS["different"], ids=lambda text: text[-30:])
def test_labelled_addresses_of_two_pages_have_two_keys(one, other, why):
    assert identity_key(one) != identity_key(other)


@pytest.mark.parametrize("url", SAME_PAGE)
def test_every_way_to_the_page_has_its_key(url):
    assert identity_key(url) == "//example.com/world/2026/01/06/paris-declaration-ukraine"


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_addresses_of_one_page_have_one_key(one, other):
    assert identity_key(one) == identity_key(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_addresses_of_two_pages_have_two_keys(one, other):
    assert identity_key(one)
    assert identity_key(one) != identity_key(other)


@pytest.mark.parametrize("url", NO_PAGE)
def test_what_is_no_address_of_a_page_has_no_key(url):
    assert identity_key(url) == ""


ADDRESS_LIKE = st.lists(
    st.sampled_from(
        ["https://", "http:", "//", "www.", "m.", "example", ".com", "/", "?", "&", "&amp;", "=", "#", "%",
        "%25", "%2F", "%D0",
         "amp", ".amp.html", "url", "u=", "utm_source", "..", ";sid=", "é", "\u0301", "К", "\u037e",
         "www.google.com/amp/s/",
         "https://l.facebook.com/l.php?u=", "web.archive.org/web/2026/", "youtu.be/", "x.com/a/status/", "1",
         " ", "@", ":"]
    )
).map("".join)  # fmt: skip


@given(st.one_of(st.text(), ADDRESS_LIKE, st.sampled_from(SAME_PAGE)))
def test_a_keys_key_is_itself_whatever_the_address(url):
    key = identity_key(url)
    assert identity_key(key) == key
    assert len(key) <= 9 * MAX_LENGTH


@given(st.one_of(st.text(), ADDRESS_LIKE))
def test_an_alias_is_the_key_without_its_host(url):
    alias = alias_key(url)
    assert identity_key(url).endswith(alias)
    assert not alias or alias.startswith("/")


def test_an_alias_survives_another_scheme_and_domain():
    assert alias_key("http://old.example/a/7?id=2") == alias_key(
        "https://www.new.example/a/7/?id=2&utm_source=x"
    )
    assert alias_key("https://example.com/") == ""


@pytest.mark.parametrize(
    "fragment",
    [
        "#comment-17",
        "#issuecomment-2291",
        "#c1234567",
        "#p12345",
        "#post-9",
        "#post9",
        "#msg_8",
        "#reply-3",
        "#answer-5",
    ],
)
def test_what_differs_in_the_comment_alone_is_another_entry(fragment):
    page = "https://a.example/2026/01/talks"
    assert identity_key(page + fragment) != identity_key(page)
    assert identity_key(page + fragment) != identity_key(page + fragment[:-1] + "1" * 8)
    assert identity_key(identity_key(page + fragment)) == identity_key(page + fragment)


@pytest.mark.parametrize(
    "fragment", ["#comments", "#respond", "#top", "#xtor=RSS-3208", "#p2", "#section-3", "#", "#ref=rss"]
)
def test_what_names_a_part_of_a_page_is_the_page(fragment):
    page = "https://a.example/2026/01/talks"
    assert identity_key(page + fragment) == identity_key(page)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/x?utm_source=rss&utm_medium=feed", "https://a.example/x"),
        ("https://a.example/x?id=7&utm_source=rss", "https://a.example/x?id=7"),
        ("https://a.example/x?utm_source=rss&id=7&b=%20", "https://a.example/x?id=7&b=%20"),
        ("https://a.example/x?B=2&a=1&fbclid=abc&A=3", "https://a.example/x?B=2&a=1&A=3"),
        ("https://a.example/x?UTM_Source=rss#part", "https://a.example/x#part"),
        ("https://a.example/x?a=1&amp;utm_source=rss", "https://a.example/x?a=1"),
        ("https://a.example/x?mc_cid=1&mc_eid=2&gclid=3&msclkid=4&yclid=5&igshid=6", "https://a.example/x"),
        ("https://a.example/x?at_medium=RSS&at_campaign=KARANGA", "https://a.example/x"),
        ("https://a.example/x#xtor=RSS-3208", "https://a.example/x"),
        ("https://a.example/x?a=1#utm_source=rss&utm_medium=feed", "https://a.example/x?a=1"),
        ("https://a.example/x?pk_campaign=rss&page=2", "https://a.example/x?page=2"),
        # What a page may need, or what is no parameter, stays as it is.
        ("https://a.example/x?", "https://a.example/x?"),
        ("https://a.example/x?a&b=&c=%C3%A9&&d", "https://a.example/x?a&b=&c=%C3%A9&&d"),
        (
            "https://a.example/x?unlocked_article_code=1.abc",
            "https://a.example/x?unlocked_article_code=1.abc",
        ),
        ("https://a.example/x?sharetoken=abc&sid=9", "https://a.example/x?sharetoken=abc&sid=9"),
        ("https://a.example/utm_source=rss/x", "https://a.example/utm_source=rss/x"),
        ("https://a.example/x?q=utm_source", "https://a.example/x?q=utm_source"),
        ("https://a.example/x#/story/utm", "https://a.example/x#/story/utm"),
        (
            "https://a.example/x?u=https://b.example/?utm_source=rss",
            "https://a.example/x?u=https://b.example/?utm_source=rss",
        ),
    ],
)
def test_a_link_loses_what_only_says_where_a_reader_came_from(url, shown):
    assert without_tracking(url) == shown
    assert without_tracking(shown) == shown
