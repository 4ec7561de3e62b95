"""How tests read a page: what it answers, and what it says without its markup."""

from __future__ import annotations

import re
from html import unescape

from django.test import Client
from django.utils.html import strip_tags


def page(visitor: Client, path: str) -> str:
    """The HTML of a page that is there."""
    response = visitor.get(path)
    assert response.status_code == 200, path
    return response.content.decode()


def text(html: str) -> str:
    """What is read, with single spaces; elements part words."""
    return " ".join(unescape(strip_tags(html.replace("<", " <"))).split())


def articles(html: str) -> list[str]:
    """The cases, or the illustrations, that a page tells of one after the other."""
    return re.findall(r'<article class="illustration">(.*?)</article>', html, re.DOTALL)
