"""Feeds in files: read, never written; unchanged ones are not read (`politeness.md` 22)."""

import os

import pytest

from monitor.errors import FetchError, FetchReason
from monitor.feeds.files import read_file
from monitor.model import FetchRequest, NotModified


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "grüße & feed.xml"
    file.write_bytes(b"<rss/>")
    return file


def read(url, *, limit_bytes=1000, etag=None):
    return read_file(FetchRequest(url=url, etag=etag), limit_bytes=limit_bytes)


def test_a_file_is_read_whole(file):
    response = read(file.as_uri())
    assert response.body == b"<rss/>"
    assert response.url == file.as_uri()


async def test_a_fetcher_reads_files(fetcher, file):
    assert (await fetcher.fetch(FetchRequest(url=file.as_uri()))).body == b"<rss/>"


def test_the_host_localhost_and_no_host_are_this_machine(file):
    bare = file.as_uri().removeprefix("file://")
    assert read(f"file://localhost{bare}").body == read(f"file:{bare}").body == b"<rss/>"


def test_an_unchanged_file_is_not_modified(file):
    etag = read(file.as_uri()).etag
    assert read(file.as_uri(), etag=etag) == NotModified(etag=etag)


@pytest.mark.parametrize("change", ["content", "time", "replaced"])
def test_a_changed_file_is_read_again(file, change):
    etag = read(file.as_uri()).etag
    status = file.stat()
    if change == "content":
        file.write_bytes(b"<rss></rss>")
    elif change == "time":
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    else:
        other = file.with_name("other")
        other.write_bytes(b"<rdf/>")
        os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
        other.replace(file)
    assert read(file.as_uri(), etag=etag).etag != etag


def test_a_file_as_large_as_the_limit_is_read_and_one_byte_more_is_not(file):
    assert len(read(file.as_uri(), limit_bytes=6).body) == 6
    with pytest.raises(FetchError) as caught:
        read(file.as_uri(), limit_bytes=5)
    assert caught.value.reason is FetchReason.TOO_LARGE


def test_what_is_no_readable_file_is_an_error(tmp_path):
    """A pipe would wait for a writer, a device never end."""
    os.mkfifo(tmp_path / "pipe")
    for url in [
        (tmp_path / "pipe").as_uri(),
        (tmp_path / "missing").as_uri(),
        tmp_path.as_uri(),
        "file:///dev/zero",
        "file://elsewhere/feed.xml",
        "file:relative.xml",
        "file:///nul%00",
        "file:///" + "x" * 5000,
        "file:",
    ]:
        with pytest.raises(FetchError) as caught:
            read(url)
        assert caught.value.reason is FetchReason.FILE, url
