"""From a territory to the cases that answer it, to a comparison and to paper; briefs; mechanisms."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Page, expect

from .accessibility import axe
from .steps import focused

CITY = "/match/?level=municipal&migration=immigration&trigger=national-legislation&objective=socioeconomic-integration"
#: Every state of the pages: nothing chosen, an answer with something dropped, a description that weighs nothing.
STATES = (
    "/match/",
    f"{CITY}&budget=1m-10m&weight-level=3&colour=red",
    "/match/?level=municipal&weight-level=0",
    "/recommendations/brief/local-and-regional-authorities/",
    "/recommendations/5/",
)


def question(page: Page, name: str):
    return page.get_by_role("group", name=name)


def asked(page: Page) -> list[tuple[str, str]]:
    """The description in the address, without what a form sends as it was."""
    return [pair for pair in parse_qsl(urlsplit(page.url).query) if not pair[0].startswith("weight-")]


def ranked(page: Page) -> list[str]:
    return page.locator(".ranked h3 a").all_inner_texts()


def sheets(page: Page) -> int:
    """How many A4 pages it prints."""
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4", prefer_css_page_size=True)))


def test_a_territory_is_described_compared_and_printed(page):
    page.goto("/match/")
    question(page, "At what level is it governed?").get_by_label("Municipal", exact=True).check()
    question(page, "What is it for?").get_by_label("Socioeconomic integration").check()
    page.get_by_label("Weight: Level of government").select_option("3, counts most")
    page.get_by_role("button", name="Rank the cases").click()
    expect(page.get_by_role("heading", name="13 cases ranked")).to_be_visible()
    assert asked(page) == [("level", "municipal"), ("objective", "socioeconomic-integration")]
    best = ranked(page)
    assert len(best) == 10
    assert page.locator(".ranked .rec-number").first.inner_text() == "100%"
    address = page.url

    page.get_by_role("link", name="Compare the best side by side").click()
    expect(page).to_have_url(re.compile(r"/compare/\?case="))
    for name in best[:3]:
        expect(page.locator("main").get_by_role("columnheader", name=name)).to_be_visible()
    page.go_back()
    assert page.url == address
    assert ranked(page) == best
    expect(page.get_by_label("Municipal", exact=True)).to_be_checked()
    expect(page.get_by_label("Weight: Level of government")).to_have_value("3")

    page.emulate_media(media="print")
    shown = [name.inner_text() for name in page.locator(".ranked h3 a").all() if name.is_visible()]
    assert shown == best[:5]
    reasons = page.locator(".gathered li").all()
    assert len([reason for reason in reasons if reason.is_visible()]) == 7
    text = page.locator("main").inner_text()
    assert "Level of government weight 3\nMunicipal" in text
    assert "/match/?level=municipal&objective=socioeconomic-integration&weight-level=3 · " in text
    assert re.search(r" · \d+ [A-Z][a-z]+ \d{4}\n", text)
    assert "Rank the cases" not in text
    assert sheets(page) <= 2


def test_whatever_is_asked_fits_two_pages_of_paper(page):
    page.goto("/match/")
    page.evaluate("() => document.querySelectorAll('[type=checkbox]').forEach(box => { box.checked = true })")
    page.get_by_role("button", name="Rank the cases").click()
    expect(page.get_by_role("heading", name="13 cases ranked")).to_be_visible()
    assert len(asked(page)) > 50
    assert sheets(page) == 2


def test_it_works_on_a_phone_without_scripts(new_page):
    page = new_page(java_script_enabled=False, viewport=(360, 740))
    page.goto("/match/")
    page.get_by_role("link", name="A city where people arrive").click()
    expect(page.get_by_role("heading", name="13 cases ranked")).to_be_visible()
    first = ranked(page)[0]
    # Folded on a narrow screen: what was asked stands above the cases all the same.
    assert page.get_by_label("Municipal", exact=True).is_visible() is False
    expect(page.locator(".asked")).to_contain_text("Municipal")
    page.locator("#filters > summary").click()
    page.get_by_label("Weight: Objective").select_option("0, left out")
    page.get_by_role("button", name="Rank the cases").click()
    expect(page.locator(".asked")).to_contain_text("left out")
    assert ranked(page)[0] == first
    expect(page.locator(".ranked article").first).not_to_contain_text("Socioeconomic integration")
    page.locator(".ranked h3 a").first.click()
    expect(page.locator("#comparable article")).to_have_count(3)


def test_it_is_described_by_keyboard_alone(page):
    page.goto("/match/")

    def walk(selector: str) -> None:
        """Tab on until it has the focus; one can see that it has."""
        for _step in range(90):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                assert focused(page)["visible"]
                assert focused(page)["ring"]
                return
        pytest.fail(f"{selector} cannot be reached")

    walk("[name=level][value=municipal]")
    page.keyboard.press("Space")
    walk("[name=weight-level]")
    page.keyboard.press("ArrowDown")
    walk("[name=migration][value=immigration]")
    page.keyboard.press("Space")
    walk("form.territory button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="13 cases ranked")).to_be_visible()
    assert asked(page) == [("level", "municipal"), ("migration", "immigration")]
    expect(page.locator(".asked")).to_contain_text("weight 3")
    walk(".results-bar a")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/compare/\?case="))


@pytest.mark.parametrize("path", STATES)
def test_its_states_are_accessible_at_every_width(new_page, path):
    page = new_page(reduced_motion="reduce")
    page.goto(path)
    page.evaluate("() => document.querySelectorAll('main details.fold').forEach(part => { part.open = true })")
    found = {"light": axe(page)}
    page.emulate_media(color_scheme="dark")
    found["dark"] = axe(page)
    page.set_viewport_size({"width": 360, "height": 740})
    page.evaluate("() => document.querySelectorAll('main details').forEach(part => { part.open = true })")
    found["phone"] = axe(page)
    assert found == {"light": [], "dark": [], "phone": []}
    assert page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
