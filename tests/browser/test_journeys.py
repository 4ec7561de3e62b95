"""What visitors come for, step by step: with a mouse, with a keyboard, without scripts."""

from __future__ import annotations

import datetime
import re
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from casestudies.forms import stamp

from .accessibility import axe
from .steps import arrived, download, focused, names


@pytest.mark.parametrize("scripts", [True, False])
def test_filter_sort_open_a_case_and_take_the_list_away(new_page, scripts):
    page = new_page(java_script_enabled=scripts)
    page.goto("/cases/")
    every = names(page)
    assert len(every) >= 2
    # Filter by the form.
    if not page.locator(".filters__body").is_visible():
        page.locator("details.filters > summary").click()
    facet = page.locator("details.facet", has=page.locator('input[name="country"]'))
    if facet.get_attribute("open") is None:
        facet.locator("summary").click()
    page.locator('input[type="checkbox"][name="country"][value="CH"]').check()
    if not scripts:
        page.get_by_role("button", name="Show the cases").click()
    arrived(page, "country=CH", scripts=scripts)
    assert names(page) == ["Vaud"]
    assert page.locator(".chip").count() == 1
    assert [(row["country_code"], row["name"]) for row in download(page)] == [("CH", "Vaud")]
    # Take the filter away again.
    page.locator(".chip").click()
    expect(page.locator(".chip")).to_have_count(0)
    assert names(page) == every
    # Sort.
    for sort in ("title", "country", "start", "number"):
        page.locator("#sort").select_option(sort)
        if not scripts:
            page.get_by_role("button", name="Sort", exact=True).click()
        usual = scripts and sort == "number"
        arrived(page, "" if usual else f"sort={sort}", scripts=scripts)
        assert [row["name"] for row in download(page)] == names(page)
    # Open a case and go on to a recommendation and back.
    page.get_by_role("link", name="Vaud", exact=True).first.click()
    page.wait_for_url("**/cases/vaud/")
    assert page.locator("h1").inner_text().startswith("Vaud: ")
    illustration = page.locator("article.illustration").first
    anchor = illustration.get_attribute("id")
    illustration.locator("h3 a").click()
    page.wait_for_url("**/recommendations/*/**")
    back = page.locator(f'main a[href="/cases/vaud/#{anchor}"]')
    assert back.count() == 1
    back.click()
    page.wait_for_url(f"**/cases/vaud/#{anchor}")


@pytest.mark.parametrize(
    "query",
    ["", "?sort=title", "?sort=country", "?sort=start", "?region=africa", "?jmdi=yes&sort=title", "?from=2000&to=2012"],
)
def test_the_file_is_what_the_screen_shows(page, site, query):
    page.goto(f"/cases/{query}")
    rows = download(page)
    assert [row["name"] for row in rows] == names(page)
    links = page.locator(".card__title a")
    paths = [links.nth(index).get_attribute("href") for index in range(links.count())]
    assert [urlsplit(row["url"]).path for row in rows] == [urlsplit(path).path for path in paths]
    # A case that is opened from here knows of what it is one.
    assert {urlsplit(path).query for path in paths} == {query.removeprefix("?")}


def test_no_result_offers_a_way_out(page):
    page.goto("/cases/?country=CH&to=1001")
    expect(page.get_by_role("heading", name="No case matches all of this.")).to_be_visible()
    assert page.locator(".chip").count() == 2
    page.get_by_role("link", name="Show all cases").click()
    page.wait_for_url(re.compile(r"/cases/$"))
    assert len(names(page)) >= 2


# Keyboard.


