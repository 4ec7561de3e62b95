"""Two people edit the same text of a case at once: the second sees both, merges them, and nothing is lost."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from .accessibility import axe
from .accounts import make_superuser, sign_in
from .conftest import NewPage
from .recorder import Recorder
from .site import Site


def _in_admin(new_page: NewPage, name: str, *, scripts: bool) -> Page:
    page = new_page(java_script_enabled=scripts, viewport=(768, 900))
    page.goto("/admin/")
    sign_in(page, name)
    return page


def test_two_editors_collide(new_page: NewPage, site_process: Site, recorder: Recorder):
    recorder.expect("409")
    for name in ("ann", "bob"):
        make_superuser(site_process, name)
    # The first to save has no scripts, so that the story holds without.
    bob, ann = _in_admin(new_page, "bob", scripts=False), _in_admin(new_page, "ann", scripts=True)
    bob.goto("/admin/casestudies/case/")
    bob.get_by_role("link", name="4.12 Vaud", exact=True).click()
    bob.get_by_role("link", name="Edit in a working revision").click()
    bob.get_by_role("button", name="Edit in a working revision").click()
    bob.get_by_role("link", name="Results", exact=True).click()
    ann.goto(bob.url)
    text = "textarea[name=narratives-0-text]"
    before = bob.locator(text).input_value()
    bob.fill(text, f"{before} Bob was here.")
    bob.get_by_role("button", name="Save and continue editing").click()
    ann.fill(text, f"{before} Ann wrote this.")
    ann.get_by_role("button", name="Save and continue editing").click()

    panel = ann.get_by_role("alert").filter(has_text="somebody else has saved in the meantime").first
    expect(panel.get_by_role("link", name="bob")).to_be_visible()
    cells = panel.get_by_role("row").nth(1).get_by_role("cell")
    assert [cell.split()[-3:] for cell in cells.all_inner_texts()] == [
        before.split()[-3:], ["Bob", "was", "here."], ["Ann", "wrote", "this."],
    ]  # fmt: skip
    assert ann.locator(text).input_value() == f"{before} Ann wrote this."
    assert axe(ann) == []
    assert ann.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    ann.fill(text, f"{before} Bob was here. Ann wrote this.")
    ann.get_by_role("button", name="Save and continue editing").click()
    expect(ann.get_by_text("was changed successfully")).to_be_visible()
    bob.reload()
    assert bob.locator(text).input_value() == f"{before} Bob was here. Ann wrote this."
