"""Finding cases: search, filters, views and the way from case to case, with scripts and without."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from .accessibility import axe
from .recorder import Recorder
from .steps import arrived, download, focused, names

WIDE, PHONE = (1280, 800), (360, 740)
OVER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def open_filters(page: Page) -> None:
    """On a phone the filters are folded behind one line, and without scripts they are so after each step."""
    if not page.locator(".filters__body").is_visible():
        page.locator("#filters > summary").click()


def option(page: Page, facet: str, value: str) -> Locator:
    """The box of an option, its facet unfolded."""
    open_filters(page)
    part = page.locator(f"#facet-{facet}")
    if part.get_attribute("open") is None:
        part.locator("summary").click()
    return part.locator(f"#f-{facet}-{value}")


def count_beside(box: Locator) -> int:
    """How many cases an option promises."""
    return int(re.sub(r"\D", "", box.locator("xpath=..").locator(".option__count").inner_text()))


def counted(number: int) -> str:
    return f"{number} case" if number == 1 else f"{number} cases"


def caret(page: Page) -> int:
    return page.locator("#q").evaluate("box => box.selectionStart")


def tab_to(page: Page, wanted: str, *, back: bool = False) -> None:
    """Go on with Tab until the focus is there, and can be seen."""
    for _stop in range(250):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            break
    else:
        pytest.fail(f"Tab does not lead to {wanted}")
    seen_at(page, wanted)


def seen_at(page: Page, wanted: str) -> None:
    """The focus is there, and can be seen."""
    expect(page.locator(wanted)).to_be_focused()
    stop = focused(page)
    assert (stop["visible"], stop["ring"]) == (True, True)


def select(page: Page, query: str) -> list[str]:
    page.goto(f"/cases/{query}")
    return names(page)


# Whole journeys


@pytest.mark.parametrize(("viewport", "scripts"), [(WIDE, True), (PHONE, True), (PHONE, False)])
def test_search_filter_read_go_on_come_back_and_take_it_away(new_page, viewport, scripts):
    page = new_page(viewport=viewport, java_script_enabled=scripts)
    every = select(page, "")
    # Search.
    open_filters(page)
    page.locator("#q").fill("migrants")
    if not scripts:
        page.locator("#q").press("Enter")
    arrived(page, "q=migrants", scripts=scripts)
    found = names(page)
    assert set(found) <= set(every)
    expect(page.locator("#results")).to_have_text(f"{counted(len(found))} for “migrants”")
    # Filter: as many cases as the option said.
    box = option(page, "trigger", "up-scaling")
    promised = count_beside(box)
    assert 2 < promised < len(found)
    box.check()
    if not scripts:
        page.get_by_role("button", name="Show the cases").click()
    arrived(page, "q=migrants&trigger=up-scaling", scripts=scripts)
    chosen = names(page)
    assert len(chosen) == promised
    # In the same order as without the filter.
    assert chosen == [name for name in found if name in chosen]
    expect(page.locator(".chip")).to_have_count(2)
    assert page.evaluate(OVER) == 0
    # The first case, on to the second and the third, back to the second.
    query = "q=migrants&trigger=up-scaling"
    page.get_by_role("link", name=chosen[0], exact=True).click()
    position = page.get_by_role("navigation", name="In the selection")
    for place, link in ((1, "Next"), (2, "Next"), (3, "Previous"), (2, None)):
        expect(page.locator("h1")).to_contain_text(f"{chosen[place - 1]}: ")
        expect(position).to_contain_text(f"{place} of {promised} for “migrants”")
        assert urlsplit(page.url).query == query
        around = {"prev": chosen[place - 2 : place - 1], "next": chosen[place : place + 1]}
        for rel, expected in around.items():
            assert [text.split(": ")[1] for text in position.locator(f"a[rel={rel}]").all_inner_texts()] == expected
        assert page.evaluate(OVER) == 0
        if link:
            position.get_by_role("link", name=f"{link}:").click()
    position.get_by_role("link", name="Back to the selection").click()
    arrived(page, query)
    assert names(page) == chosen
    # The file is the screen.
    assert [row["name"] for row in download(page)] == chosen


def test_a_case_that_the_selection_has_not_says_so(page):
    page.goto("/cases/vaud/?country=MA&view=table")
    position = page.get_by_role("navigation", name="In the selection")
    expect(position).to_contain_text("This case is not in the selection.")
    position.get_by_role("link", name="Back to the selection").click()
    arrived(page, "country=MA&view=table")


def test_with_the_keyboard_alone(page):
    page.goto("/cases/")
    tab_to(page, "#q")
    page.keyboard.type("migrants")
    arrived(page, "q=migrants")
    seen_at(page, "#q")
    # A facet that is folded is opened by Enter, and stays open.
    tab_to(page, "#facet-trigger > summary")
    page.keyboard.press("Enter")
    tab_to(page, "#f-trigger-up-scaling")
    page.keyboard.press("Space")
    arrived(page, "q=migrants&trigger=up-scaling")
    seen_at(page, "#f-trigger-up-scaling")
    expect(page.locator("#f-trigger-up-scaling")).to_be_checked()
    # Where the last value of a facet goes, the facet stays too.
    page.keyboard.press("Space")
    arrived(page, "q=migrants")
    seen_at(page, "#f-trigger-up-scaling")
    page.keyboard.press("Space")
    arrived(page, "q=migrants&trigger=up-scaling")
    # A view by Enter, the sort by an arrow.
    tab_to(page, ".views li:nth-child(2) a")
    page.keyboard.press("Enter")
    arrived(page, "q=migrants&trigger=up-scaling&view=table")
    seen_at(page, ".views li:nth-child(2) a")
    tab_to(page, "#sort")
    page.keyboard.press("ArrowDown")
    arrived(page, "q=migrants&trigger=up-scaling&sort=number&view=table")
    seen_at(page, "#sort")
    # Enter in the search asks as well, and once.
    tab_to(page, "#q", back=True)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.keyboard.press("Enter")
    expect(page.locator("#browse")).to_have_class("browse")
    seen_at(page, "#q")
    # A chip that is gone leaves the keyboard at the results.
    tab_to(page, ".chips li:nth-child(2) a")
    page.keyboard.press("Enter")
    arrived(page, "q=migrants&sort=number&view=table")
    seen_at(page, "#results")
    assert [urlsplit(url).path for url in asked].count("/cases/") == 2
    tab_to(page, "tbody tr:first-child th > a:first-child")
    first = page.locator("tbody th > a:first-child").first.inner_text()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text(f"{first}: ")


# What a swap leaves as it was


@dataclass(frozen=True)
class State:
    """What a reader sees of a selection."""

    query: str
    heading: str
    cases: list[str]
    checked: list[str]
    search: str
    sort: str
    title: str


def state_of(page: Page) -> State:
    return State(
        urlsplit(page.url).query,
        page.locator("#results").inner_text(),
        names(page),
        page.locator("#filters input:checked").evaluate_all("boxes => boxes.map(box => box.id)"),
        page.locator("#q").input_value(),
        page.locator("#sort").input_value(),
        page.title(),
    )


def expect_state(page: Page, state: State) -> None:
    arrived(page, state.query)
    expect(page).to_have_title(state.title)
    expect(page.locator("#results")).to_have_text(state.heading)
    expect(page.locator("#q")).to_have_value(state.search)
    expect(page.locator("#sort")).to_have_value(state.sort)
    expect(page.locator(".card__title")).to_have_text(state.cases)
    expect(page.locator("#filters input:checked")).to_have_count(len(state.checked))
    for box in state.checked:
        expect(page.locator(f"#{box}")).to_be_checked()


def test_back_and_forward_restore_each_state(page):
    page.goto("/cases/")
    states = [state_of(page)]

    def step(act: Callable[[], object], query: str) -> None:
        act()
        arrived(page, query)
        states.append(state_of(page))

    step(lambda: option(page, "region", "americas").check(), "region=americas")
    step(lambda: page.locator("#q").fill("youth"), "q=youth&region=americas")
    step(lambda: page.locator("#sort").select_option("title"), "q=youth&region=americas&sort=title")
    step(lambda: page.locator(".chip").first.click(), "region=americas&sort=title")
    step(lambda: page.get_by_role("link", name="Clear all").last.click(), "")
    assert [state.search for state in states] == ["", "", "youth", "youth", "", ""]
    assert len({state.heading for state in states}) >= 3
    assert len({state.title for state in states}) == 2
    # To a case, which is another page, and back from there.
    page.get_by_role("link", name="Vaud", exact=True).click()
    page.wait_for_url("**/cases/vaud/")
    for state in reversed(states):
        page.go_back()
        expect_state(page, state)
    for state in states[1:]:
        page.go_forward()
        expect_state(page, state)


def test_typing_narrows_and_keeps_the_caret(page):
    every = len(select(page, ""))
    page.locator("#q").click()
    page.keyboard.type("remitances")
    arrived(page, "q=remitances")
    expect(page.locator("#results")).to_have_text("0 cases for “remitances”")
    for _letter in "ances":
        page.keyboard.press("ArrowLeft")
    page.keyboard.type("t")
    arrived(page, "q=remittances")
    expect(page.locator("#q")).to_be_focused()
    assert (page.locator("#q").input_value(), caret(page)) == ("remittances", 6)
    assert 0 < len(names(page)) < every
    # At the beginning of the text too, where quotes are begun.
    page.keyboard.press("Home")
    page.keyboard.type('"')
    arrived(page, "q=%22remittances")
    assert (page.locator("#q").input_value(), caret(page)) == ('"remittances', 1)
    # What is no word yet is left to be typed on.
    page.locator("#q").fill('"')
    arrived(page, "")
    expect(page.locator("#q")).to_be_focused()
    expect(page.locator("#q")).to_have_value('"')


def test_what_is_typed_while_an_answer_comes_is_not_lost(page):
    """The clock stands still, so that the answer to the first letters comes before the others are asked for."""
    page.clock.install(time=0)
    page.goto("/cases/")
    page.clock.pause_at(1000)
    held: list[Route] = []
    page.route(lambda url: "q=remit&" in url, lambda route: held.append(route))
    page.locator("#q").click()
    page.keyboard.type("remit")
    with page.expect_request(lambda request: "q=remit&" in request.url):
        page.clock.run_for(350)
    page.keyboard.type("tances")
    with page.expect_response(lambda response: "q=remit&" in response.url):
        held[0].continue_()
    expect(page.locator("#results")).to_contain_text("“remit”")
    expect(page.locator("#q")).to_have_value("remittances")
    expect(page.locator("#q")).to_be_focused()
    with page.expect_response(lambda response: "q=remittances&" in response.url):
        page.clock.run_for(20)
    page.clock.resume()
    arrived(page, "q=remittances")
    expect(page.locator("#q")).to_have_value("remittances")
    assert caret(page) == len("remittances")


@pytest.mark.parametrize("viewport", [WIDE, PHONE])
def test_what_is_folded_scrolled_and_narrowed_stays(new_page, viewport):
    page = new_page(viewport=viewport)
    page.goto("/cases/")
    open_filters(page)
    parts = page.locator("#filters details")
    usual = parts.evaluate_all("parts => parts.map(part => part.open)")
    assert usual[:3] == [True, True, False]
    # Fold one that is open, unfold two that are not, scroll a list, narrow another.
    page.locator("#facet-region > summary").click()
    page.locator("#facet-approach > summary").click()
    box = option(page, "actor", "civil-society")
    page.locator("#search-facet-country").fill("r")
    box.focus()
    scrolled = "list => list.scrollTop"
    actors = page.locator("#facet-actor .facet__list")
    actors.evaluate("list => list.scrollTo(0, 40)")
    before = parts.evaluate_all("parts => parts.map(part => part.id + part.open)")
    shown = page.locator("#facet-country li:visible").all_inner_texts()
    page.keyboard.press("Space")
    arrived(page, "actor=civil-society")
    assert parts.evaluate_all("parts => parts.map(part => part.id + part.open)") == before
    assert page.locator("#filters").evaluate("part => part.open") is (viewport == PHONE)
    assert actors.evaluate(scrolled) == 40
    expect(box).to_be_focused()
    expect(box).to_be_visible()
    expect(page.locator("#search-facet-country")).to_have_value("r")
    assert [text.split("\n")[0] for text in page.locator("#facet-country li:visible").all_inner_texts()] == [
        text.split("\n")[0] for text in shown
    ]
    # The last value goes, and the facet stays open with the focus in it.
    page.keyboard.press("Space")
    arrived(page, "")
    assert parts.evaluate_all("parts => parts.map(part => part.id + part.open)") == before
    expect(box).to_be_focused()
    # On a phone one types within the folded panel, too.
    page.locator("#q").fill("youth")
    arrived(page, "q=youth")
    expect(page.locator("#q")).to_be_visible()
    expect(page.locator("#q")).to_be_focused()


def test_the_count_is_read_out_once_after_each_swap(page):
    africa, every = len(select(page, "?region=africa")), len(select(page, ""))
    status = page.get_by_role("status")
    expect(status).to_have_count(1)
    expect(status).to_have_text("")
    page.evaluate(
        """() => {
            window.heard = [];
            window.place = document.querySelector('[role=status]');
            new MutationObserver(() => window.heard.push(window.place.textContent))
                .observe(window.place, {childList: true, characterData: true, subtree: true});
        }"""
    )
    option(page, "region", "africa").check()
    arrived(page, "region=africa")
    expect(page.locator("main")).to_match_aria_snapshot(f"- status: {counted(africa)}")
    page.locator(".chip").click()
    arrived(page, "")
    expect(page.locator("main")).to_match_aria_snapshot(f"- status: {counted(every)}")
    page.locator("#q").fill("zzzz")
    arrived(page, "q=zzzz")
    expect(page.locator("main")).to_match_aria_snapshot("- status: 0 cases for “zzzz”")
    assert page.evaluate("() => window.heard") == [counted(africa), counted(every), "0 cases for “zzzz”"]
    # It is the same element all along, as a screen reader needs it.
    assert page.evaluate("() => window.place.isConnected")


def test_an_answer_that_is_no_list_is_gone_to(page, recorder: Recorder):
    page.goto("/cases/")
    page.route(lambda url: "region=africa" in url, lambda route: route.fulfill(status=503, body="later"), times=1)
    recorder.expect("answer 503")
    recorder.expect("Response Status Error Code 503")
    option(page, "region", "africa").check()
    arrived(page, "region=africa&q=&from=&to=", scripts=False)
    expect(page.locator(".chip")).to_have_count(1)


# What things are called


def test_the_names_of_facets_options_chips_and_views(page):
    africa, morocco = (len(select(page, query)) for query in ("?region=africa", "?country=MA"))
    page.goto("/cases/?region=africa&q=migrants")
    found = len(names(page))
    expect(page.get_by_role("form", name="Search and filter the cases")).to_match_aria_snapshot(
        f"""
        - form "Search and filter the cases":
          - text: Search
          - searchbox "Search": migrants
          - text: In every text of a case. Words in quotes stand next to each other.
          - group:
            - text: Region 1 selected
            - group "Region":
              - searchbox "Find in Region"
              - list:
                - listitem:
                  - checkbox "Africa {counted(africa)}" [checked]
                - listitem:
                  - checkbox "Northern Africa {counted(morocco)}"
          - group:
            - text: Country
            - group "Country":
              - searchbox "Find in Country"
              - list:
                - listitem:
                  - checkbox "Morocco {counted(morocco)}"
          - group: Level of government
          - group: Trigger
          - group "Years":
            - spinbutton "From year"
            - spinbutton "To year"
          - button "Show the cases"
          - link "Clear all"
        """
    )
    expect(page.locator(".browse__main")).to_match_aria_snapshot(
        f"""
        - region "{counted(found)} for “migrants”":
          - heading "{counted(found)} for “migrants”" [level=2]
          - navigation "View":
            - list:
              - listitem:
                - link "Cards"
              - listitem:
                - link "Table"
          - text: Sort by
          - combobox "Sort by":
            - option "Relevance" [selected]
            - option "Number"
          - button "Sort"
          - paragraph:
            - text: This view as
            - link "CSV"
            - link "XLSX"
            - link "JSON"
            - link "GeoJSON"
            - link "ZIP"
          - list "Active filters":
            - listitem:
              - 'link "Remove the filter Search: migrants"'
            - listitem:
              - 'link "Remove the filter Region: Africa"'
            - listitem:
              - link "Clear all"
        """
    )
    expect(page.locator(".views [aria-current]")).to_have_accessible_name("Cards")
    # The panel on a phone says how much is active.
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    expect(page.locator("#filters > summary")).to_have_text("Search and filters 2 active")


# A long list of options


def test_a_long_list_of_options_is_searched(new_page):
    page = new_page()
    page.goto("/cases/")
    box = page.get_by_role("searchbox", name="Find in Country")
    items = page.locator("#facet-country li")
    every = items.count()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    labels = page.locator("#facet-country li:visible .option__label")
    for typed, expected in (
        ("côsta", ["Costa Rica"]),
        ("COSTA", ["Costa Rica"]),
        ("costa", ["Costa Rica"]),
        # What stands beside an option is not its name.
        ("case", []),
        ("1", []),
    ):
        box.fill(typed)
        expect(labels).to_have_text(expected)
        expect(page.locator("#facet-country .absent")).to_be_visible(visible=not expected)
    box.fill("costa")
    # It asks nothing, neither by typing nor by Enter nor by leaving.
    box.press("Enter")
    box.press("Tab")
    box.blur()
    expect(labels).to_have_text(["Costa Rica"])
    assert (asked, urlsplit(page.url).query) == ([], "")
    # What is chosen stays in sight.
    page.locator("#f-country-CR").check()
    arrived(page, "country=CR")
    box.fill("vad")
    expect(labels).to_have_text(["Costa Rica", "El Salvador"])
    box.fill("")
    expect(items.locator("visible=true")).to_have_count(every)
    # Short lists have none, and without scripts no list has one.
    assert page.locator("#facet-approach .facet__search").count() == 0
    plain = new_page(java_script_enabled=False)
    plain.goto("/cases/")
    assert plain.locator(".facet__search").count() == 0
    assert plain.locator("#facet-country li").count() == every


# All of several values, and what to loosen


@pytest.mark.parametrize("scripts", [True, False])
def test_all_of_these_instead_of_any(new_page, scripts):
    page = new_page(java_script_enabled=scripts)
    facet, one, other = "objective", "socioeconomic-integration", "diaspora-opportunities"
    first, second = (set(select(page, f"?{facet}={value}")) for value in (one, other))
    assert first & second != first | second
    select(page, f"?{facet}={one}&{facet}={other}")
    assert set(names(page)) == first | second
    # Asked for all, an option says how many would be left with it.
    page.get_by_label("All of these, not any").locator("visible=true").check()
    if not scripts:
        page.get_by_role("button", name="Show the cases").click()
    arrived(page, f"{facet}={other}&{facet}={one}&all={facet}", scripts=False)
    assert set(names(page)) == first & second
    third = next(box for box in page.locator(f"#facet-{facet} li input:not(:checked)").all() if count_beside(box))
    promised = count_beside(third)
    third.check()
    if not scripts:
        page.get_by_role("button", name="Show the cases").click()
    expect(page.locator(".chip")).to_have_count(3)
    assert len(names(page)) == promised


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("view", ["", "&view=table"])
def test_nothing_found_offers_what_to_loosen(new_page, view, scripts):
    page = new_page(java_script_enabled=scripts)
    page.goto(f"/cases/?q=zzzz{view}")
    expect(page.get_by_role("heading", name="No case holds all of these words.")).to_be_visible()
    query = f"country=MA&approach=top-down{view}"
    page.goto(f"/cases/?{query}")
    expect(page.get_by_role("heading", name="No case matches all of this.")).to_be_visible()
    offers = page.locator(".loosen li")
    expect(offers).to_have_count(2)
    for number in range(2):
        text = offers.nth(number).inner_text()
        promised = int(re.findall(r"\d+", text)[-1])
        offers.nth(number).get_by_role("link").click()
        arrived(page, (f"approach=top-down{view}", f"country=MA{view}")[number])
        assert promised > 0
        expect(page.locator("#results")).to_have_text(counted(promised))
        expect(page.locator(".card, tbody tr")).to_have_count(promised)
        page.goto(f"/cases/?{query}")
    page.get_by_role("link", name="Show all cases").click()
    arrived(page, "")


# The table


@pytest.mark.parametrize(("viewport", "scripts"), [(WIDE, True), (PHONE, False)])
def test_a_table_with_chosen_columns(new_page, viewport, scripts):
    page = new_page(viewport=viewport, java_script_enabled=scripts)
    cards = select(page, "?region=africa&region=americas&sort=title")
    page.get_by_role("navigation", name="View").get_by_role("link", name="Table").click()
    query = "region=africa&region=americas&sort=title&view=table"
    arrived(page, query)
    heads, rows = page.locator("thead th"), page.locator("tbody th > a:first-child")
    assert rows.all_inner_texts() == cards
    # Other columns, the same selection.
    page.locator("#columns-choice > summary").click()
    while page.locator("#columns-choice input:checked").count():
        page.locator("#columns-choice input:checked").first.uncheck()
    for name in ("jmdi", "number", "budget_total"):
        page.locator(f"#column-{name}").check()
    page.get_by_role("button", name="Show these columns").click()
    query += "&columns=number&columns=jmdi&columns=budget_total"
    arrived(page, query)
    assert heads.all_inner_texts() == ["Case", "Number", "JMDI support", "Budget, as stated"]
    assert rows.all_inner_texts() == cards
    assert page.evaluate(OVER) == 0
    # The cells are those of the file.
    file = download(page)
    cells = [row.locator("td").all_inner_texts() for row in page.locator("tbody tr").all()]
    stated = [row["budget_total"] and f"{float(row['budget_total']):,.0f}" for row in file]
    assert [row["name"] for row in file] == cards
    assert cells == [
        [row["number"], row["jmdi"], total or "not stated"] for row, total in zip(file, stated, strict=True)
    ]
    # A case, the next one, and back to the table.
    rows.nth(0).click()
    position = page.get_by_role("navigation", name="In the selection")
    expect(position).to_contain_text(f"1 of {len(cards)}")
    position.get_by_role("link", name="Next:").click()
    arrived(page, query, path=page.locator("h1").evaluate("() => location.pathname"))
    expect(page.locator("h1")).to_contain_text(f"{cards[1]}: ")
    position.get_by_role("link", name="Back to the selection").click()
    arrived(page, query)
    assert heads.all_inner_texts()[1:] == ["Number", "JMDI support", "Budget, as stated"]
    # The browser's own way back leads there, too.
    rows.nth(0).click()
    expect(page.locator("h1")).to_contain_text(f"{cards[0]}: ")
    page.go_back()
    arrived(page, query)
    # A filter that goes, and all of them, leave the table with its columns.
    page.locator(".chip").first.click()
    arrived(page, query.removeprefix("region=africa&"))
    page.locator(".chips").get_by_role("link", name="Clear all").click()
    arrived(page, "view=table&columns=number&columns=jmdi&columns=budget_total")
    assert len(rows.all_inner_texts()) > len(cards)
    assert page.evaluate(OVER) == 0


# Snippets


def test_snippets_mark_the_words_and_say_where_they_stand(page):
    found = select(page, "?q=remittance+social")
    assert found
    links = page.locator(".card__title a")
    addresses = [link.get_attribute("href") for link in links.all()]
    told = []
    for card in page.locator(".card").all():
        places = [text.removesuffix(":") for text in card.locator(".snippets__where").all_inner_texts()]
        assert 1 <= len(places) <= 2
        marks = card.locator("mark").all_inner_texts()
        assert marks
        assert {text for text in marks if not re.match(r"(?i)remit|social|societ", text)} == set()
        told.append(places)
    for address, places in zip(addresses[:4], told[:4], strict=True):
        page.goto(address or "")
        headings = page.locator("h2, h3").all_inner_texts()
        assert {place for place in places if place not in headings} <= {"Classification"}, headings


# Accessible in every state


@pytest.mark.parametrize(("viewport", "scheme"), [(WIDE, "light"), (PHONE, "dark")])
def test_every_state_is_accessible_and_no_wider_than_the_window(new_page, scheme, viewport):
    page = new_page(colour_scheme=scheme, viewport=viewport)
    page.goto("/cases/")
    open_filters(page)
    found: dict[str, object] = {}

    def check(name: str) -> None:
        problems, over = axe(page), page.evaluate(OVER)
        if problems or over:
            found[name] = (problems, over)

    check("filters open")
    page.locator("#search-facet-country").fill("costa")
    check("options narrowed")
    page.locator("#search-facet-country").fill("zzzz")
    check("no such option")
    page.locator("#q").fill("migrants")
    arrived(page, "q=migrants")
    check("searched")
    option(page, "objective", "socioeconomic-integration").check()
    arrived(page, "q=migrants&objective=socioeconomic-integration")
    check("filtered")
    page.locator("#all-objective").check()
    arrived(page, "q=migrants&objective=socioeconomic-integration&all=objective")
    check("all of these")
    page.locator("#view-2").click()
    arrived(page, "q=migrants&objective=socioeconomic-integration&all=objective&view=table")
    check("table")
    page.locator("#columns-choice > summary").click()
    check("columns to choose from")
    page.locator(".chip").first.click()
    arrived(page, "objective=socioeconomic-integration&all=objective&view=table")
    check("a chip gone")
    page.locator("#q").fill("zzzz")
    arrived(page, "q=zzzz&objective=socioeconomic-integration&all=objective&view=table")
    check("nothing found")
    page.locator(".loosen a").first.click()
    arrived(page, "objective=socioeconomic-integration&all=objective&view=table")
    page.locator("tbody th > a:first-child").first.click()
    expect(page.get_by_role("navigation", name="In the selection")).to_be_visible()
    check("a case of the selection")
    page.goto("/cases/vaud/?country=MA")
    check("a case outside of it")
    page.goto("/cases/?view=pie&colour=red")
    check("not understood")
    assert found == {}
