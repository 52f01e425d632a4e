"""Which addresses are the public internet (`politeness.md` 15)."""

import ipaddress
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.addresses import address_family, is_address, is_public

PUBLIC = [
    "8.8.8.8",
    "93.184.215.14",
    "172.32.0.1",  # just past 172.16/12
    "100.128.0.1",  # just past 100.64/10
    "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
    "2a00:1450:4001:82b::200e",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
]
INSIDE = [
    "0.0.0.0", "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1",
    "169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192", "168.63.129.16", "192.0.2.1",
    "198.18.0.1", "198.51.100.1", "203.0.113.1", "192.88.99.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
    "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::8.8.8.8", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1",
    "ff02::1", "ff0e::1", "2001:db8::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::8.8.8.8", "2002:7f00:1::", "2002:808:808::1",
    "100::1",
]  # fmt: skip
NONSENSE = ["", "example.org", "1.2.3", "1.2.3.4.5", "[::1]", "8.8.8.8/32", "٨.٨.٨.٨", "%", "localhost"]


@pytest.mark.parametrize("address", PUBLIC)
def test_the_public_internet_may_be_asked(address):
    assert is_public(address)


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_inside_a_house_may_not(address):
    assert is_address(address)
    assert not is_public(address)


@pytest.mark.parametrize("address", NONSENSE)
def test_what_is_no_address_is_not_public(address):
    assert not is_address(address)
    assert not is_public(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_alike_in_every_wrapping(address):
    mapped = ipaddress.IPv6Address(b"\0" * 10 + b"\xff\xff" + address.packed)
    translated = ipaddress.IPv6Address(ipaddress.IPv6Address("64:ff9b::").packed[:12] + address.packed)
    assert is_public(str(mapped)) == is_public(str(translated)) == is_public(str(address))


@given(st.ip_addresses())
def test_nothing_is_public_that_the_register_says_is_not(address):
    wrapped = address.version == 6 and (
        address.ipv4_mapped or address in ipaddress.ip_network("64:ff9b::/96")
    )
    assert address.is_global or wrapped or not is_public(str(address))


@pytest.mark.parametrize(
    ("host", "family"),
    [
        ("127.0.0.1", socket.AF_INET), ("203.0.113.255", socket.AF_INET), ("::1", socket.AF_INET6),
        ("::ffff:127.0.0.1", socket.AF_INET6), ("fe80::1%lo", None), ("127.1", None), ("0x7f.1", None),
        ("0127.0.0.1", None), ("127.0.0.1.", None), ("2130706433", None), ("١٢٧.0.0.1", None), ("a.example", None),
        ("", None),
    ],
)  # fmt: skip
def test_only_an_address_as_it_is_written_is_connected_to_unasked(host, family):
    """Python and C must not read a host in two ways: what is checked is what is connected to."""
    assert address_family(host) == family
    if family is not None:
        ((_, _, _, _, found),) = {
            (*one[:4], one[4][:2]) for one in socket.getaddrinfo(host, 80, type=socket.SOCK_STREAM)
        }
        assert found == (host, 80)
