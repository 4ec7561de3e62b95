"""Acronyms on a case's page: opened with the mouse, a finger and the keyboard, with and without scripts, and printed.

What a button is called and whether it is open is read from the browser's accessibility tree, as a screen reader does.
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from .accessibility import axe

PATH = "/cases/vaud/"


def tree(page: Page) -> list[dict[str, Any]]:
    """The page's accessibility tree: role, name and properties of each node that is not ignored."""
    session = page.context.new_cdp_session(page)
    try:
        nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    finally:
        session.detach()
    return [
        {"role": node["role"]["value"], "name": node.get("name", {}).get("value", "")}
        | {each["name"]: each["value"].get("value") for each in node.get("properties", [])}
        for node in nodes
        if not node["ignored"]
    ]


def named(page: Page, role: str, name: str) -> list[dict[str, Any]]:
    return [node for node in tree(page) if (node["role"], node["name"]) == (role, name)]


def focused(page: Page) -> tuple[str, str]:
    """Role and name of what has the focus; the page itself has it where nothing else does."""
    session = page.context.new_cdp_session(page)
    try:
        element = session.send("Runtime.evaluate", {"expression": "document.activeElement"})["result"]["objectId"]
        # Of this one alone: the tree of a whole case takes a tenth of a second, and Tab is pressed a hundred times.
        asked = {"objectId": element, "fetchRelatives": False}
        (node,) = session.send("Accessibility.getPartialAXTree", asked)["nodes"]
    finally:
        session.detach()
    return node["role"]["value"], node["name"]["value"]


def number_open(page: Page, name: str) -> int:
    """How many of the buttons of that name are open; each says whether it is."""
    states = [node["expanded"] for node in named(page, "button", name)]
    assert states
    assert set(states) <= {True, False}
    return states.count(True)


def meaning_of(page: Page, acronym: str) -> str:
    """What the glossary says of an acronym of Vaud."""
    page.goto(f"/glossary/?letter={acronym[0].lower()}")
    entry = page.locator(".glossary > div", has=page.get_by_role("link", name="Vaud", exact=True))
    entry = entry.filter(has=page.locator("dt").get_by_text(acronym, exact=True))
    return entry.locator("dd p").first.inner_text()


