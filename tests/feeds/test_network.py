import socket
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.network import PrivateAddressError, guarded_sockets, is_reachable

PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "168.63.129.16",
    "0.0.0.0",  # noqa: S104 - refused, not bound
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_not_reachable(address: str) -> None:
    """Loopback, private, link-local, metadata, shared and multicast, in every disguise."""
    assert not is_reachable(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are_reachable(address: str) -> None:
    """Of both versions."""
    assert is_reachable(ip_address(address))


@given(st.ip_addresses(v=4))
def test_a_mapped_address_counts_as_the_one_it_carries(address: object) -> None:
    """IPv6 is no way around the guard."""
    plain = ip_address(str(address))
    assert is_reachable(ip_address(f"::ffff:{plain}")) == is_reachable(plain)


def test_allowed_networks_are_reachable() -> None:
    """And only those."""
    allowed = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]
    assert is_reachable(ip_address("10.9.9.9"), allowed)
    assert is_reachable(ip_address("::ffff:10.9.9.9"), allowed)
    assert is_reachable(ip_address("fd00::1"), allowed)
    assert not is_reachable(ip_address("192.168.0.1"), allowed)


def test_the_guard_opens_no_socket_to_a_private_address() -> None:
    """The check stands between resolving and connecting."""
    create = guarded_sockets([])
    with pytest.raises(PrivateAddressError):
        create((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80)))
    create((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 80))).close()
