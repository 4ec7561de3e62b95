"""What several tests do on a page: read the list, take it away, wait for a swap, see what has the focus."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Page, expect


def arrived(page: Page, query: str, *, path: str = "/cases/", scripts: bool = True) -> None:
    """Wait until the address is this one, letter for letter, and the part that was swapped stands.

    Without scripts a form sends its empty fields too, and in its own order.
    """

    def is_there(url: str) -> bool:
        parts = urlsplit(url)
        same = parts.query == query if scripts else sorted(parse_qsl(parts.query)) == sorted(parse_qsl(query))
        return parts.path == path and same

    page.wait_for_url(is_there)
    if path == "/cases/":
        expect(page.locator("#browse")).to_have_class("browse")


def names(page: Page) -> list[str]:
    """The cases on the screen, in their order."""
    return page.locator(".card__title").all_inner_texts()


def download(page: Page) -> list[dict[str, str]]:
    """What «This view as CSV» gives."""
    with page.expect_download() as pending:
        page.get_by_role("link", name="CSV").click()
    assert pending.value.suggested_filename == "mainstreaming-casebook-cases.csv"
    content = Path(pending.value.path()).read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def focused(page: Page) -> dict[str, str]:
    """What has the focus, and whether one can see that it has."""
    return page.evaluate(
        """() => {
            const element = document.activeElement, box = element.getBoundingClientRect();
            const style = getComputedStyle(element);
            const outlined = of => of.outlineStyle !== 'none' && parseFloat(of.outlineWidth) > 0;
            // The ring of a card's link is drawn around the whole card, by a part that CSS makes.
            const ring = outlined(style) || outlined(getComputedStyle(element, '::after'));
            // The ring of a marker is drawn by a part of it.
            const inner = [...element.querySelectorAll('*')].some(part => {
                const of = getComputedStyle(part);
                return element.matches('.marker') && of.stroke !== 'none' && parseFloat(of.strokeWidth) > 20;
            });
            return {
                tag: element.tagName.toLowerCase(), name: element.className.baseVal ?? element.className,
                href: element.getAttribute('href') ?? '', visible: box.width > 0 && box.height > 0, ring: ring || inner,
            };
        }"""
    )
