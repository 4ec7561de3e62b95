"""Every kind of page: accessible in light and dark, whole at every width, in order, printed, without scripts."""

from __future__ import annotations

from itertools import pairwise

import pytest
from playwright.sync_api import Page

from .accessibility import COLOUR_RULES, axe
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
    "/data/releases/": (200, "Releases"),
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
def test_it_is_sound_in_every_way_it_is_shown(new_page, name):
    """Headings in order; the same text without scripts, but for the button that only a script can serve; axe in a wide
    window, light and dark, and on a dark phone; as wide as the window; on paper.

    One visit for all of it: coming to a page takes longer than looking. No colours are on their way to others.
    """
    page, plain = new_page(reduced_motion="reduce"), new_page(java_script_enabled=False)
    response = plain.goto(visit(page, name))
    assert response is not None
    assert response.status == PAGES[name][0]
    assert plain.locator("main").inner_text() == page.locator("main").inner_text()
    assert plain.locator("[data-theme-toggle]").is_visible() is False
    assert page.locator("[data-theme-toggle]").is_visible() is True
    found = {"headings": wrong_headings(page), "axe, light": axe(page)}
    page.emulate_media(color_scheme="dark")
    # All else is looked at on the phone.
    found["axe, dark"] = axe(page, only=COLOUR_RULES)
    page.set_viewport_size({"width": 360, "height": 740})
    found["axe, phone"] = axe(page)
    found["too wide"] = too_wide(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(media="print", color_scheme="light")
    found["paper"] = wrong_on_paper(page)
    assert {check: problems for check, problems in found.items() if problems} == {}


def wrong_headings(page: Page) -> list[tuple[int, int]]:
    """Steps down of more than one level; one heading of the first level, at the start, is a matter of course."""
    levels = page.evaluate(HEADINGS)
    assert levels[0] == 1
    assert levels.count(1) == 1
    return [(above, below) for above, below in pairwise(levels) if below > above + 1]


def too_wide(page: Page) -> dict[int, int]:
    """By how much the page is wider than each window, where it is. Folded parts are opened: a narrow screen folds."""
    over = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate("() => document.querySelectorAll('main details').forEach(part => { part.open = true })")
        by = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if by:
            over[width] = by
    return over


def wrong_on_paper(page: Page) -> list[str]:
    """Ways around the site that are printed, text that is not, and ink that is not black on white."""
    ways = (".site-nav", ".menu-button", ".theme-toggle", ".skip-link", ".breadcrumb", ".filters", ".toc")
    wrong = [part for part in ways if any(found.is_visible() for found in page.locator(part).all())]
    assert page.locator("h1").is_visible()
    wrong += page.evaluate(
        """() => [...document.querySelectorAll('main :is(p, h2, h3, dd, li)')]
            .filter(part => part.textContent.trim() && !part.checkVisibility()
                && !part.closest('.site-nav, .filters, .breadcrumb, .toc, .pagination, .pager, .map, .button, .chips')
                && !part.closest('.views, .no-print'))
            .map(part => part.className + ': ' + part.textContent.trim().slice(0, 60))"""
    )
    colours = page.evaluate(
        "() => [getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    )
    return wrong if colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"] else [*wrong, *colours]


def test_nothing_is_asked_of_another_place(page, recorder: Recorder):
    """What `recorder` sees of every page above, said once: all that a page loads comes from the site itself."""
    asked = []
    page.context.on("request", lambda request: asked.append(request.url))
    for name in ("/", "/cases/", "/api/v1/docs/"):
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