def test_the_first_stop_skips_to_the_content(page):
    page.goto("/cases/")
    page.keyboard.press("Tab")
    first = focused(page)
    assert (first["name"], first["href"], first["visible"], first["ring"]) == ("skip-link", "#main", True, True)
    box = page.locator(".skip-link").bounding_box()
    assert box is not None
    assert box["y"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize(
    "path", ["/", "/cases/?country=CH", "/cases/vaud/", "/recommendations/", "/about/", "/suggest/"]
)
def test_every_stop_shows_where_it_is(page, path):
    page.goto(path)
    stops = []
    for _stop in range(45):
        page.keyboard.press("Tab")
        stop = focused(page)
        if stop["tag"] == "body":
            break
        stops.append(stop)
    assert len(stops) > 5
    unseen = [
        f"{stop['tag']}.{stop['name']} {stop['href']} {stop['visible']} {stop['ring']}"
        for stop in stops
        if not (stop["visible"] and stop["ring"])
    ]
    assert unseen == []


def test_the_menu_opens_on_a_phone_and_closes_with_escape(new_page):
    page = new_page(viewport=(360, 740))
    page.goto("/")
    menu, navigation = page.locator(".menu-button"), page.locator("#site-nav")
    expect(menu).to_be_visible()
    expect(navigation).to_be_hidden()
    while focused(page)["name"] != "menu-button":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(navigation).to_be_visible()
    page.keyboard.press("Escape")
    expect(navigation).to_be_hidden()
    assert focused(page)["name"] == "menu-button"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert focused(page)["href"] == "/cases/"
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/")


def test_the_menu_opens_on_a_phone_without_scripts(new_page):
    page = new_page(viewport=(360, 740), java_script_enabled=False)
    page.goto("/")
    page.locator(".menu-button").click()
    expect(page.locator("#site-nav")).to_be_visible()
    page.locator("#site-nav").get_by_role("link", name="About").click()
    page.wait_for_url("**/about/")


def test_a_marker_of_the_map_is_reached_by_tab_and_opened_by_enter(page):
    page.goto("/")
    href = page.locator('.marker[href="/cases/vaud/"]').get_attribute("href")
    for _stop in range(200):
        page.keyboard.press("Tab")
        stop = focused(page)
        if stop["href"] == href and "marker" in stop["name"]:
            break
    assert (stop["href"], stop["visible"], stop["ring"]) == ("/cases/vaud/", True, True)
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/vaud/")


def test_filters_are_chosen_with_the_keyboard_alone(page):
    page.goto("/cases/")
    filters = page.locator("details.filters > summary")
    if not page.locator(".filters__body").is_visible():
        filters.focus()
        page.keyboard.press("Enter")
    box = page.locator('input[type="checkbox"][name="region"][value="africa"]')
    box.focus()
    page.keyboard.press("Space")
    arrived(page, "region=africa")
    expect(box).to_be_checked()
    expect(box).to_be_focused()
    assert "Vaud" not in names(page)
    assert names(page)


# Report or suggest.


def tab_to(page: Page, name: str) -> list[str]:
    """Presses Tab until the control of that name has the focus. The names that were passed."""
    passed = []
    for _stop in range(60):
        page.keyboard.press("Tab")
        here = page.evaluate(
            "() => document.activeElement.name || document.activeElement.textContent.replace(/\\s+/g, ' ').trim()"
        )
        passed.append(here)
        if here == name:
            return passed
    raise AssertionError(f"{name} is not reached: {passed}")


def type_for_a_minute(page: Page) -> None:
    """Turns the form's clock back: nobody waits in a test for the time that typing takes."""
    earlier = stamp(timezone.now() - datetime.timedelta(minutes=1))
    page.locator('[name="stamp"]').evaluate("(field, value) => { field.value = value }", earlier)


@pytest.mark.parametrize("scripts", [True, False])
def test_an_error_is_reported_with_the_keyboard_alone(new_page, scripts):
    page = new_page(viewport=(360, 740), java_script_enabled=scripts)
    page.goto("/cases/vaud/")
    tab_to(page, "Report an error in this case")
    page.keyboard.press("Enter")
    page.wait_for_url("**/suggest/?case=vaud")
    expect(page.get_by_label("It is about 4.12 Vaud")).to_be_checked()
    expect(page.get_by_label("What do you write about?")).to_have_value("error")
    # From field to field, in the order in which they stand, and never into the trap.
    page.locator("#main").focus()
    assert tab_to(page, "Send")[-7:] == ["kind", "about_offered", "section", "text", "name", "email", "Send"]
    expect(page.locator('[name="website"]')).to_be_hidden()
    page.locator("#main").focus()
    tab_to(page, "section")
    page.keyboard.type("Actors")
    tab_to(page, "text")
    page.keyboard.type("Short")
    tab_to(page, "name")
    page.keyboard.type("Ada")
    tab_to(page, "Send")
    page.keyboard.press("Enter")
    # Refused: what is wrong is read first, leads to its field, and nothing is lost.
    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("Write at least 10 characters; there are 5.")
    expect(summary).to_be_focused()
    if scripts:  # axe waits for a timer, which never comes without
        assert axe(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**#id_text")
    # Refused again, it is read first again.
    tab_to(page, "Send")
    page.keyboard.press("Enter")
    page.wait_for_url("**/suggest/?case=vaud")
    expect(summary).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    message = page.get_by_label("Your message")
    expect(message).to_be_focused()
    expect(message).to_have_accessible_description(re.compile(r"Write at least 10 characters; there are 5\."))
    expect(message).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Which section?")).to_have_value("actors")
    expect(page.get_by_label("Your name")).to_have_value("Ada")
    # Mended.
    page.keyboard.press("Control+End")
    page.keyboard.type(f" of a source: the share of residents is another ({scripts}).")
    type_for_a_minute(page)
    tab_to(page, "Send")
    page.keyboard.press("Enter")
    page.wait_for_url("**/suggest/thanks/")
    expect(page.get_by_role("heading", name="What happens next")).to_be_visible()
    assert [cookie["name"] for cookie in page.context.cookies()] == ["csrftoken"]
    # Going back or loading again sends nothing twice.
    response = page.reload()
    assert response is not None
    assert (response.status, response.request.method) == (200, "GET")


# Colours.


def test_the_choice_of_colours_outlives_a_reload(page):
    page.goto("/")
    button = page.locator("[data-theme-toggle]")

    def state() -> tuple[str | None, str | None, str]:
        return (
            page.locator("html").get_attribute("data-theme"),
            button.get_attribute("aria-label"),
            page.evaluate("() => getComputedStyle(document.body).backgroundColor"),
        )

    automatic = state()
    assert automatic[:2] == (None, "Colours: as the device")
    button.click()
    light = state()
    assert light == ("light", "Colours: light", automatic[2])
    button.click()
    dark = state()
    assert dark[:2] == ("dark", "Colours: dark")
    assert dark[2] != light[2]
    page.reload()
    assert state() == dark
    page.goto("/about/")
    assert state() == dark
    button.click()
    assert state() == automatic
    page.reload()
    assert state() == automatic


def test_the_device_decides_where_nobody_chose(new_page):
    background = "() => getComputedStyle(document.body).backgroundColor"
    found = {}
    for scheme in ("light", "dark"):
        page = new_page(colour_scheme=scheme)
        page.goto("/")
        found[scheme] = page.evaluate(background)
    assert found["light"] != found["dark"]
