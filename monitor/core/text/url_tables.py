"""What `urls` knows of the web's addresses: tables alone, every name lower case.

Gathered from the link habits of publishers, mail and ad systems; a name stands here only where no article
is chosen by it. A name that chooses articles on some sites stands in `REFERRAL`, and there its value decides.
"""

from __future__ import annotations

import re
from typing import Final

MEDIUM_LABELS: Final = frozenset(
    {"3g", "amp", "lite", "m", "mobi", "mobil", "mobile", "movil", "touch", "wap"}
)
"""Host labels that say for which screen, not which page."""

WWW: Final = re.compile(r"www?\d{0,2}|web\d")

SHARED_SECOND_LEVEL: Final = frozenset(
    {"ac", "co", "com", "edu", "go", "gob", "gov", "gouv", "ne", "net", "or", "org"}
)
"""Before a country's two letters these are no site's own label (`co.uk`)."""

SAME_HOST: Final = {
    "bbc.co.uk": "bbc.com",
    "edition.cnn.com": "cnn.com",
    "us.cnn.com": "cnn.com",
    "guardian.co.uk": "theguardian.com",
    "new.reddit.com": "reddit.com",
    "np.reddit.com": "reddit.com",
    "old.reddit.com": "reddit.com",
    "twitter.com": "x.com",
    "fxtwitter.com": "x.com",
    "vxtwitter.com": "x.com",
    "nitter.net": "x.com",
    "youtube-nocookie.com": "youtube.com",
    "music.youtube.com": "youtube.com",
}

ALWAYS_PREFIXES: Final = (
    "__cf_", "__cft__", "__hs", "__twitter", "_branch_", "_ga", "_hs", "_openstat", "aff_", "amp_", "at_",
    "cm_", "cx_", "elq", "estat_", "fb_", "ga_", "gaa_", "gad_", "google_", "gucco", "guce_", "hsa_",
    "ir_", "itm_", "matomo_", "mc_", "mkt_", "ml_", "mtm_", "nr_email", "ns_", "oly_", "piwik_", "pk_",
    "rb_", "rdt_", "sara_", "sc_", "share_", "spjob", "spmailing", "spreport", "spuser", "stm_", "tblci",
    "td_", "trc_", "trk_", "tt_content", "tt_medium", "utm-", "utm.", "utm_", "vero_", "wt.", "wt_",
    "xtor", "xts",
)  # fmt: skip
"""Beginnings of parameters that campaigns add."""

ALWAYS: Final = frozenset({
    # Click ids of ad systems and networks.
    "_gl", "adclid", "aff", "affid", "affiliate", "afftrack", "awc", "bxid", "cjdata", "cjevent",
    "click_id", "clickid", "dclid", "dicbo", "ef_id", "epik", "fbclid", "gbraid", "gclid", "gclsrc",
    "gps-source", "igsh", "igshid", "irclickid", "irgwc", "li_fat_id", "mibextid", "msclkid", "oborigurl",
    "raneaid", "ranmid", "ransiteid", "rdid", "s_kwcid", "sccid", "srsltid", "sscid", "tduid", "ttclid",
    "twclid", "vgo_ee", "wbraid", "wickedid", "yclid", "ymclid", "ysclid", "zanpid",
    # Newsletters and mailings.
    "campaign", "campaign_id", "campaignid", "ck_subscriber_id", "cndid", "dm_i", "dm_t", "email_hash",
    "emc", "esrc", "et_cid", "et_rid", "hash_email", "instance_id", "mailid", "newsletter_id",
    "newsletterid", "nlid", "regi_id", "segment_id", "subscriber_id", "trk", "trkcampaign", "utm",
    # Publishers, each with its own name for the same.
    ".tsrc", "ab_channel", "abt", "akmobile", "asrc", "carta-url", "cmp", "cmpid", "cn-reloaded", "cvid",
    "ftag", "ftcamp", "gift", "giftcopy", "guccounter", "gucereferrer", "hpid", "hss_channel", "icid",
    "int_campaign", "int_cid", "int_medium", "int_source", "intcid", "intcmp", "itid", "ito",
    "leadsource", "maca", "mbid", "mkcid", "mkrid", "nb", "ncid", "ocid", "pwapi_token", "recirc",
    "ref_src", "ref_url", "referer", "referrer", "referringsource", "reflink", "replytocom", "s_campaign",
    "s_cid", "s_source", "sharetoken", "smid", "smprod", "smtyp", "soc_src", "soc_trk", "sr_share",
    "sref", "srnd", "taid", "tpcc", "traffic_source", "tsrc", "unlocked_article_code", "wpisrc", "wpmm",
    "wprss", "wtrid", "xing_share", "xnewsletter", "xrs", "xtref", "yptr",
    # Apps that share.
    "bbid", "chksm", "isappinstalled", "nsukey", "scm", "sharer_shareid", "sharer_sharetime", "spm",
    "spm_id_from", "vd_source", "wfr",
    # Sessions and caches.
    "_", "asp.net_sessionid", "cachebuster", "cfid", "cftoken", "jsessionid", "nocache", "oscsid",
    "phpsessid", "sessid", "session_id", "sessionid", "zenid",
    # The phone's page of the same page.
    "_amp", "amp", "isamp", "usqp",
})  # fmt: skip

