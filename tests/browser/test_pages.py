"""Every kind of page: accessible in light and dark, whole at every width, in order, printed, without scripts."""

from __future__ import annotations

from itertools import pairwise

import pytest
from playwright.sync_api import Page

from .accessibility import axe
from .recorder import Recorder

# Every kind of public page with its status and its main heading.
PAGES = {
    "/": (200, "How cities and regions plan with migration"),
    "/cases/": (200, "Cases"),
    "/cases/?region=africa&sort=title": (200, "Cases"),
    "/cases/?country=CH&country=MA&from=2000&to=2014&colour=red": (200, "Cases"),
    "/cases/?approach=mixed&from=1000&to=1001": (200, "Cases"),
    "/cases/?q=integration&trigger=national-legislation": (200, "Cases"),
    "/cases/?view=table": (200, "Cases"),
    "/cases/?q=zzzz&country=MA": (200, "Cases"),
    "/cases/vaud/": (200, None),
    "/cases/vaud/?q=integration": (200, None),
    "/cases/souss-massa-draa-loriental/": (200, None),
    "/recommendations/": (200, "Recommendations"),
    "WITH CASES": (200, None),
    "WITHOUT CASES": (200, None),
    "/grid/": (200, "The grid"),
    "/grid/mechanism/": (200, None),
    "/grid/trigger/policy-mismatch/": (200, None),
    "/figures/": (200, "Figures"),
    "/figures/?unit=share&sort=value&x=1": (200, "Figures"),
    "/sources/": (200, "Sources"),
    "/sources/fom-2014/": (200, None),
    "/glossary/": (200, "Glossary"),
    "/compare/": (200, "Compare cases"),
    "/compare/?case=vaud&case=milan&case=nantes": (200, "Compare cases"),
    "/matrix/": (200, "Matrix"),
    "/matrix/?columns=trigger": (200, "Matrix"),
    "/matrix/?by=region": (200, "Matrix"),
    "/match/": (200, None),
    "/api/v1/docs/": (200, "API"),
    "/data/": (200, "Data"),
    "/data/codebook/": (200, "Codebook"),
    "/about/": (200, "About the casebook"),
    "/suggest/": (200, "Report or suggest"),
    "/suggest/?case=vaud": (200, "Report or suggest"),
    "/suggest/?case=nothing": (200, "Report or suggest"),
    "/suggest/thanks/": (200, "Thank you"),
    "/nothing": (404, "Page not found"),
    "/cases/?x=%00": (400, "The address was not understood"),
}
WIDTHS = (360, 768, 1280)

HEADINGS = """() => [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')]
    .filter(heading => heading.checkVisibility())
    .map(heading => Number(heading.tagName[1]))"""


def address(page: Page, name: str) -> str:
    """The path of a kind of page; of a recommendation with, or without, cases the first that there is."""
    if name.startswith("/"):
        return name
    page.goto("/recommendations/")
    item = page.locator(".rec", has=page.locator(".tag--absent"))
    if name == "WITH CASES":
        item = page.locator(".rec", has=page.locator(".rec__count a"))
    path = item.first.locator("h3 a").get_attribute("href")
    assert path
    return path


def visit(page: Page, name: str) -> str:
    """Go there; the status and the heading are as they should be. Returns the path."""
    path = address(page, name)
    response = page.goto(path)
    status, heading = PAGES[name]
    assert response is not None
    assert response.status == status
    assert page.locator("h1").count() == 1
    if heading is not None:
        assert page.locator("h1").inner_text() == heading
    return path


@pytest.mark.parametrize("name", PAGES)
def test_it_is_accessible(new_page, name):
    """In a wide window, light and dark, and on a phone; without colours on their way from one to the other."""
    page = new_page(reduced_motion="reduce")
    visit(page, name)
    found = {"light": axe(page)}
    page.emulate_media(color_scheme="dark")
    found["dark"] = axe(page)
    page.set_viewport_size({"width": 360, "height": 740})
    found["phone"] = axe(page)
    assert found == {"light": [], "dark": [], "phone": []}


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wider_than_the_window(new_page, name):
    page = new_page()
    visit(page, name)
    over = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        # Folded parts too: a narrow screen folds the filters.
        page.evaluate("() => document.querySelectorAll('main details').forEach(part => { part.open = true })")
        over[width] = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over == dict.fromkeys(WIDTHS, 0)


@pytest.mark.parametrize("name", PAGES)
def test_headings_go_down_one_step_at_a_time(page, name):
    visit(page, name)
    levels = page.evaluate(HEADINGS)
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert [(above, below) for above, below in pairwise(levels) if below > above + 1] == []


@pytest.mark.parametrize("name", PAGES)
def test_on_paper_the_text_stands_and_the_navigation_does_not(page, name):
    visit(page, name)
    page.emulate_media(media="print")
    for part in (".site-nav", ".menu-button", ".theme-toggle", ".skip-link", ".breadcrumb", ".filters", ".toc"):
        assert [found.is_visible() for found in page.locator(part).all() if found.is_visible()] == [], part
    assert page.locator("h1").is_visible()
    hidden = page.evaluate(
        """() => [...document.querySelectorAll('main :is(p, h2, h3, dd, li)')]
            .filter(part => part.textContent.trim() && !part.checkVisibility()
                && !part.closest('.site-nav, .filters, .breadcrumb, .toc, .pagination, .pager, .map, .button, .chips')
                && !part.closest('.views, .no-print'))
            .map(part => part.className + ': ' + part.textContent.trim().slice(0, 60))"""
    )
    assert hidden == []
    colours = page.evaluate(
        "() => [getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    )
    assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]


@pytest.mark.parametrize("name", PAGES)
def test_it_is_whole_without_scripts(new_page, name):
    """The same text, but for the button that only a script can serve."""
    scripted, plain = new_page(), new_page(java_script_enabled=False)
    path = visit(scripted, name)
    response = plain.goto(path)
    assert response is not None
    assert response.status == PAGES[name][0]
    assert plain.locator("main").inner_text() == scripted.locator("main").inner_text()
    assert plain.locator("[data-theme-toggle]").is_visible() is False
    assert scripted.locator("[data-theme-toggle]").is_visible() is True


def test_nothing_is_asked_of_another_place(page, recorder: Recorder):
    """What `recorder` sees of every test here, said once: all that a page loads comes from the site itself."""
    asked = []
    page.context.on("request", lambda request: asked.append(request.url))
    for name in PAGES:
        visit(page, name)
    assert asked
    assert {url for url in asked if not url.startswith(f"{recorder.origin}/")} == set()
    assert recorder.problems == []


@pytest.mark.parametrize("path", ["/admin/login/", "/admin/"])
def test_the_way_into_the_admin_is_accessible(page, path):
    response = page.goto(path)
    assert response is not None
    assert response.status == 200
    assert page.url.partition("?")[0].endswith("/admin/login/")
    # Django's own page: its landmarks are not ours to mend.
    assert axe(page, disable=("region", "landmark-one-main", "page-has-heading-one")) == []
