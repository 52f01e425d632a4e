"""A feed's own title stands alone only where its host says the same."""

import pytest

from monitor.core.alerts.outlet import outlet


@pytest.mark.parametrize(
    ("title", "url"),
    [
        ("The Guardian", "https://www.theguardian.com/world/rss"),
        ("Le Monde.fr - Actualités", "https://www.lemonde.fr/rss/une.xml"),
        ("SPIEGEL ONLINE", "https://www.spiegel.de/index.rss"),
        ("Der Tagesspiegel: Politik", "https://www.tagesspiegel.de/contentexport/feed/politik"),
        ("Telegraph.co.uk", "https://www.telegraph.co.uk/rss.xml"),
        ("EL PAÍS: el periódico global", "https://feeds.elpais.com/mrss"),
        ("Süddeutsche Zeitung", "https://rss.sueddeutsche.de/app"),
        ("Українська правда", "https://www.pravda.com.ua/rss/"),
        ("Wire", "http://127.0.0.1:8080/feed"),
        ("Wire", "http://[::1]/feed"),
        ("Wire", "http://192.168.1.4/feed"),
        ("Wire", "http://intranet/feed"),
        ("Wire", "file:///srv/wire.xml"),
    ],
)
def test_a_title_that_the_host_bears_out_stands_alone(title, url):
    assert outlet(title, url=url) == title


@pytest.mark.parametrize(
    ("title", "url", "site"),
    [
        ("Reuters", "https://mole.example/feed", "mole.example"),
        ("Reuters", "https://reuters.mole.example/feed", "mole.example"),
        ("Reuters", "https://reuters.com.mole.example/feed", "mole.example"),
        ("Reuters", "https://mole.example:443/reuters.com", "mole.example"),
        ("Reuters", "https://reuters.com@mole.example/feed", "mole.example"),
        ("Reuters", "https://reuters.com.co.uk/feed", "com.co.uk"),
        ("Reuters", "https://reuters-world.example/feed", "reuters-world.example"),
        ("Reuters", "https://8.8.8.8/feed", "8.8.8.8"),
        ("Reuters", "https://reuters.blogspot.com/feed", "blogspot.com"),
        ("Reuters", "https://xn--ruters-5ve.example/feed", "xn--ruters-5ve.example"),
        ("The NYT", "https://ny.example/feed", "ny.example"),
        ("BBC News", "https://feeds.bbci.co.uk/news/rss.xml", "bbci.co.uk"),
        ("新華網", "http://www.news.cn/rss", "news.cn"),
        ("وكالة الأنباء", "https://wafa.ps/rss", "wafa.ps"),
    ],
)
def test_else_the_host_is_said_beside_it(title, url, site):
    assert outlet(title, url=url) == f"{title} ({site})"


@pytest.mark.parametrize("url", ["", "http://", "http://[", "no address", "http://a..b/"])
def test_an_address_that_is_none_breaks_nothing(url):
    assert outlet("Wire", url=url).startswith("Wire")