TRACKING_PREFIXES: Final = (
    "_hs", "at_campaign", "at_custom", "at_link", "at_medium", "at_ptr", "hsa_", "matomo_", "mc_", "mtm_",
    "oly_", "piwik_", "pk_", "utm-", "utm.", "utm_", "vero_", "xtor",
)  # fmt: skip
TRACKING: Final = frozenset({
    "__s", "_branch_match_id", "_ga", "_gl", "adclid", "cmpid", "dclid", "dicbo", "ef_id", "epik", "fbclid",
    "gad_source", "gbraid", "gclid", "gclsrc", "igsh", "igshid", "irclickid", "li_fat_id", "mibextid",
    "mkt_tok", "msclkid", "ns_campaign", "ns_mchannel", "ns_source", "rb_clickid", "s_cid", "s_kwcid",
    "sccid", "srsltid", "ttclid", "twclid", "wbraid", "wickedid", "wt_mc", "wt_zmc", "yclid", "ymclid",
    "ysclid", "zanpid",
})  # fmt: skip
"""What only says where a reader came from (Firefox's and ClearURLs' lists): no page needs it, so a link may lose it.

Fewer than those that tell no page from another: a gift's code or a session opens what is closed without it.
"""

ALWAYS_PATTERN: Final = re.compile(r"sf\d{5,}|aspsessionid\w*|hsctatracking|__s|s_trwcid")
"""Names that carry a number, such as SocialFlow's."""

VALUES: Final = {
    "format": re.compile(r"amp|rss"),
    "layout": re.compile(r"amp|rss"),
    "m": re.compile(r"[01]"),
    "mobile": re.compile(r"|[01]|true|yes"),
    "mode": re.compile(r"amp|rss"),
    "output": re.compile(r"amp|rss"),
    "outputtype": re.compile(r"amp.*|rss"),
    "print": re.compile(r"|1|true|yes|print"),
    "printable": re.compile(r"|1|true|yes"),
    "rss": re.compile(r"|[01]|true|yes|rss"),
    "s": re.compile(r"[0-9a-f]{32,}"),
    "sid": re.compile(r"[0-9a-f]{26,}"),
    "type": re.compile(r"amp|rss"),
    "view": re.compile(r"amp|rss|print|mobile"),
}
"""Parameters that go where the whole value (folded to lower case) is one of these."""

REFERRAL: Final = frozenset({
    "c", "channel", "cid", "client", "f", "feature", "feed", "from", "fromref", "link", "link_source",
    "linkid", "location", "medium", "mod", "nl", "origin", "partner", "pos", "position", "promo", "re",
    "ref", "ref_", "refer", "reffrom", "refid", "refsource", "rel", "sc", "section_source", "share",
    "shareby", "shared", "site_source", "source", "sourceid", "sp", "sr", "src", "srcid", "st", "te",
    "tid", "track", "tracking", "via", "x", "xid",
})  # fmt: skip
"""Parameters that name where the reader came from on some sites and choose the article on others."""

REFERRAL_WORDS: Final = frozenset({
    "applenews", "bluesky", "bsky", "btn", "copylink", "copyurl", "cpc", "digg", "email", "emailshare",
    "facebook", "fb", "fbpage", "feed", "feedburner", "feedly", "feeds", "flipboard", "frontpage",
    "gnews", "googlenews", "googlerss", "gplus", "homepage", "hootsuite", "ifttt", "inoreader",
    "instagram", "instapaper", "linkedin", "mailing", "mastodon", "mostpopular", "mostread", "newsfeed",
    "newsletter", "newsletters", "newsshowcase", "oembed", "outbrain", "partage", "pinterest", "readmore",
    "recommended", "reddit", "rss", "rss2", "rssfeed", "share", "sharebar", "sharing", "smartnews",
    "socialflow", "socialmedia", "syndication", "taboola", "telegram", "tiktok", "trending", "tumblr",
    "twitter", "upday", "webfeed", "webpush", "wechat", "weibo", "weixin", "whatsapp", "xing", "youtube",
})  # fmt: skip
"""One of these in a value makes it a referral."""

