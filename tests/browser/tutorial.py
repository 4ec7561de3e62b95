"""Follows `docs/first-day.md` in a browser, click by click, and takes the pictures of the documents on the way.

The tutorial is its own script: every list item in it is one or more instructions of a small grammar (`GRAMMAR`), and
everything else is there to be read. Bold is the visible name of something on the page, code is what is typed or chosen:

    Sign in as `edith`.                     Go back to the window of `edith`.
    Open `/cases/` as a visitor.
    Press **Add another organization** beside **Organization** under **Actors**.
    Press the date of **published**.        (In a table: in the first line that says so.)
    Type `2012` into **Start year** under **Periods**.
    Choose `Switzerland` in **Country**.
    Tick **Leads** under **Actors**.
    You see **draft**.                      You do not see **draft**.
    You see `2012` in **Start year** under **Periods**.

«Under» names a heading, and means its last row where it has rows. An image is a picture of the window at that place of
the tutorial; its title, if it has one, names the parts to show: `![what it shows](images/name.png "Figures, Actors")`.

`make doc-images` (`python -m tests.browser.tutorial --images docs/images`) takes the pictures anew.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import FloatRect, Locator, Page, expect, sync_playwright

from tests.environment import CLEARED, ENVIRONMENT

from .chromium import ARGUMENTS, find
from .pictures import small_png
from .site import ROOT, Site, running_site

TUTORIAL = ROOT / "docs" / "first-day.md"
PASSWORD = "a long practice password"
#: What is seen may take its time: answers that come while one types, a machine that does other things.
PATIENCE_MS = 15_000
WINDOW = {"width": 1000, "height": 720}
#: The room around a part that a picture shows, in pixels.
MARGIN = 8

# The accounts of the tutorial, each with its role.
ROLES = {"edith": "editor", "ruth": "reviewer"}
OPEN_DESKS = """
import json
from django.contrib.auth.models import Group, User
from casestudies.models import Case
Case.objects.filter(ordinal=14).update(ordinal=1014)
for name, role in json.loads({roles!r}).items():
    User.objects.create_user(name, f"{{name}}@example.org", {password!r}, is_staff=True).groups.set(
        [Group.objects.get(name=role)]
    )
"""

NAME, CODE = r"\*\*(?P<{0}>[^*]+)\*\*", r"`(?P<{0}>[^`]+)`"
UNDER = rf"(?: under {NAME.format('under')})?"
GRAMMAR: dict[str, re.Pattern[str]] = {
    verb: re.compile(pattern + r"(?:\.|(?<=[.?!]\*\*))(?:\s+|$)")
    for verb, pattern in {
        "sign in": f"Sign in as {CODE.format('code')}",
        "go back": f"Go back to the window of {CODE.format('code')}",
        "visit": f"Open {CODE.format('code')} as a visitor",
        "press": f"Press {NAME.format('name')}(?: beside {NAME.format('beside')})?{UNDER}",
        "press date": f"Press the date of {NAME.format('name')}",
        "type": f"Type {CODE.format('code')} into {NAME.format('name')}{UNDER}",
        "choose": f"Choose {CODE.format('code')} in {NAME.format('name')}{UNDER}",
        "tick": f"Tick {NAME.format('name')}{UNDER}",
        "see": f"You see {NAME.format('name')}{UNDER}",
        "see value": f"You see {CODE.format('code')} in {NAME.format('name')}{UNDER}",
        "not see": f"You do not see {NAME.format('name')}",
    }.items()
}
ITEM = re.compile(r"(\d+)\. (.+(?:\n   +\S.*)*)")
CONTENTS = re.compile(r"- \[[^\]]+\]\(#[a-z0-9-]+\)")
IMAGE = re.compile(r'!\[([^\]]+)\]\(images/([a-z0-9-]+)\.png(?: "([^"]+)")?\)')


class TutorialError(Exception):
    """The tutorial cannot be understood, or the site is not as it says. Names the line."""


class Step(NamedTuple):
    """One instruction: its line in the document, the verb, and its words by what they are."""

    line: int
    text: str
    verb: str
    words: dict[str, str]


class Picture(NamedTuple):
    """A picture that belongs at this place: its name, and what it shows (parts by name; the window where empty)."""

    line: int
    name: str
    part: str


def parse(document: str) -> list[Step | Picture]:
    """What to do, in the order of the document. Raises TutorialError for a list item that is no instruction."""
    found: list[Step | Picture] = []
    last = 0
    for match in re.finditer(rf"^(?:{ITEM.pattern}|{IMAGE.pattern}|[ ]*(?:[-*+]|\d+[.)]) .*)$", document, re.M):
        line = document.count("\n", 0, match.start()) + 1
        number, item, _alt, name, part = match.groups()
        if name:
            found.append(Picture(line, name, part or ""))
        elif number:
            last += 1
            if int(number) != last:
                raise TutorialError(f"line {line}: number {number} where {last} should stand")
            found += _instructions(line, " ".join(item.split()))
        elif not CONTENTS.fullmatch(match.group()):
            raise TutorialError(f"line {line}: a list item that is not numbered at the margin: {match.group()}")
    return found


def _instructions(line: int, text: str) -> Iterator[Step]:
    rest = text
    while rest:
        matches = ((verb, pattern.match(rest)) for verb, pattern in GRAMMAR.items())
        verb, match = next(((verb, match) for verb, match in matches if match), ("", None))
        if match is None:
            raise TutorialError(f"line {line}: no instruction: {rest}")
        yield Step(line, match.group().strip(), verb, {key: word for key, word in match.groupdict().items() if word})
        rest = rest[match.end() :]


def exactly(name: str) -> re.Pattern[str]:
    """A visible name, with or without the colon of a label."""
    return re.compile(rf"^\s*{re.escape(name)}:?\s*$")


class Player:
    """Takes the steps. Every person has a window of their own; `new_page` opens one, with cookies of its own."""

    def __init__(self, new_page: Callable[[], Page]) -> None:
        self.new_page = new_page
        self.windows: dict[str, Page] = {}
        self.page: Page

    def take(self, step: Step) -> None:
        """Takes one step. Raises TutorialError where the page is not as the step says."""
        try:
            getattr(self, f"_{step.verb.replace(' ', '_')}")(**step.words)
        except Exception as error:
            raise TutorialError(f"line {step.line}: {step.text}\n{error}") from error

    # -- Windows

    def _window(self, who: str) -> Page:
        if who not in self.windows:
            self.windows[who] = self.new_page()
        return self.windows[who]

    def _sign_in(self, code: str) -> None:
        self.page = self._window(code)
        self.page.goto("/admin/")
        self._type(code, "Username")
        self._type(PASSWORD, "Password")
        self._press("Log in")

    def _go_back(self, code: str) -> None:
        self.page = self.windows[code]

    def _visit(self, code: str) -> None:
        self.page = self._window("a visitor")
        self.page.goto(code)

    # -- Where things stand

    def _place(self, under: str = "") -> Locator:
        """The page, or the part of it under a heading: its last row where it has rows."""
        if not under:
            return self.page.locator("body")
        group = self.page.get_by_role("group", name=under, exact=True)
        # The regions of the first page count what they hold: “Awaiting review 1”.
        counted = re.compile(rf"^{re.escape(under)}(?: \d+)?$")
        part = group.or_(self.page.get_by_role("region", name=counted))
        rows = part.locator(".inline-related:not(.empty-form)")
        return rows.last if rows.count() else part

    def _field(self, name: str, under: str = "") -> Locator:
        return self._field_in(self._place(under), name)

    def _field_in(self, place: Page | Locator, name: str) -> Locator:
        label = exactly(name)
        # A password has no role, so that it is found by its label.
        found = place.get_by_label(label).and_(self.page.locator("[type=password]"))
        for role in ("textbox", "spinbutton", "combobox", "searchbox"):
            found = found.or_(place.get_by_role(role, name=label))
        return found

    # -- What one does

    def _press(self, name: str, beside: str = "", under: str = "") -> None:
        place = self._place(under)
        if beside:
            place = place.locator(".related-widget-wrapper").filter(has=self._field_in(self.page, beside))
        named = place.get_by_role("button", name=name, exact=True).or_(place.get_by_role("link", name=name, exact=True))
        target = named.or_(place.locator("summary").get_by_text(name, exact=True)).locator("visible=true")
        if beside:
            with self.page.expect_popup() as opened:
                target.click()
            opener, self.page = self.page, opened.value
            self.page.once("close", lambda _page: setattr(self, "page", opener))
        elif self.page.evaluate("() => window.opener !== null") and name == "Save":
            with self.page.expect_event("close"):
                target.click()
        else:
            target.click()
        self.page.wait_for_load_state("load")

    def _press_date(self, name: str) -> None:
        cell = self.page.get_by_role("cell", name=name, exact=True)
        self.page.get_by_role("row").filter(has=cell).first.get_by_role("link").click()

    def _type(self, code: str, name: str, under: str = "") -> None:
        field = self._field(name, under)
        field.fill(code)
        # One leaves a field when one is done: only then do scripts know that it changed.
        field.blur()

    def _choose(self, code: str, name: str, under: str = "") -> None:
        field = self._field(name, under)
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(label=code)
            return
        field.click()
        self.page.locator(".select2-container--open").get_by_role("searchbox").fill(code)
        self.page.get_by_role("option", name=code, exact=True).click()

    def _tick(self, name: str, under: str = "") -> None:
        self._place(under).get_by_role("checkbox", name=name, exact=True).check()

    # -- What one sees

    def _see(self, name: str, under: str = "") -> None:
        expect(self._place(under).get_by_text(name).locator("visible=true").first).to_be_visible(timeout=PATIENCE_MS)

    def _see_value(self, code: str, name: str, under: str = "") -> None:
        field = self._field(name, under)
        if field.evaluate("field => 'value' in field && field.tagName !== 'SELECT'"):
            expect(field).to_have_value(code, timeout=PATIENCE_MS)
        else:
            expect(field).to_contain_text(code, timeout=PATIENCE_MS)

    def _not_see(self, name: str) -> None:
        expect(self.page.get_by_text(name).locator("visible=true")).to_have_count(0, timeout=PATIENCE_MS)

    # -- Pictures

    def picture(self, part: str = "") -> bytes:
        """The window as it is, or the part of the page with this name, as a PNG."""
        self.page.evaluate("() => document.fonts.ready")
        if not part:
            return self.page.screenshot(animations="disabled")
        boxes = [self._box(name) for name in part.split(", ")]
        left = max(min(box[0] for box in boxes) - MARGIN, 0)
        top = max(min(box[1] for box in boxes) - MARGIN, 0)
        right = min(max(box[2] for box in boxes) + MARGIN, WINDOW["width"])
        bottom = min(max(box[3] for box in boxes) + MARGIN, top + WINDOW["height"])
        clip: FloatRect = {"x": left, "y": top, "width": right - left, "height": bottom - top}
        return self.page.screenshot(animations="disabled", full_page=True, clip=clip)

    def _box(self, part: str) -> list[float]:
        """Left, top, right and bottom of a part on its page."""
        found = self.page.get_by_role("group", name=part, exact=True)
        for role in ("region", "navigation", "table"):
            found = found.or_(self.page.get_by_role(role, name=part, exact=True))
        return found.evaluate(
            "part => { const box = part.getBoundingClientRect();"
            " return [box.left + scrollX, box.top + scrollY, box.right + scrollX, box.bottom + scrollY]; }"
        )


def run_in_site(site: Site, script: str) -> str:
    """Runs Python with Django in the database of a running site. Returns what it prints."""
    environment = {name: value for name, value in os.environ.items() if name not in CLEARED}
    environment |= ENVIRONMENT | {"DATABASE_URL": f"sqlite:///{site.log.parent / 'db.sqlite3'}"}
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", script]
    return subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout


def open_desks(site: Site) -> None:
    """Makes the accounts that the tutorial signs in with, and frees the number of its case, which a test may have."""
    run_in_site(site, OPEN_DESKS.format(roles=json.dumps(ROLES), password=PASSWORD))


def main(arguments: list[str] | None = None) -> int:
    """The command line: follows the tutorial on a site of its own and writes its pictures into a folder."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.tutorial", description=__doc__)
    parser.add_argument("--images", type=Path, required=True, help="the folder of the pictures")
    options = parser.parse_args(arguments)
    chromium = find()
    if chromium is None:
        parser.error("no Chromium found (see tests/browser/chromium.py)")
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="casebook-site-"))
        site = stack.enter_context(running_site(Path(folder)))
        open_desks(site)
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(
            executable_path=chromium.path, args=ARGUMENTS, env={**os.environ, **chromium.environment}
        )
        stack.callback(browser.close)
        player = Player(lambda: browser.new_page(base_url=site.url, viewport=WINDOW, color_scheme="light"))
        for each in parse(TUTORIAL.read_text(encoding="utf-8")):
            if isinstance(each, Step):
                player.take(each)
            else:
                file = options.images / f"{each.name}.png"
                file.write_bytes(small_png(browser, player.picture(each.part)))
                print(f"{each.name}: {file.stat().st_size // 1024} KB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
