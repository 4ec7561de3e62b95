"""From the list to the comparison and its file without scripts; the matrix by keyboard, in view, on paper."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Page, expect

from .steps import focused

COMPARISON = "/compare/?case=vaud&case=milan&case=nantes"
IN_VIEW = """element => {
    const box = element.getBoundingClientRect(), frame = element.closest('.table-scroll').getBoundingClientRect();
    return [Math.round(box.top - frame.top), Math.round(box.left - frame.left)];
}"""


def compare_beside(page: Page, name: str) -> None:
    page.locator(".compare-link", has_text=re.compile(rf"\b{name}$")).click()


def test_from_the_list_to_the_file_without_scripts(new_page):
    page = new_page(java_script_enabled=False)
    page.goto("/cases/?region=europe&sort=title")
    shown = page.locator(".card__title").all_inner_texts()
    compare_beside(page, "Nantes")
    # the choice is in the address, the selection and its order stay
    assert parse_qsl(urlsplit(page.url).query) == [("region", "europe"), ("sort", "title"), ("compare", "nantes")]
    assert page.locator(".card__title").all_inner_texts() == shown
    # the second one on its own page
    page.get_by_role("link", name="Vaud", exact=True).click()
    compare_beside(page, "Vaud")
    expect(page.locator(".tray")).to_contain_text("2 cases chosen to compare")
    page.locator(".tray").get_by_role("link", name="Compare side by side").click()
    page.wait_for_url("**/compare/?case=nantes&case=vaud")
    heads = page.locator(".table--compare thead th a")
    assert heads.all_inner_texts() == ["Nantes", "Vaud"]
    every = page.locator(".table--compare tbody tr:not(.group)").count()
    page.get_by_role("link", name="Differences only").click()
    page.wait_for_url("**/compare/?case=nantes&case=vaud&only=differences")
    rows = page.locator(".table--compare tbody tr:not(.group)")
    assert 0 < rows.count() < every
    assert page.locator(".table--compare .is-shared, .table--compare .is-not-stated").count() == 0
    with page.expect_download() as pending:
        page.get_by_role("link", name="CSV").click()
    content = Path(pending.value.path()).read_text(encoding="utf-8-sig")
    head, _address, *lines = csv.reader(io.StringIO(content, newline=""))
    assert head[3:] == ["Nantes", "Vaud"]
    labels = [row.inner_text().split("\n")[0] for row in rows.locator("> th").all()]
    assert [line[1] for line in lines] == labels


# Whether the middle of what has the focus is what one sees there.
UNCOVERED = """() => {
    const element = document.activeElement, box = element.getBoundingClientRect();
    const top = document.elementFromPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2);
    return element.closest('td, th').contains(top);
}"""


@pytest.mark.parametrize("path", ["/matrix/", "/matrix/?columns=mechanism"])
def test_cells_are_reached_by_keyboard_and_lead_to_their_reasons(new_page, path):
    page = new_page(viewport=(768, 600), reduced_motion="reduce")
    page.goto(path)
    cells = page.locator(".cell")
    hrefs = [cell.get_attribute("href") for cell in cells.all()]
    cells.nth(39).focus()
    # backwards, so that the pinned heads lie in the way
    for href in reversed(hrefs[30:39]):
        page.keyboard.press("Shift+Tab")
        while not (found := focused(page))["name"].startswith("cell"):
            page.keyboard.press("Shift+Tab")
        assert (found["href"], found["ring"], found["visible"]) == (href, True, True)
        assert page.evaluate(UNCOVERED), href
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{hrefs[30]}")
    target = page.locator(f"[id='{hrefs[30].partition('#')[2]}']")
    expect(target).to_be_in_viewport()


@pytest.mark.parametrize(("path", "width"), [(COMPARISON, 1280), ("/matrix/", 768), ("/matrix/?columns=trigger", 768)])
def test_heads_stay_in_view_while_the_table_scrolls(new_page, path, width):
    page = new_page(viewport=(width, 500))
    page.goto(path)
    region = page.locator(".table-scroll--tall")
    heads = page.locator(".table-scroll thead th")
    region.evaluate("element => { element.scrollTop = 300; element.scrollLeft = 150; }")
    assert region.evaluate("element => element.scrollTop") == 300
    tops = [head.evaluate(IN_VIEW)[0] for head in heads.all()]
    first_rows = [top for top in tops if top < 10]
    below = [top for top in tops if top >= 10]
    # one row at the top of the frame; a second one right below it, not upon it
    assert first_rows
    group = page.locator("thead tr").first.locator("th[colspan]")
    if group.count():
        height = min(each.bounding_box()["height"] for each in group.all())
        assert below
        assert min(below) >= height - 2
    assert page.locator("thead tr").first.locator("th").first.evaluate(IN_VIEW)[1] <= 2
    assert page.locator("tbody tr:not(.group) > th").nth(3).evaluate(IN_VIEW)[1] <= 2


def test_twenty_six_columns_and_their_totals_fit_a_desk(page):
    page.goto("/matrix/")
    assert page.locator("thead tr").nth(1).locator("th").count() == 26
    region = page.locator(".table-scroll")
    assert region.evaluate("element => element.scrollWidth - element.clientWidth") == 0
    middles = """cells => cells.map(cell => {
        const range = document.createRange(); range.selectNodeContents(cell);
        const text = range.getBoundingClientRect(), box = cell.getBoundingClientRect();
        return Math.abs((text.left + text.right) / 2 - (box.left + box.right) / 2);
    })"""
    # each number under the middle of its column
    assert max(page.locator("tfoot td").evaluate_all(middles)) < 2
    assert max(page.locator("tbody .matrix-total").evaluate_all(middles)) < 2


def test_a_phone_shows_one_case_at_a_time_under_each_heading(new_page):
    page = new_page(viewport=(360, 740), reduced_motion="reduce")
    page.goto(COMPARISON)
    row = page.locator(".table--compare tbody tr:not(.group)").first
    boxes = [part.bounding_box() for part in row.locator("> *").all()]
    tops = [box["y"] for box in boxes]
    assert len(boxes) == 4
    assert tops == sorted(set(tops))
    # each over the whole width, and its case named
    assert min(box["width"] for box in boxes) > 300
    names = row.locator("> td").evaluate_all("cells => cells.map(cell => getComputedStyle(cell, '::before').content)")
    assert names == ['"Vaud"', '"Milan"', '"Nantes"']
    page.locator(".toc").get_by_role("link", name="Budget").click()
    expect(page.locator("#budget")).to_be_in_viewport()


@pytest.mark.parametrize(("path", "size"), [("/matrix/", (1191, 842)), (COMPARISON, (842, 595))])
def test_paper_is_wide_enough_and_without_navigation(page, path, size):
    page.goto(path)
    # A3 and A4, landscape, in points
    boxes = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", page.pdf(prefer_css_page_size=True))
    assert {(round(float(width)), round(float(height))) for width, height in boxes} == {size}
    page.set_viewport_size({"width": round((size[0] - 68) / 0.75), "height": 900})
    page.emulate_media(media="print")
    for part in (".site-nav", ".breadcrumb", ".views", ".chips", ".toc", ".link-row", ".menu-button"):
        assert [found for found in page.locator(part).all() if found.is_visible()] == [], part
    table = page.locator(".table-scroll > table")
    assert table.evaluate("element => element.scrollWidth <= element.parentElement.clientWidth + 1")
    # cases stand side by side
    row = page.locator("tbody tr:not(.group)").first
    assert len({part.bounding_box()["y"] for part in row.locator("> *").all()}) == 1
