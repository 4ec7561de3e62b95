"""Accounts in the browser: a session ends while somebody types."""

from __future__ import annotations

from playwright.sync_api import expect

from .accessibility import axe
from .accounts import make_superuser, sign_in

TEXT = 'First paragraph.\n\n  Second – é 漢, "so" & <b>so</b>.'


def test_nothing_typed_is_lost_when_the_session_has_ended(new_page, site_process):
    make_superuser(site_process, "anna")
    # On a narrow window.
    page = new_page(viewport=(360, 740))
    page.goto("/admin/recommendations/group/add/")
    sign_in(page, "anna")
    page.get_by_label("Slug").fill("kept")
    page.get_by_label("Title").fill("Kept & carried")
    page.get_by_label("Introduction").fill(TEXT)
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("What you typed is not lost")).to_be_visible()
    assert axe(page) == []
    sign_in(page, "anna")
    expect(page.get_by_role("heading", name="What you typed is still here")).to_be_visible()
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # By keyboard alone.
    page.get_by_role("button", name="Send what I typed").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Kept & carried").first.click()
    assert page.get_by_label("Introduction").input_value() == TEXT
