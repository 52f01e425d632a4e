"""Content codings: what was asked for, whole, and never more than the limit."""

import gzip
import zlib
from contextlib import suppress
from operator import sub

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import FetchError, FetchReason
from monitor.feeds.inflate import GZIP_MAGIC, STEP_BYTES, Inflater


def raw_deflate(data):
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


PACKERS = {
    "": bytes,
    "identity": bytes,
    "gzip": gzip.compress,
    "X-GZip ": gzip.compress,
    "deflate": zlib.compress,
    " Deflate": raw_deflate,
}


def unpacked(coding, chunks, *, limit_bytes=10**6):
    inflater = Inflater(coding, limit_bytes=limit_bytes)
    for chunk in chunks:
        sizes = list(inflater.feed(chunk))
        assert all(step <= STEP_BYTES for step in map(sub, sizes[1:], sizes))
    return inflater.finish()


@given(st.sampled_from(sorted(PACKERS)), st.binary(max_size=2000), st.integers(min_value=1, max_value=50))
def test_what_was_packed_comes_out_however_it_is_cut_into_chunks(coding, data, size):
    packed = PACKERS[coding](data)
    assert unpacked(coding, [packed[at : at + size] for at in range(0, len(packed), size)]) == data


@pytest.mark.parametrize("coding", sorted(PACKERS))
def test_a_body_as_large_as_the_limit_passes_and_one_byte_more_does_not(coding):
    assert len(unpacked(coding, [PACKERS[coding](bytes(1000))], limit_bytes=1000)) == 1000
    with pytest.raises(FetchError) as caught:
        unpacked(coding, [PACKERS[coding](bytes(1001))], limit_bytes=1000)
    assert caught.value.reason is FetchReason.TOO_LARGE


@given(st.sampled_from(["gzip", "deflate"]), st.binary(min_size=1, max_size=500))
def test_noise_raises_nothing_but_fetch_errors(coding, noise):
    with suppress(FetchError):
        unpacked(coding, [noise])


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_packed_body_that_ends_early_is_an_error(coding):
    with pytest.raises(FetchError) as caught:
        unpacked(coding, [PACKERS[coding](b"x" * 1000)[:-1]])
    assert caught.value.reason is FetchReason.PROTOCOL


@pytest.mark.parametrize("coding", ["gzip", "deflate", " Deflate"])
@pytest.mark.parametrize(
    "size", [STEP_BYTES - 1, STEP_BYTES, STEP_BYTES + 1, 3 * STEP_BYTES, 5 * STEP_BYTES + 7]
)
def test_a_body_of_many_steps_comes_out_whole_and_grows_by_a_step_at_a_time(coding, size):
    data = bytes(size)
    assert unpacked(coding, [PACKERS[coding](data)], limit_bytes=size) == data


@pytest.mark.parametrize(
    "rest", [b"", b"\0", b"not packed at all, but it begins so", gzip.compress(b"x" * 99, mtime=0)[3:-1]]
)
def test_what_only_looks_packed_is_what_it_is(rest):
    assert unpacked("", [GZIP_MAGIC + rest]) == GZIP_MAGIC + rest


def test_an_empty_body_is_empty_in_every_coding():
    assert [unpacked(coding, []) for coding in PACKERS] == [b""] * len(PACKERS)


def test_gzip_members_follow_each_other_and_padding_ends_them():
    packed = gzip.compress(b"one, ") + gzip.compress(b"two") + bytes(512)
    assert unpacked("gzip", [packed]) == b"one, two"


def test_what_follows_deflate_is_ignored():
    assert unpacked("deflate", [zlib.compress(b"one") + zlib.compress(b"two")]) == b"one"
