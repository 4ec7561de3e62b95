"""Last week's text comes back: by keyboard alone, from the history of a case, with its difference read before."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from .accessibility import axe
from .accounts import make_superuser, sign_in
from .conftest import NewPage
from .site import Site


def press(page: Page, target: Locator) -> None:
    """Presses Enter on what can be reached by Tab."""
    assert target.evaluate("element => element.tabIndex") == 0
    target.focus()
    page.keyboard.press("Enter")


def test_an_earlier_state_is_restored(new_page: NewPage, site_process: Site):
    make_superuser(site_process, "rita")
    page = new_page(viewport=(768, 900))
    page.goto("/admin/")
    sign_in(page, "rita")
    page.goto("/admin/casestudies/case/")
    press(page, page.get_by_role("link", name="4.5 Nantes", exact=True))
    press(page, page.get_by_role("link", name="Edit in a working revision"))
    press(page, page.get_by_role("button", name="Edit in a working revision"))
    expect(page.get_by_text("working revision, draft", exact=True)).to_be_visible()
    purpose = page.get_by_label("Purpose")
    before = purpose.input_value()
    purpose.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("Overwritten by mistake.")
    press(page, page.get_by_role("button", name="Save and continue editing"))
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    assert purpose.input_value() == "Overwritten by mistake."

    press(page, page.get_by_role("link", name="History"))
    rows = page.get_by_role("table").get_by_role("row")
    expect(rows).to_have_count(3)
    assert [rows.nth(number).get_by_role("cell").nth(1).inner_text() for number in (1, 2)] == [
        "edited", "working revision started",
    ]  # fmt: skip
    press(page, rows.nth(2).get_by_role("link"))
    expect(page.get_by_role("heading", name="What is different now")).to_be_visible()
    expect(page.locator("ins").filter(has_text="Overwritten by mistake.")).to_be_visible()
    assert axe(page, include="#content") == []
    page.get_by_label("Comment").focus()
    page.keyboard.type("It was better")
    press(page, page.get_by_role("button", name="Restore this state"))
    expect(page.get_by_text("is as it was", exact=False).first).to_be_visible()
    assert "restored an earlier state" in rows.nth(1).inner_text()
    page.goto("/admin/casestudies/case/?edition=revision&q=Nantes")
    press(page, page.get_by_role("link", name="4.5 Nantes", exact=True))
    assert purpose.input_value() == before
