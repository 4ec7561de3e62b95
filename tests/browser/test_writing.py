"""Writing a case in the admin: rows by keyboard, what review will ask for while one types, a point on the map."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from mainstreaming.projection import project
from tests.environment import CLEARED, ENVIRONMENT

from .accessibility import axe
from .site import ROOT, Site

# An account that is signed in, and a case that is being written, in the database of the running site.
SCRIPT = """
import json
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from casestudies.models import *
user = User.objects.create_superuser("writer", "writer@example.org", "x")
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.save()
case = Case.objects.create(
    collection=Collection.objects.first(), ordinal=400, slug="draft", name="Draft", title="A draft",
    country=Country.objects.get(code="CH"),
)
for number, title in enumerate(("First", "Second", "Third"), start=1):
    Component.objects.create(case=case, section="implementation", title=title, position=number)
CasePlace.objects.create(case=case, name="Lausanne")
print(json.dumps({"cookie": settings.SESSION_COOKIE_NAME, "session": session.session_key, "case": case.pk}))
"""


@pytest.fixture(scope="module")
def desk(site_process: Site) -> dict[str, str | int]:
    """The session of an editor, and the number of a draft."""
    environment = {name: value for name, value in os.environ.items() if name not in CLEARED}
    environment |= ENVIRONMENT | {"DATABASE_URL": f"sqlite:///{site_process.log.parent / 'db.sqlite3'}"}
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", SCRIPT]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.fixture
def open_form(desk, site, new_page) -> Callable[..., Page]:
    """Opens a form of the draft as the editor; options are those of `new_page`."""

    def opened(part: str = "", **options) -> Page:
        page = new_page(**options)
        page.context.add_cookies([{"name": desk["cookie"], "value": desk["session"], "url": site}])
        page.goto(f"/admin/casestudies/case/{desk['case']}/" + (f"section/{part}/" if part else "change/"))
        return page

    return opened


def titles(page: Page) -> list[str]:
    """The components on the screen, in their order."""
    fields = page.locator('#components-group .inline-related:not(.empty-form) [name$="-title"]')
    return fields.evaluate_all("fields => fields.map(field => field.value)")


def press(page: Page, name: str, key: str = "Enter") -> None:
    """Presses a button by its name and a key."""
    page.get_by_role("button", name=name, exact=True).press(key)


def in_focus(page: Page) -> str:
    return page.evaluate("() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.name")


def test_rows_are_moved_added_and_removed_by_keyboard(open_form):
    page = open_form("implementation")
    press(page, "Move down: Component: First")
    assert in_focus(page) == "Move down: Component: First"
    expect(page.locator("#casebook-moved")).to_have_text("Component: First is now number 2 of 3.")
    press(page, "Move down: Component: First", "Space")
    assert titles(page) == ["Second", "Third", "First"]

    press(page, "Add another Component", "Space")
    assert in_focus(page) == "components-3-title"
    page.keyboard.type("Fourth")
    press(page, "Add another Component")
    page.keyboard.type("Mistake")
    press(page, "Move up: Component: Fourth")
    assert titles(page) == ["Second", "Third", "Fourth", "First", "Mistake"]
    # Django numbers the rows anew here: the new one among the stored ones must not be taken for one of them.
    press(page, "Remove: Component: Mistake", "Space")
    assert titles(page) == ["Second", "Third", "Fourth", "First"]
    assert axe(page, include="#content-main") == []
    press(page, "Save and continue editing")
    expect(page.locator(".messagelist .success")).to_be_visible()
    assert titles(page) == ["Second", "Third", "Fourth", "First"]


def test_what_review_will_ask_for_follows_the_typing_and_nothing_is_stored(open_form):
    page = open_form("coordination", colour_scheme="dark", viewport=(768, 900))
    panel = page.get_by_role("region", name="What review will ask for")
    expect(panel.get_by_role("status")).to_have_text(re.compile(r"^2 open in this form, \d+ elsewhere\.$"))
    panel.get_by_text("What is open").click()
    expect(panel).to_contain_text("Section without a narrative")
    assert axe(page, include="#content-main") == []
    page.get_by_role("button", name="Add another Narrative").click()
    page.keyboard.type("Too short.")
    expect(panel).to_contain_text("Narrative of less than 140 characters")
    assert in_focus(page) == "narratives-0-text"
    page.keyboard.type(" Yet it goes on" * 10)
    # Long enough now; what remains are the mechanisms and the row's place in the paper, which nobody typed.
    expect(panel).to_contain_text("Row without its place in the paper: Coordination mechanisms")
    expect(panel).not_to_contain_text("Narrative")

    # What a popup added is ticked among boxes, for which Django has no way.
    press(page, "Add another Coordination mechanism")
    page.evaluate(
        "() => dismissAddRelatedObjectPopup({name: 'id_coordinationmechanisms-0-levels__1', close() {}}, '999', 'New')"
    )
    added = page.get_by_role("checkbox", name="New", exact=True)
    expect(added).to_be_checked()
    assert (added.get_attribute("name"), added.get_attribute("value")) == ("coordinationmechanisms-0-levels", "999")

    # Whoever leaves is asked first, and stays if they want to.
    page.once("dialog", lambda dialog: dialog.dismiss())
    with page.expect_event("dialog") as asked:
        page.get_by_role("link", name="Results", exact=True).click(no_wait_after=True)
    assert asked.value.type == "beforeunload"
    expect(page.locator('[name="narratives-0-text"]')).to_have_value(re.compile("^Too short"))
    page.reload()
    expect(panel).to_contain_text("Section without a narrative")
    assert page.locator('[name="narratives-TOTAL_FORMS"]').input_value() == "0"


def test_a_point_is_picked_by_keyboard(open_form):
    page = open_form(viewport=(360, 740))
    latitude, longitude = (page.locator(f'[name="caseplaces-0-{name}"]') for name in ("latitude", "longitude"))
    press(page, "Pick on the map")
    picker = page.get_by_role("dialog", name="Pick a point · Lausanne")
    expect(picker.get_by_role("application")).to_be_focused()
    points = [(0, 0), (6.63, 46.52), (-73.98, 40.75), (179.9, -56.5), (-179.9, 83.9), (121.5, 14.6)]
    back = page.locator("#casebook-picker").evaluate(
        "(dialog, places) => places.map(place => dialog.earth.unproject(...place))", [project(*each) for each in points]
    )
    assert [(round(x, 6), round(y, 6)) for x, y in back] == points
    before = picker.locator("output").inner_text()
    page.keyboard.press("ArrowUp")
    assert picker.locator("output").inner_text() != before
    page.keyboard.press("Escape")
    expect(picker).to_be_hidden()
    assert (latitude.input_value(), longitude.input_value()) == ("", "")

    press(page, "Pick on the map")
    for key in ("+", "+", "ArrowRight", "Shift+ArrowUp"):
        page.keyboard.press(key)
    shown = picker.locator("output").inner_text()
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    picker.get_by_role("button", name="Take this point").press("Enter")
    assert shown == f"Latitude {latitude.input_value()}, longitude {longitude.input_value()}"
    assert re.fullmatch(r"\d+\.\d{4}", latitude.input_value())
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.locator(".messagelist .success")).to_be_visible()
