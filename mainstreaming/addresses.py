"""Addresses: where a request comes from, and where the site itself can be reached."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def sender_address(request: HttpRequest) -> str:
    """Where the request comes from. Behind a proxy, what the proxy itself wrote: the last part of its header."""
    if settings.BEHIND_PROXY:
        return request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return request.META.get("REMOTE_ADDR", "")


def told_apart(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address by which senders are told apart; None where there is none.

    Of an IPv6 address the first 64 bits count: the rest is the sender's own to choose.
    """
    try:
        ip = ipaddress.ip_address(address.strip())
    except ValueError:
        return None
    if isinstance(ip, ipaddress.IPv6Address):
        return ip.ipv4_mapped or ipaddress.ip_network((int(ip), 64), strict=False).network_address
    return ip


def base_url(request: HttpRequest) -> str:
    """The public address of the site, without a trailing slash."""
    return settings.SITE_URL or request.build_absolute_uri("/").rstrip("/")
