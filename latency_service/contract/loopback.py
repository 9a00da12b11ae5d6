"""Loopback: what never leaves this machine."""

import ipaddress
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Say whether a host, by its name or address, is this very machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_plain_name(host: str) -> bool:
    """Say whether a host is named by one word, which no address and no name on the internet is."""
    return not any(sign in host for sign in ".:")


def travels_in_the_open(url: str) -> bool:
    """Say whether strangers could listen to what is sent to this URL.

    A name without a dot is that of a neighbour, such as a container beside this one: no other network knows it.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme != "https" and not is_loopback(host) and not is_plain_name(host)