REFERRAL_FILLERS: Final = frozenset({
    "alert", "alerts", "amp", "android", "app", "apple", "apps", "article", "atom", "banner", "bing",
    "bottom", "box", "button", "copy", "daily", "desktop", "direct", "end", "footer", "google", "header",
    "hn", "home", "hp", "ig", "internal", "ios", "ipad", "iphone", "kakao", "latest", "line", "link",
    "mail", "menu", "messenger", "mobile", "msn", "nav", "navbar", "naver", "news", "nl", "notification",
    "organic", "page", "partner", "pocket", "popular", "popup", "promo", "push", "related", "search",
    "sidebar", "site", "slack", "sm", "snapchat", "social", "story", "teaser", "threads", "ticker",
    "toolbar", "top", "tw", "twt", "viber", "vk", "wa", "web", "widget", "x", "yahoo", "yandex", "yt",
    "zen",
})  # fmt: skip
"""Where all words of a value are of these, or of those above, or numbers, it is one too."""

REFERRAL_SITES: Final = frozenset({"feature", "from", "origin", "ref", "refer", "source", "src", "via"})
"""Of `REFERRAL`: those whose value may be the host that the reader came from."""

SITE: Final = re.compile(
    r"(?:https?://)?(?:[a-z0-9-]+\.)+(?!html?\b|php|pdf|xml|aspx?\b|jpe?g|png|json|txt)[a-z]{2,}(?:/.*)?"
)

HOST_PARAMETERS: Final = {
    "baijiahao.baidu.com": frozenset({"for"}),
    "barrons.com": frozenset({"mod", "st"}),
    "facebook.com": frozenset(
        {"__tn__", "__xts__", "ref", "refsrc", "hc_ref", "hc_location", "paipv", "eav", "locale"}
    ),
    "forbes.com": frozenset({"sh", "ss"}),
    "ft.com": frozenset({"segmentid", "accesstoken", "desktop"}),
    "linkedin.com": frozenset({"lipi", "licu", "originalsubdomain", "rcm"}),
    "marketwatch.com": frozenset({"mod", "st", "siteid", "link"}),
    "medium.com": frozenset({"sk", "source", "gi"}),
    "msn.com": frozenset({"ei", "pc", "apiversion"}),
    "news.google.com": frozenset({"ceid", "gl", "hl", "oc"}),
    "nytimes.com": frozenset(
        {"_r", "hp", "nl", "partner", "pgtype", "region", "rref", "smid", "te", "user_id", "wt.nav"}
    ),
    "reddit.com": frozenset({"context", "ref", "ref_source", "rdt", "st", "sh"}),
    "spotify.com": frozenset({"si", "dlsi"}),
    "substack.com": frozenset(
        {"r", "s", "showwelcome", "triedredirect", "publication_id", "post_id", "isfreemail"}
    ),
    "t.me": frozenset({"embed", "single"}),
    "telegraph.co.uk": frozenset({"li_source", "li_medium"}),
    "tiktok.com": frozenset({"_r", "_t", "is_copy_url", "is_from_webapp", "sender_device"}),
    "washingtonpost.com": frozenset({"tid", "arc404", "outputtype", "no_nav"}),
    "wsj.com": frozenset({"mod", "st"}),
    "x.com": frozenset({"cxt", "lang", "ref", "s", "t"}),
}
"""Parameters that choose nothing on these sites and their subdomains."""

ADDRESS_PARAMETERS: Final = (
    "url", "u", "q", "to", "target", "uddg", "z", "adurl", "murl", "ued", "urllink", "redirect",
    "redirect_url", "redirect_uri", "redirecturl", "redir", "dest", "desturl", "destination", "goto",
    "link", "href", "a", "r", "p", "imgrefurl", "ru", "out", "site", "continue", "next", "return",
    "returnurl", "return_to", "returnto", "ref_url",
)  # fmt: skip
"""Where redirectors keep the address, the most telling first."""

