"""Which network addresses may be connected to: public ones, and those allowed by name."""

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network

# Translated addresses carry an IPv4 address in their last 32 bits (RFC 6052, 2.1).
NAT64 = IPv6Network("64:ff9b::/96")

# Addresses that Python counts as global though they reach the machine's own provider:
# Azure's platform address, shared by all of its virtual machines.
RESERVED: tuple[IPNetwork, ...] = (ip_network("168.63.129.16/32"),)

PRIVATE = "private network address"


class PrivateAddressError(OSError):
    """The name leads into a private network, where no feed is read."""

    def __init__(self) -> None:
        # One text for all: aiohttp joins the errors of a name's addresses by their texts.
        super().__init__(PRIVATE)


def is_reachable(address: IPAddress, allowed: Sequence[IPNetwork] = ()) -> bool:
    """Tell whether an address may be connected to: a public one, or one in ``allowed``.

    An IPv6 address that carries an IPv4 one (mapped, 6to4, Teredo, NAT64) counts as that.
    """
    inner = _inner(address)
    if any(inner in network for network in allowed if network.version == inner.version):
        return True
    reserved = any(inner in network for network in RESERVED if network.version == inner.version)
    return inner.is_global and not inner.is_multicast and not reserved


def _inner(address: IPAddress) -> IPAddress:
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo or address


def guarded_sockets(allowed: Sequence[IPNetwork]) -> Callable[[tuple[Any, ...]], socket.socket]:
    """Return a socket factory that raises PrivateAddressError for what is not reachable.

    It sees the address that is about to be connected to, after every name was resolved:
    neither an IP literal nor a name that resolves anew gets around it.
    """

    def create(info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, address = info
        if not is_reachable(ip_address(address[0]), allowed):
            raise PrivateAddressError
        return socket.socket(family=family, type=kind, proto=protocol)

    return create
