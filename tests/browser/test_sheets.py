"""A workbook goes out of the site, is changed, and comes back."""

from __future__ import annotations

import openpyxl
from openpyxl.utils import get_column_letter
from playwright.sync_api import Page, expect

from tests.casestudies.workbooks import add, cell, column, row_of

from .accessibility import axe
from .accounts import make_superuser, sign_in

# The answer begins at once, and its end comes when the work is done.
WORK_MS = 60_000
FIGURE = "foreign-residents-switzerland"


def send(page: Page, path: str) -> None:
    page.goto("/admin/casestudies/case/import/")
    page.get_by_label("Workbook (.xlsx)").set_input_files(path)
    page.get_by_role("button", name="Check the file").click()


def test_a_workbook_comes_back_with_errors_and_then_mended(new_page, site_process, tmp_path):
    make_superuser(site_process, "sheets")
    page = new_page(viewport=(768, 1024))
    page.goto("/admin/casestudies/case/import/")
    sign_in(page, "sheets")
    assert axe(page, include="#content") == []
    path = tmp_path / "vaud.xlsx"
    path.write_bytes(page.request.get("/cases/download.xlsx?country=CH").body())
    book = openpyxl.load_workbook(path)
    cell(book, "figures", FIGURE, "label").value = "Residents without a Swiss passport"
    cell(book, "figures", FIGURE, "section").value = "Migratory contxt"
    number = add(book, "cases", slug="bern", name="Bern", title="Of Bern", collection="Our own", country_code="CH")
    book.save(path)
    send(page, path)
    expect(page.get_by_text("2 errors. Nothing was written")).to_be_visible(timeout=WORK_MS)
    faults = page.locator(".import-faults tbody tr")
    expected = [("cases", number, "collection"), ("figures", row_of(book, "figures", FIGURE), "section")]
    assert [tuple(row.split("\t")[:3]) for row in faults.all_inner_texts()] == [
        (sheet, str(row), f"{get_column_letter(column(book, sheet, header))} {header}")
        for sheet, row, header in expected
    ]
    expect(faults.last).to_contain_text("Nearest: “Migratory context”.")
    assert page.get_by_role("button", name="Apply all of it").count() == 0
    assert axe(page, include="#content") == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    cell(book, "figures", FIGURE, "section").value = "Migratory context"
    collection = cell(book, "cases", "", "collection").value
    cell(book, "cases", "", "collection", case="bern").value = collection
    book.save(path)
    send(page, path)
    expect(page.get_by_text("2 cases would be written.")).to_be_visible(timeout=WORK_MS)
    expect(page.locator(".import-changes ins").first).to_be_visible()
    # Each step came with a bar of its own; none is seen any more.
    assert page.locator("progress").count() > 2
    expect(page.locator("progress:visible")).to_have_count(0)
    assert axe(page, include="#content") == []
    page.get_by_role("button", name="Apply all of it").press("Enter")
    expect(page.get_by_text("Applied.")).to_be_visible(timeout=WORK_MS)
    written = page.locator(".import-result li a").all_inner_texts()
    assert [name.split()[-1] for name in written] == ["Vaud", "Bern"]
    page.get_by_role("link", name="4.12 Vaud").click()
    expect(page.get_by_text("orking revision").first).to_be_visible()
    # Visitors see what they saw before.
    page.goto("/cases/vaud/")
    expect(page.get_by_text("Foreign residents in Switzerland").first).to_be_visible()
    assert page.get_by_text("Residents without a Swiss passport").count() == 0
