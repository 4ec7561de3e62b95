"""Pictures of pages at three widths, light and dark: `make screenshots`, or `python -m tests.browser.screenshots`.

Without `--base-url` it starts a site of its own with the collection. Without paths it takes the home page and what
its navigation links to. It tells which pages are wider than their window.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys
import tempfile
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Browser, sync_playwright

from .chromium import ARGUMENTS, find
from .site import ROOT, running_site

WIDTHS = (360, 768, 1280)
SCHEMES = ("light", "dark")
# The height of a picture, in pixels: taller ones are more than the browser can draw.
LONGEST = 12_000


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns 1 if a page did not answer 200."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.screenshots", description=__doc__)
    parser.add_argument("paths", nargs="*", metavar="PATH", help="such as / or /cases/")
    parser.add_argument("--base-url", help="the address of a running site")
    parser.add_argument("--out", type=Path, default=ROOT / "var" / "screenshots")
    options = parser.parse_args(arguments)
    chromium = find()
    if chromium is None:
        parser.error("no Chromium found (see tests/browser/chromium.py)")
    options.out.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        base = options.base_url
        if base is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="casebook-site-"))
            base = stack.enter_context(running_site(Path(folder))).url
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(
            executable_path=chromium.path, args=ARGUMENTS, env={**os.environ, **chromium.environment}
        )
        stack.callback(browser.close)
        paths = options.paths or linked_paths(browser, base)
        return max(picture(browser, base, path, options.out) for path in paths)


def linked_paths(browser: Browser, base: str) -> list[str]:
    """The home page, and the pages of this site that its navigation links to."""
    page = browser.new_page()
    page.goto(base)
    links = page.eval_on_selector_all("nav a[href]", "links => links.map(link => link.href)")
    page.close()
    here = urlsplit(base).netloc
    paths = [urlsplit(link).path for link in links if urlsplit(link).netloc == here]
    return list(dict.fromkeys(["/", *paths]))


def picture(browser: Browser, base: str, path: str, out: Path) -> int:
    """Take the six pictures of one page. Returns 1 if it did not answer 200, else 0."""
    failed = 0
    name = re.sub(r"[^A-Za-z0-9]+", "-", path).strip("-") or "home"
    for width in WIDTHS:
        for scheme in SCHEMES:
            page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
            response = page.goto(urljoin(base, path), wait_until="load")
            status = response.status if response else 0
            file = out / f"{name}-{width}-{scheme}.png"
            # A long page as far as a picture can hold it.
            height = min(page.evaluate("() => document.documentElement.scrollHeight"), LONGEST)
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=file)
            over = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
            notes = [f"status {status}"] * (status != 200) + [f"{over} px too wide"] * (over > 0)
            print(file, *(f"({note})" for note in notes))
            failed |= status != 200
            page.close()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