def first(page: Page, acronym: str) -> tuple[Locator, Locator]:
    """The first button of an acronym, and its explanation."""
    button = page.locator(".abbr").get_by_text(acronym, exact=True).first.locator("xpath=ancestor::button")
    return button, page.locator(f"#{button.get_attribute('popovertarget')}")


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the button of that name has the focus."""
    for _stop in range(120):
        page.keyboard.press("Tab")
        if focused(page) == ("button", name):
            return
    pytest.fail(f"Tab does not reach the button {name!r}")


@pytest.mark.parametrize("acronym", ["BCI", "CCCI"])
def test_the_mouse_opens_and_closes_it(page, acronym):
    meaning = meaning_of(page, acronym)
    page.goto(PATH)
    button, explanation = first(page, acronym)
    expect(explanation).to_be_hidden()
    assert number_open(page, acronym) == 0
    # The link of the foot alone; then that of the explanation too.
    assert len(named(page, "link", "Glossary")) == 1
    button.click()
    expect(explanation).to_be_visible()
    assert explanation.inner_text() == f"{meaning} Glossary"
    assert number_open(page, acronym) == 1
    assert len(named(page, "link", "Glossary")) == 2
    button.click()
    expect(explanation).to_be_hidden()
    button.click()
    page.locator("h1").click()
    expect(explanation).to_be_hidden()
    assert number_open(page, acronym) == 0


def test_one_closes_the_other(page):
    page.goto(PATH)
    (one, explanation), (other, second) = first(page, "BCI"), first(page, "CCCI")
    one.click()
    expect(explanation).to_be_visible()
    other.click()
    expect(second).to_be_visible()
    expect(explanation).to_be_hidden()


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_the_keyboard_opens_it_and_escape_closes_it_where_one_was(page, key):
    page.goto(PATH)
    _button, explanation = first(page, "BCI")
    tab_to(page, "BCI")
    page.keyboard.press(key)
    expect(explanation).to_be_visible()
    assert focused(page) == ("button", "BCI")
    assert number_open(page, "BCI") == 1
    page.keyboard.press("Escape")
    expect(explanation).to_be_hidden()
    assert focused(page) == ("button", "BCI")
    assert number_open(page, "BCI") == 0
    # The next stop from the open one is the way to the glossary; Escape leads back from there.
    page.keyboard.press(key)
    expect(explanation).to_be_visible()
    page.keyboard.press("Tab")
    assert focused(page) == ("link", "Glossary")
    page.keyboard.press("Escape")
    expect(explanation).to_be_hidden()
    assert focused(page) == ("button", "BCI")


def test_a_closed_one_is_no_stop_but_its_button(page):
    page.goto(PATH)
    tab_to(page, "BCI")
    page.keyboard.press("Tab")
    assert focused(page) != ("link", "Glossary")


def test_a_finger_opens_it_within_the_window(new_page):
    page = new_page(viewport=(360, 740), has_touch=True, is_mobile=True)
    meaning = meaning_of(page, "BCI")
    page.goto(PATH)
    button, explanation = first(page, "BCI")
    button.tap()
    expect(explanation).to_be_visible()
    assert explanation.inner_text() == f"{meaning} Glossary"
    assert number_open(page, "BCI") == 1
    box = explanation.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert box["x"] + box["width"] <= 360
    assert box["y"] + box["height"] <= 740
    page.locator("h1").tap()
    expect(explanation).to_be_hidden()


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_every_explanation_opens_within_the_window(new_page, width):
    page = new_page(viewport=(width, 800))
    page.goto(PATH)
    buttons = page.locator(".abbr")
    assert buttons.count() > 5
    for index in range(buttons.count()):
        button = buttons.nth(index)
        button.click()
        explanation = page.locator(f"#{button.get_attribute('popovertarget')}")
        expect(explanation).to_be_in_viewport(ratio=1)
        page.keyboard.press("Escape")


def test_it_works_without_scripts(new_page):
    page = new_page(java_script_enabled=False)
    meaning = meaning_of(page, "BCI")
    page.goto(PATH)
    button, explanation = first(page, "BCI")
    expect(explanation).to_be_hidden()
    button.click()
    expect(explanation).to_be_visible()
    assert explanation.inner_text() == f"{meaning} Glossary"
    assert number_open(page, "BCI") == 1
    page.keyboard.press("Escape")
    expect(explanation).to_be_hidden()
    assert focused(page) == ("button", "BCI")
    page.keyboard.press("Enter")
    expect(explanation).to_be_visible()


def test_it_leads_to_its_place_in_the_glossary(page):
    page.goto(PATH)
    button, explanation = first(page, "CCCI")
    button.click()
    explanation.get_by_role("link", name="Glossary").click()
    page.wait_for_url("**/glossary/?letter=c#*")
    assert page.locator(":target dt").inner_text() == "CCCI"
    expect(page.locator(":target")).to_be_in_viewport()
    assert "Vaud" in page.locator(":target dd").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [(1280, 800), (360, 740)])
def test_an_open_one_is_accessible(new_page, scheme, viewport):
    page = new_page(colour_scheme=scheme, viewport=viewport)
    page.goto(PATH)
    button, explanation = first(page, "BCI")
    button.click()
    expect(explanation).to_be_visible()
    assert axe(page) == []


def test_on_paper_meanings_stand_in_brackets(page):
    """Nobody can open anything there."""
    page.goto(PATH)
    page.emulate_media(media="print")
    explanations = page.locator(".abbr__meaning")
    assert explanations.count() > 5
    assert {explanations.nth(index).is_visible() for index in range(explanations.count())} == {True}
    styles = explanations.evaluate_all(
        """found => found.map(one => [getComputedStyle(one).position,
            getComputedStyle(one, '::before').content, getComputedStyle(one, '::after').content])"""
    )
    assert {(position, "(" in before, ")" in after) for position, before, after in styles} == {("static", True, True)}
    # The way to the glossary is none on paper.
    assert [link.is_visible() for link in explanations.get_by_role("link").all() if link.is_visible()] == []
