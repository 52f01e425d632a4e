"""Which network addresses a feed may lead to: the public internet, and nothing inside anybody's house.

Promise: pure, and false in doubt. `ipaddress.is_global` alone lets multicast and the addresses that carry an IPv4
address inside an IPv6 one pass.
"""

from __future__ import annotations

import ipaddress
import re
import socket

IPv4 = ipaddress.IPv4Address
IPv6 = ipaddress.IPv6Address

REFUSED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",  # Azure's metadata server, on an address that is public by the register
        "192.88.99.0/24",  # 6to4 relays, RFC 7526: no longer in use
        "192.0.0.0/24",  # IETF protocol assignments; Oracle's metadata server
        "2002::/16",  # 6to4, RFC 3056: leads to the IPv4 address inside it
        "2001::/23",  # Teredo and other assignments, RFC 2928
        "64:ff9b:1::/48",  # NAT64 for local use, RFC 8215
        "3fff::/20",  # documentation, RFC 9637: Pythons before 3.13 do not know it
        "fec0::/10",  # site-local, RFC 3879: withdrawn, still routed here and there
    )
)
NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""RFC 6052: the last 32 bits are the IPv4 address; on a network without IPv4 every such host looks like this."""
COMPATIBLE = ipaddress.ip_network("::/96")
"""IPv4-compatible, RFC 4291 §2.5.5.1: withdrawn; holds `::` and `::1` too."""
INSIDE = (".home.arpa", ".internal", ".local", ".localhost")
"""Names that lead into somebody's house (RFC 8375, ICANN's reservation of 2024, RFC 6762, RFC 6761)."""
_ENDS_IN_NUMBER = re.compile(r"(?:^|\.)(?:\d+|0x[0-9a-f]*)$")


def is_public(address: str) -> bool:
    """Whether this is an address, and one of the public internet, whatever it is wrapped in."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return _is_public(parsed)


def address_family(host: str) -> socket.AddressFamily | None:
    """Of a host that is an address as it is written; None: a name, an address in another spelling, or with a zone."""
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        return None
    if version == 4:
        return socket.AF_INET
    return None if "%" in host else socket.AF_INET6


def is_address(host: str) -> bool:
    """Whether a URL's host is an address and not a name."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def leads_inside(host: str) -> bool:
    """Whether a URL's host can be told, without asking for its addresses, to be none of the public internet.

    For hosts that somebody else resolves, a proxy: he may read `127.1`, `0x7f.1` and `2130706433` as C does.
    """
    host = host.rstrip(".").lower()
    if is_address(host):
        return not is_public(host)
    if _ENDS_IN_NUMBER.search(host):  # WHATWG URL, §3.5: such a host is an IPv4 address, or nothing
        try:
            return not is_public(socket.inet_ntoa(socket.inet_aton(host)))
        except OSError:
            return True
    # No top-level domain is a host; a percent sign is read by some as what it encodes.
    return "." not in host or "%" in host or f".{host}".endswith(INSIDE)


def _is_public(address: IPv4 | IPv6) -> bool:
    if isinstance(address, IPv6):
        if address.ipv4_mapped is not None:
            return _is_public(address.ipv4_mapped)
        if address in NAT64:
            return _is_public(IPv4(address.packed[-4:]))
        if address in COMPATIBLE:
            return False
    if any(address in network for network in REFUSED):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved
