"""Connections to public addresses alone, judged on the very address that is connected to.

A name is resolved here, its addresses are judged here, and the connection is made to one of those that passed: what a
name server says a moment later, or to somebody else, changes nothing.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from catalog_jobs.catalog.fetching.faults import PictureFault, Reason

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[list[Address]]]

# What the IANA registries of special-purpose addresses hold that is no public server, and where clouds keep theirs.
REFUSED_V4: Final = tuple(
    (ip_network(network), word)
    for network, word in (
        ("0.0.0.0/8", "of this host"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "of a provider's inner network"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "of a cloud's own services"),
        ("169.254.0.0/16", "link-local, where clouds keep their metadata"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "reserved"),
        ("192.88.99.0/24", "reserved"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "reserved"),
        ("198.51.100.0/24", "reserved"),
        ("203.0.113.0/24", "reserved"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)
PUBLIC_V6: Final = ip_network("2000::/3")
REFUSED_V6: Final = tuple(ip_network(one) for one in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
# IPv6 addresses that stand for the IPv4 address in their last four bytes: mapped, and NAT64 (RFC 6052).
CARRIERS_OF_V4: Final = (ip_network("::ffff:0:0/96"), ip_network("64:ff9b::/96"))
MAX_ADDRESSES: Final = 4


def why_refused(address: Address) -> str:
    """What makes an address one that is not connected to; empty for a public one.

    >>> why_refused(ip_address("::ffff:10.0.0.1"))
    'private'
    """
    if isinstance(address, IPv6Address):
        if any(address in carrier for carrier in CARRIERS_OF_V4):
            return why_refused(IPv4Address(address.packed[-4:]))
        if address == IPv6Address("::1"):
            return "loopback"
        is_public = address in PUBLIC_V6 and not any(address in network for network in REFUSED_V6)
        return "" if is_public else "not a public one"
    return next((word for network, word in REFUSED_V4 if address in network), "")


async def resolve_name(host: str, port: int) -> list[Address]:
    """The addresses of a host, in the order in which the system would try them; raises `unknown_host`."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as fault:
        raise PictureFault(
            Reason.UNKNOWN_HOST,
            f"{host} has no address ({fault.strerror or fault})",
            is_retryable=fault.errno == socket.EAI_AGAIN,
        ) from fault
    except UnicodeError as fault:
        raise PictureFault(Reason.UNKNOWN_HOST, f"{host} is no name of a host") from fault
    return list(dict.fromkeys(ip_address(one[4][0]) for one in found))


async def addresses_of(host: str, port: int, is_trusted: bool, resolve: Resolve = resolve_name) -> list[Address]:
    """The addresses of a host that may be connected to, the first few; of a trusted one any. Raises `refused_address`
    where there is none, and what `resolve` raises.
    """
    found = await resolve(host, port)
    passed = [address for address in found if is_trusted or not why_refused(address)]
    if passed:
        return passed[:MAX_ADDRESSES]
    told = ", ".join(f"{address}, {why_refused(address)}" for address in found[:MAX_ADDRESSES])
    raise PictureFault(
        Reason.REFUSED_ADDRESS,
        f"{host} lies at {told or 'no address'}: only public addresses are connected to; --allow-host {host} if it is "
        "yours",
    )