REDIRECTORS: Final = frozenset({
    "anrdoezrs.net", "awin1.com", "click.linksynergy.com", "cr.naver.com", "disq.us", "dpbolvw.net",
    "duckduckgo.com", "exit.sc", "flipboard.com", "getpocket.com", "go.redirectingat.com",
    "go.skimresources.com", "googleadservices.com", "href.li", "jdoqocy.com", "kqzyfj.com",
    "l.facebook.com", "l.instagram.com", "l.messenger.com", "l.threads.com", "l.threads.net",
    "l.workplace.com", "link.juejin.cn", "link.zhihu.com", "linksynergy.com", "lm.facebook.com",
    "news.url.google.com", "out.reddit.com", "outgoing.prod.webservices.mozgcp.net",
    "protection.outlook.com", "redirect.viglink.com", "redirectingat.com",
    "safelinks.protection.outlook.com", "shareasale.com", "slack-redir.net", "steamcommunity.com",
    "t.umblr.com", "tkqlhce.com", "translate.google.com", "urldefense.proofpoint.com", "vk.com",
    "weibo.cn",
})  # fmt: skip
"""Sites, with their subdomains, that carry the address of another page in a parameter or bare after `?`."""

REDIRECTING_SEGMENTS: Final = frozenset({
    "aclk", "adclick", "apiclick.aspx", "away", "away.php", "click", "clicks", "ct", "exit", "external",
    "go", "goto", "imgres", "iv", "jump", "l", "l.php", "leave", "link", "linkfilter", "linkout", "out",
    "outbound", "outgoing", "r", "r.cfm", "redir", "redirect", "redirect.php", "redirector", "sinaurl",
    "track", "tracking", "url",
})  # fmt: skip
"""Last path segments of redirectors anywhere: they need an address on another site in a parameter."""

SESSION_PARAMETER: Final = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*", re.IGNORECASE)

INDEX_PAGE: Final = re.compile(
    r"(?:index|default)\.(?:html?|xhtml|shtml|php\d?|aspx?|jsp|cfm|do)", re.IGNORECASE
)

AMP_SUFFIX: Final = re.compile(
    r"(?:\.amp(?P<page>\.html?)?|[._-]amp(?P<page2>\.html?)|(?<=[0-9a-f]{4})-amp)$", re.IGNORECASE
)
"""`story.amp`, `story.amp.html`, `story-amp.html`, `…-1a2b3c4d-amp`."""

SESSION_SEGMENT: Final = re.compile(r"\([a-z]\([a-z0-9]{20,}\)\)", re.IGNORECASE)
"""ASP.NET keeps a session in the path: `/(S(lit3py55t21z5v55vlm25s55))/`."""

CARRIERS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"//(?:[\w-]+\.)?google\.[a-z.]+/amp/(?:s/)?(.+\..+)",
        r"//(?:[\w-]+\.)?bing\.com/amp/(?:s/)?(.+\..+)",
        r"//(?:[\w-]+\.)?cdn\.ampproject\.org/[a-z](?:/s)?/([^/]+\..+)",
        r"//(?:[\w-]+\.)?bing-amp\.com/[a-z](?:/s)?/([^/]+\..+)",
        r"//web\.archive\.org/web/\d+[a-z_*]*/(.+\..+)",
        r"//r\.search\.yahoo\.com/.*/RU=([^/]+)",
        r"//urldefense\.com/v3/__(.+?)__;",
        r"//go\.theregister\.(?:com|co\.uk)/(?:feed|k)/(.+\..+)",
        r"//12ft\.io/(https?:.+)",
    )
)
"""Redirectors that carry the address in their path, with or without a scheme."""

GOOGLE_NEWS_ID: Final = re.compile(r"/(?:rss/)?(?:articles|read|__i/rss/rd/articles)/([\w-]+)")
"""The older ids are base64 of a record that holds the address; in newer ones nothing can be read."""

VIDEO_PATH: Final = re.compile(r"/(?:embed|shorts|live|v)/([\w-]{6,})")

STATUS_PATH: Final = re.compile(r"/(?:i/web|[^/]+)/status(?:es)?/(\d+)(?:/.*)?")

BLOGSPOT: Final = re.compile(r"\.blogspot\.[a-z.]+$")
"""Blogs that answer under every country's domain."""

DOOR_OPENER: Final = r"(?:api_?|access_?|auth_?)?(?:key|token|secret|password|passwd|sig|signature)"
"""A pattern, in either case: the parameters whose values open a door."""

POST_FRAGMENT: Final = re.compile(
    r"#(?:(?:[a-z]{1,20}-?)?(?:comment|reply|answer|post|message|msg)[-_=]?\d{1,20}|[cp]\d{4,20})",
    re.IGNORECASE,
)
"""One of many on a page: `#comment-17`, `#issuecomment-17`, Blogger's `#c1234567`, phpBB's `#p12345`. `#comments`,
`#respond` and what names a part of an article are none."""
