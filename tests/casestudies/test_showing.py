"""How a selection is shown: the view and its columns in the address, and what the table holds."""

from __future__ import annotations

import csv
import io
import re
from html import unescape

import pytest
from django.http import QueryDict
from django.utils.html import strip_tags

from casestudies.exports.columns import COLUMNS
from casestudies.models import Case
from casestudies.selection import Selection
from casestudies.showing import DEFAULT_COLUMNS, NOT_SHOWN, OFFERED, Showing, read_showing
from tests.factories import CaseFactory, CaseTermFactory, term

from .builders import make_case, make_collection, make_reference, select

pytestmark = pytest.mark.django_db

NO_VIEW, NO_COLUMN, ONE_VIEW = "There is no such view.", "There is no such column.", "Only one view can be shown."
# Two of the views, by what each puts on the page.
SHOWN = {"cards": '<ul class="cards">', "table": "<table"}


def text(html: str) -> str:
    return " ".join(unescape(strip_tags(html)).split())


def hrefs(html: str, part: str) -> list[str]:
    """The addresses of the links in the first part of a page that matches."""
    return [unescape(href) for href in re.findall(r'href="([^"]*)"', re.search(part, html, re.DOTALL).group())]


def page(visitor, query: str, **headers: str) -> str:
    response = visitor.get(f"/cases/{query}", headers=headers)
    assert response.status_code == 200
    return response.content.decode()


# Reading


@pytest.mark.parametrize(("query", "view", "columns", "dropped"), [
    ("", "cards", DEFAULT_COLUMNS, []),
    ("view=", "cards", DEFAULT_COLUMNS, []),
    ("view=table", "table", DEFAULT_COLUMNS, []),
    ("view=table&view=table", "table", DEFAULT_COLUMNS, []),
    ("view=pie", "cards", DEFAULT_COLUMNS, [("view", "pie", NO_VIEW)]),
    ("view=Table", "cards", DEFAULT_COLUMNS, [("view", "Table", NO_VIEW)]),
    ("view=pie&view=table", "table", DEFAULT_COLUMNS, [("view", "pie", NO_VIEW)]),
    ("view=table&view=cards", "table", DEFAULT_COLUMNS, [("view", "cards", ONE_VIEW)]),
    # in the order of the codebook, once each
    ("view=table&columns=title&columns=number&columns=title", "table", ("number", "title"), []),
    ("view=table&columns=", "table", DEFAULT_COLUMNS, []),
    ("view=table&columns=colour&columns=title", "table", ("title",), [("columns", "colour", NO_COLUMN)]),
    # what the name of the case says already is offered to nobody
    ("view=table&columns=slug", "table", DEFAULT_COLUMNS, [("columns", "slug", NO_COLUMN)]),
])  # fmt: skip
def test_what_an_address_asks_for(query, view, columns, dropped):
    found = read_showing(QueryDict(query))
    assert (found.view, found.columns) == (view, columns)
    assert [(each.parameter, each.value, each.reason) for each in found.dropped] == dropped


def test_every_column_of_the_codebook_is_offered_but_three():
    assert list(OFFERED) == [column.header for column in COLUMNS if column.header not in ("url", "slug", "name")]
    assert {"url", "slug", "name"} == NOT_SHOWN
    assert set(DEFAULT_COLUMNS) <= set(OFFERED)
    assert [column.header for column in OFFERED.values() if not column.label] == []
    chosen = Showing("table", ("country", "title")).choices()
    assert [name for name, _label, _shown in chosen] == list(OFFERED)
    assert {name for name, _label, shown in chosen if shown} == {"country", "title"}


def test_the_page_says_what_was_not_understood(visitor):
    make_collection()
    html = page(visitor, "?view=pie&columns=colour&country=XX&jmdi=yes")
    message = re.search(r'<div class="message message--warning".*?</div>', html, re.DOTALL).group()
    assert [text(item) for item in re.findall(r"<li>.*?</li>", message)] == [
        "country=XX This filter has no such value.",
        f"view=pie {NO_VIEW}",
        f"columns=colour {NO_COLUMN}",
    ]
    assert SHOWN["cards"] in html
    # On the page of a case, too.
    html = visitor.get("/cases/vaud/?view=pie").content.decode()
    assert f"<code>view=pie</code> {NO_VIEW}" in html


# The address


@pytest.mark.parametrize(("showing", "query"), [
    (Showing(), "?country=CH"),
    (Showing("table"), "?country=CH&view=table"),
    (Showing("table", ("number", "title")), "?country=CH&view=table&columns=number&columns=title"),
    # columns are the table's
    (Showing("cards", ("number", "title")), "?country=CH"),
])  # fmt: skip
def test_the_view_follows_the_selection_in_the_address(showing, query):
    make_collection()
    assert showing.query(select("country=CH")) == query
    assert showing.prefix(select("country=CH")) == f"{query}&"
    assert showing.query(Selection()) == query.replace("country=CH", "").replace("?&", "?").removesuffix("?")
    again = read_showing(QueryDict(query.removeprefix("?")))
    assert again.query(select("country=CH")) == query


@pytest.mark.parametrize("view", SHOWN)
def test_each_view_shows_the_selection(visitor, view):
    make_collection()
    html = page(visitor, f"?region=africa&sort=title&view={view}")
    assert [name for name, part in SHOWN.items() if part in html] == [view]
    assert re.findall(r"<h3 class=\"card__title\"><a[^>]*>(.*?)</a>|<th scope=\"row\"><a[^>]*>(.*?)</a>", html) == [
        ((name, "") if view == "cards" else ("", name)) for name in ("Dakar", "Rabat", "Souss")
    ]
    # One tab is this one.
    tabs = re.search(r'<nav class="views".*?</nav>', html, re.DOTALL).group()
    assert re.findall(r'aria-current="true">(\w+)<', tabs) == [view.title()]


def test_tabs_chips_pages_and_cases_keep_the_view_its_columns_and_the_selection(visitor):
    make_reference()
    for number in range(21):
        make_case(f"case-{number:02}", code="CH", ordinal=number + 1)
    kept, columns = "country=CH&sort=title", "columns=number&columns=title"
    html = page(visitor, f"?{kept}&view=table&{columns}")
    tabs = hrefs(html, r'<nav class="views".*?</nav>')
    assert tabs[:2] == [f"?{kept}", f"?{kept}&view=table&{columns}"]
    assert all(tab.startswith(f"?{kept}") and columns not in tab for tab in tabs if tab != tabs[1])
    assert hrefs(html, r'<ul class="chips".*?</ul>') == [
        f"?sort=title&view=table&{columns}",
        f"/cases/?view=table&{columns}",
    ]
    assert f"?{kept}&view=table&{columns}&page=2" in hrefs(html, r'<nav class="pagination".*?</nav>')
    assert f"/cases/case-00/?{kept}&view=table&{columns}" in hrefs(html, r"<tbody>.*?</tbody>")
    # The forms carry the rest along.
    forms = re.findall(r"<form.*?</form>", html, re.DOTALL)
    hidden = [re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]+)">', form) for form in forms]
    view = [("view", "table"), ("columns", "number"), ("columns", "title")]
    assert hidden == [
        [("sort", "title"), *view],
        [("country", "CH"), *view],
        [("country", "CH"), ("sort", "title"), ("view", "table")],
    ]
    # From a case, back to the page on which it stands.
    for slug, back in (("case-19", ""), ("case-20", "&page=2")):
        html = visitor.get(f"/cases/{slug}/?{kept}&view=table&{columns}").content.decode()
        around = hrefs(html, r'<nav class="position.*?</nav>')
        assert around[0] == f"/cases/?{kept}&view=table&{columns}{back}"
        assert {href.partition("?")[2] for href in around[1:]} == {f"{kept}&view=table&{columns}"}
    # The last chip leaves nothing but the view.
    assert hrefs(page(visitor, "?country=CH&view=table"), r'<ul class="chips".*?</ul>') == [
        "?view=table",
        "/cases/?view=table",
    ]
    assert hrefs(page(visitor, "?country=CH"), r'<ul class="chips".*?</ul>') == ["?", "/cases/"]


def test_what_to_loosen_keeps_the_view_and_promises_what_there_is(visitor):
    make_collection()
    html = page(visitor, "?country=CH&jmdi=yes&view=table")
    offers = hrefs(html, r'<ul class="loosen".*?</ul>')
    assert offers == ["?jmdi=yes&view=table", "?country=CH&view=table"]
    counts = re.findall(r'<span class="option__count">(\d+) cases?</span></li>', html)
    assert counts == [re.search(r"data-count>(\d+)", page(visitor, offer)).group(1) for offer in offers] == ["2", "1"]


# The table


@pytest.mark.parametrize("name", OFFERED)
def test_a_cell_is_what_the_download_has(visitor, name):
    make_collection()
    CaseFactory(name="<b>", title="No row of anything", purpose="1 < 2")
    response = visitor.get("/cases/download.csv?sort=title")
    content = b"".join(response.streaming_content).decode().removeprefix("\ufeff")
    file = [row[name] for row in csv.DictReader(io.StringIO(content, newline=""))]
    html = page(visitor, f"?view=table&sort=title&columns={name}")
    cells = [
        [text(part) for part in re.split(r'<span class="visually-hidden">; </span><br>', cell)]
        for cell in re.findall(r"<td[^>]*>(.*?)</td>", html, re.DOTALL)
    ]
    assert len(cells) == 6
    expected = [value.removeprefix("'").split("|") if value else ["not stated"] for value in file]
    if name == "budget_total":
        expected = [[f"{float(value):,.0f}"] if value[0].isdigit() else [value] for (value,) in expected]
    assert cells == expected


def test_only_lists_are_parted(visitor):
    CaseTermFactory(case=CaseFactory(title="One | two"), term=term("trigger", "a", label="Three | four"))
    html = page(visitor, "?view=table&columns=title&columns=trigger")
    assert re.findall(r"<td[^>]*>(.*?)</td>", html, re.DOTALL) == ["One | two", "Three / four"]


def test_numbers_to_compare_stand_at_the_right_and_years_are_no_such_numbers(visitor):
    make_collection()
    html = page(visitor, "?country=CH&view=table&columns=budget_total&columns=start_year&columns=mechanism")
    assert re.findall(r'<td( class="num")?>(.*?)</td>', html) == [
        ("", "2009"),
        ("", 'Participation<span class="visually-hidden">; </span><br>Councils'),
        (' class="num"', "12,400,000"),
    ]
    heads = re.findall(r'<th scope="col">(.*?)</th>', html)
    assert heads == ["Case", "Start", "Key mechanisms", "Budget, as stated"]


# What htmx and caches are told


@pytest.mark.parametrize(("query", "pushed"), [
    ("", ""),
    ("q=&from=&to=", ""),
    ("to=2020&from=&q=&country=CH&jmdi=&page=1", "?country=CH&to=2020"),
    ("q=%20Vaud&sort=relevance", "?q=Vaud"),
    ("sort=number&country=CH&country=XX&colour=red", "?country=CH"),
    ("view=table&columns=title&columns=number&jmdi=yes", "?jmdi=yes&view=table&columns=number&columns=title"),
    ("view=cards&columns=title", ""),
    ("view=pie", ""),
    ("all=trigger&trigger=policy-mismatch&trigger=national-legislation",
     "?trigger=national-legislation&trigger=policy-mismatch&all=trigger"),
    # no such page
    ("country=CH&page=7", "?country=CH"),
])  # fmt: skip
def test_a_swap_leaves_the_canonical_address_behind(visitor, query, pushed):
    make_collection()
    response = visitor.get(f"/cases/?{query}", headers={"HX-Request": "true"})
    assert response["HX-Push-Url"] == f"/cases/{pushed}"
    # It stays where it is when it is asked for again.
    again = visitor.get(response["HX-Push-Url"], headers={"HX-Request": "true"})
    assert again["HX-Push-Url"] == response["HX-Push-Url"]
    assert again.context["dropped"] == ()
    # A page that is not swapped is told nothing of the kind; a cache keeps the two apart.
    plain = visitor.get(f"/cases/?{query}")
    assert "HX-Push-Url" not in plain
    assert {"HX-Request"} <= {part.strip() for part in plain["Vary"].split(",")}
    assert response["Vary"] == plain["Vary"]


def test_a_swap_to_another_page_leaves_that_page_behind(visitor):
    make_reference()
    for number in range(21):
        make_case(f"case-{number:02}", code="CH", ordinal=number + 1)
    for query in ("country=CH&page=2", "country=CH&view=table&page=2"):
        response = visitor.get(f"/cases/?from=&{query}", headers={"HX-Request": "true"})
        assert response["HX-Push-Url"] == f"/cases/?{query}"
    assert Case.objects.count() == 21
