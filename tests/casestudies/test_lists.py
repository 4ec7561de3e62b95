"""The figures, the sources and the glossary: what is asked for, in which order, and what a row and a file say."""

from __future__ import annotations

import csv
import io
import re
from html import unescape

import pytest
from django.db import connection
from django.http import QueryDict, StreamingHttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from casestudies.choices import Section, SourceKind, Unit
from casestudies.citing import citations
from casestudies.exports import rows
from casestudies.lists import ACRONYMS, FIGURES, SOURCES
from casestudies.models import Acronym, Case, Figure, Source
from casestudies.selection import BadSelection
from tests.factories import (
    AcronymFactory,
    BudgetFactory,
    CaseFactory,
    CaseSourceFactory,
    CaseTermFactory,
    CollectionFactory,
    CurrencyFactory,
    FigureFactory,
    IllustrationFactory,
    NarrativeFactory,
    ObjectiveFactory,
    SourceFactory,
    term,
)
from tests.remembering import remembered

from .builders import country, make_vocabularies
from .reading import articles, page, text

pytestmark = pytest.mark.django_db

MISSING = "There is no such page; this is the first."


def main(html: str) -> str:
    """The page without its head and its foot."""
    return html.partition("<main")[2].partition("</main>")[0]


def chips(html: str) -> list[tuple[str, str, str]]:
    """What is active: the filter, the value, and where its removal leads."""
    found = re.findall(
        r'<a class="chip" href="([^"]+)">.*?<span class="chip__facet">(.*?):</span> <span class="chip__value">(.*?)<',
        html,
    )
    return [(unescape(facet), unescape(label), unescape(href)) for href, facet, label in found]


def left_out(html: str) -> list[str]:
    """What the page says of the values that it did not understand."""
    message = html.partition('<div class="message message--warning"')[2].partition("</div>")[0]
    return [text(item) for item in re.findall(r"<li>(.*?)</li>", message)]


def hidden_inputs(html: str, button: str) -> list[tuple[str, str]]:
    """What the form of that button carries along."""
    (form,) = [part for part in re.findall(r"<form.*?</form>", html, re.DOTALL) if f">{button}</button>" in part]
    return re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]+)">', form)


def page_links(html: str) -> list[str]:
    return [unescape(href) for href in re.findall(r'<a (?:rel="[a-z]+" )?href="([^"]*page=\d+)">', html)]


def headings(html: str) -> list[str]:
    """How many there are, as the list says it."""
    return [text(part) for part in re.findall(r'<h2 class="results-bar__count" id="results">(.*?)</h2>', html)]


# -- Figures


@remembered
def make_figures() -> None:
    """Six figures of two cases: `souss` in Morocco comes before `vaud` in Switzerland; and two that nobody may see."""
    make_vocabularies()
    souss = CaseFactory(slug="souss", name="Souss", ordinal=1, country=country("MA"))
    vaud = CaseFactory(slug="vaud", name="Vaud", ordinal=2, country=country("CH"))
    francs = CurrencyFactory(code="CHF")
    for case, key, fields in (
        (vaud, "a", {"section": "actors", "label": "Évaluations", "unit": "count", "low": 10, "position": 1}),
        (vaud, "b", {"section": "overview", "label": "Budget", "unit": "money", "low": 30, "high": 700,
                     "currency": francs, "year_from": 2010, "year_to": 2012, "position": 2}),
        (vaud, "c", {"section": "overview", "label": "Women", "unit": "share", "low": 40, "year_from": 2012,
                     "year_to": 2012, "position": 1}),
        (vaud, "d", {"section": "overview", "label": "area", "unit": "area", "low": 700, "position": 3}),
        (souss, "a", {"section": "migratory-context", "label": "Étrangers", "low": 700, "year_from": 2011,
                      "year_to": 2012, "position": 1}),
        (souss, "b", {"section": "migratory-context", "label": "Area", "unit": "change", "low": "-4.10",
                      "year_from": 2014, "position": 2}),
    ):  # fmt: skip
        FigureFactory(case=case, key=key, **fields)
    FigureFactory(case=CaseFactory(slug="draft", status="draft", country=country("FR")), key="draft")
    FigureFactory(case=CaseFactory(slug="vaud", revises=vaud, ordinal=2), key="revised")


def figures_on_page(visitor: Client, query: str) -> list[str]:
    """The figures of every page of the list, in their order."""
    paginator = visitor.get(f"/figures/{query}").context["paged"].page.paginator
    return [f"{row.case.slug}/{row.key}" for number in paginator.page_range for row in paginator.page(number)]


def file_of(visitor: Client, query: str = "") -> str:
    response = visitor.get(f"/figures/download.csv{query}")
    assert response.status_code == 200
    return b"".join(response.streaming_content).decode("utf-8")


def figures_in_file(visitor: Client, query: str) -> list[str]:
    content = file_of(visitor, query).removeprefix("\ufeff")
    return [f"{row['case']}/{row['key']}" for row in csv.DictReader(io.StringIO(content, newline=""))]


IN_ORDER = ["souss/a", "souss/b", "vaud/c", "vaud/b", "vaud/d", "vaud/a"]
FIGURE_QUERIES = {
    # By case, then by section in the order of the grid, then by position and key.
    "": IN_ORDER,
    "?sort=case": IN_ORDER,
    # The larger of two that end alike begins higher; then by case.
    "?sort=value": ["souss/a", "vaud/d", "vaud/b", "vaud/c", "vaud/a", "souss/b"],
    # By the last year, then by the first; without years last.
    "?sort=year": ["vaud/c", "souss/a", "vaud/b", "souss/b", "vaud/d", "vaud/a"],
    # Without regard to accents and case.
    "?sort=label": ["souss/b", "vaud/d", "vaud/b", "souss/a", "vaud/a", "vaud/c"],
    "?case=vaud": ["vaud/c", "vaud/b", "vaud/d", "vaud/a"],
    "?case=souss": ["souss/a", "souss/b"],
    "?case=vaud&case=souss": IN_ORDER,
    "?unit=share": ["vaud/c"],
    "?unit=people&unit=money": ["souss/a", "vaud/b"],
    "?unit=duration": [],
    "?section=overview": ["vaud/c", "vaud/b", "vaud/d"],
    "?section=overview&section=actors": ["vaud/c", "vaud/b", "vaud/d", "vaud/a"],
    # A region holds its sub-regions.
    "?region=africa": ["souss/a", "souss/b"],
    "?region=northern-africa": ["souss/a", "souss/b"],
    "?region=western-europe": ["vaud/c", "vaud/b", "vaud/d", "vaud/a"],
    "?region=europe&region=africa": IN_ORDER,
    "?country=MA": ["souss/a", "souss/b"],
    "?country=MA&country=CH": IN_ORDER,
    # Several filters at once narrow one another.
    "?case=vaud&section=overview&unit=area&unit=money&region=europe&country=CH&sort=value": ["vaud/d", "vaud/b"],
    "?country=MA&region=europe": [],
    "?unit=area&country=MA": [],
}  # fmt: skip


@pytest.mark.parametrize("query", FIGURE_QUERIES)
def test_the_figures_of_a_query_in_their_order(visitor, query):
    make_figures()
    assert figures_on_page(visitor, query) == FIGURE_QUERIES[query]
    assert figures_in_file(visitor, query) == FIGURE_QUERIES[query]


def test_every_filter_and_sort_of_the_figures_is_among_those_queries():
    asked = [QueryDict(query.removeprefix("?")) for query in FIGURE_QUERIES]
    assert {name for query in asked for name in query} == {each.name for each in FIGURES.filters} | {"sort"}
    assert {query["sort"] for query in asked if "sort" in query} == set(FIGURES.sorts)


def test_figures_alike_in_everything_stand_by_the_case_and_the_key(visitor):
    """By the collection's place, the case's number, the position and the key in code points, on every database."""
    for slug, position in (("second", 2), ("first", 1)):
        collection = CollectionFactory(slug=slug, position=position)
        for ordinal in (10, 9):
            case = CaseFactory(slug=f"{slug}-{ordinal}", collection=collection, ordinal=ordinal)
            for key, place in (("b", 1), ("a-b", 1), ("aa", 1), ("c", 0)):
                FigureFactory(case=case, key=key, position=place)
    expected = [
        f"{slug}-{ordinal}/{key}"
        for slug in ("first", "second")
        for ordinal in (9, 10)
        for key in ("c", "a-b", "aa", "b")
    ]
    for sort in FIGURES.sorts:
        assert figures_on_page(visitor, f"?sort={sort}") == expected, sort


def test_sections_stand_in_the_order_of_the_grid(visitor):
    case = CaseFactory(slug="vaud")
    for section in sorted(Section.values, reverse=True):
        FigureFactory(case=case, section=section, key=section)
    assert figures_on_page(visitor, "") == [f"vaud/{section}" for section in Section]


def test_a_figure_shows_all_that_is_needed_to_read_it(visitor):
    case = CaseFactory(slug="vaud", name="Vaud <CH>")
    source = SourceFactory(slug="census", authors="Office", year=2012, year_suffix="b")
    FigureFactory(
        case=case, key="women", section="migratory-context", label="Women", unit="share", low=40, high="45.50",
        qualifier="about", stated="two fifths", base="of the foreign population", where="Lausanne",
        place="Part 4.12, Migratory context; Part 4.12, Results", source=source, source_detail="p. 13",
        period="end of 2012",
    )  # fmt: skip
    FigureFactory(
        case=case, key="bare", label="Communes", unit="count", low=5, unit_label="communes", section="results"
    )
    html = page(visitor, "/figures/")
    body = html.partition("<tbody>")[2].partition("</tbody>")[0]
    lines = [[text(cell) for cell in re.findall(r"<t[dh].*?</t[dh]>", row, re.DOTALL)] for row in body.split("</tr>")]
    assert lines == [
        [
            "about 40–45.5% stated as “two fifths”", "Women of the foreign population", "Lausanne end of 2012",
            "Vaud <CH> Migratory context",
            "Part 4.12: Migratory context, Results Office (2012b) , p. 13",
        ],
        ["5 communes", "Communes", "not stated", "Vaud <CH> Results and sustainability", ""],
        [],
    ]  # fmt: skip
    assert re.findall(r'href="([^"]+)"', body) == [
        "/cases/vaud/#figure-women", "/cases/vaud/", "/sources/census/", "/cases/vaud/#figure-bare", "/cases/vaud/",
    ]  # fmt: skip
    assert '<li class="figure" id="figure-women">' in page(visitor, "/cases/vaud/")


def test_the_number_of_figures_is_said(visitor):
    assert headings(page(visitor, "/figures/")) == ["0 figures"]
    make_figures()
    assert [headings(page(visitor, f"/figures/{query}")) for query in ("", "?unit=share")] == [
        ["6 figures"], ["1 figure"],
    ]  # fmt: skip


def test_no_figure_offers_a_way_out(visitor):
    make_figures()
    html = page(visitor, "/figures/?unit=duration")
    assert "<h3>No figure matches all of these filters.</h3>" in html
    assert '<a class="button button--secondary" href="/figures/">Show all figures</a>' in html
    assert "<table" not in html


FIGURES_HEADER = (
    "url,case_number,case,key,case_name,country_code,section,label,low,high,qualifier,stated,unit,unit_label,currency,"
    "base,period,year_from,year_to,where,place,source,source_citation,source_detail\r\n"
)


def test_the_whole_file_of_figures(visitor):
    collection = CollectionFactory(number_prefix="4.")
    vaud = CaseFactory(slug="vaud", name="Vaud, “le Canton”", ordinal=10, collection=collection, country=country("CH"))
    souss = CaseFactory(slug="souss", name="=Souss", ordinal=9, collection=collection, country=country("MA"))
    source = SourceFactory(slug="census", authors="-Office", year=None, title='The "Census"')
    FigureFactory(
        case=vaud, key="money", section="results", label="+Budget", low="12400000.50", high="13000000", unit="money",
        qualifier="at-least", stated="CHF 12.4–13 million", currency=CurrencyFactory(code="CHF"), base="@base",
        period="2010, 2012", year_from=2010, year_to=2012, where="Région\nlémanique", position=2,
        place="Part 4.10, Results; Part 2, Triggers", source=source, source_detail="p. 13, note 4",
    )  # fmt: skip
    FigureFactory(case=vaud, key="change", section="results", label="Change", low="-4.10", unit="change", position=1)
    FigureFactory(case=souss, key="communes", label="Communes", low=5, unit="count", unit_label="communes")
    response = visitor.get("/figures/download.csv")
    assert isinstance(response, StreamingHttpResponse)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="mainstreaming-casebook-figures.csv"'
    assert file_of(visitor) == (
        "\ufeff"
        + FIGURES_HEADER
        + "http://testserver/cases/souss/#figure-communes,4.9,souss,communes,'=Souss,MA,Migratory context,Communes,"
        + "5.00,5.00,exactly,5,number,communes,,,,,,,,,,\r\n"
        + 'http://testserver/cases/vaud/#figure-change,4.10,vaud,change,"Vaud, “le Canton”",CH,'
        + "Results and sustainability,Change,-4.10,-4.10,exactly,'-4.10,per cent change,,,,,,,,,,,\r\n"
        + 'http://testserver/cases/vaud/#figure-money,4.10,vaud,money,"Vaud, “le Canton”",CH,'
        + "Results and sustainability,'+Budget,12400000.50,13000000.00,at least,CHF 12.4–13 million,currency,,CHF,"
        + '\'@base,"2010, 2012",2010,2012,'
        + '"Région\nlémanique","Part 4.10, Results; Part 2, Triggers",census,'
        + '"\'-Office (n.d.). The ""Census""","p. 13, note 4"\r\n'
    )


def test_an_empty_file_of_figures_is_its_header(visitor):
    assert file_of(visitor) == "\ufeff" + FIGURES_HEADER


def test_the_address_of_a_figure_is_that_of_the_site(visitor, settings):
    settings.SITE_URL = "https://casebook.example.org"
    FigureFactory(case=CaseFactory(slug="vaud"), key="women")
    (row,) = csv.DictReader(io.StringIO(file_of(visitor).removeprefix("\ufeff")))
    assert row["url"] == "https://casebook.example.org/cases/vaud/#figure-women"


def test_the_file_holds_every_page_in_its_order(visitor, monkeypatch):
    monkeypatch.setattr(rows, "CHUNK", 7)
    for number in range(3):
        case = CaseFactory(slug=f"c{number}", ordinal=3 - number)
        for key in range(15):
            FigureFactory(case=case, key=f"k{key}", low=key % 4, label=f"{key % 5} label", year_to=2000 + key % 3,
                          unit="people" if key % 2 else "count")  # fmt: skip
    for query in ("", "?sort=value", "?sort=year&unit=people", "?sort=label&case=c1&case=c2", "?sort=label&page=2"):
        assert figures_in_file(visitor, query) == figures_on_page(visitor, query), query
    assert len(figures_in_file(visitor, "")) == 45


UNKNOWN = (
    "unit=miles&unit=share&sort=size&colour=red&case=nothing&case=vaud&case=draft&country=FR&region=moon&section=x"
)


def test_what_is_not_understood_is_left_out_and_said(visitor):
    make_figures()
    html = page(visitor, f"/figures/?{UNKNOWN}&page=9")
    assert left_out(html) == [
        "colour=red There is no such filter.",
        "case=nothing This filter has no such value.",
        "case=draft This filter has no such value.",
        "unit=miles This filter has no such value.",
        "section=x This filter has no such value.",
        "region=moon This filter has no such value.",
        "country=FR This filter has no such value.",
        "sort=size The list cannot be sorted by this.",
        f"page {MISSING}",
    ]
    assert [(facet, label) for facet, label, _href in chips(html)] == [("Case", "Vaud"), ("Unit", "per cent")]
    assert figures_on_page(visitor, f"?{UNKNOWN}") == ["vaud/c"]
    # What follows from the page holds only what was understood.
    assert '<a href="/figures/download.csv?case=vaud&amp;unit=share" download>CSV</a>' in html


def test_empty_and_repeated_values_are_nothing_to_speak_of(visitor):
    make_figures()
    html = page(visitor, "/figures/?unit=share&unit=&unit=share&sort=&case=&colour=&page=1&case=vaud&case=vaud")
    assert left_out(html) == []
    assert chips(html) == [("Case", "Vaud", "?unit=share"), ("Unit", "per cent", "?case=vaud")]
    assert left_out(page(visitor, "/figures/?unit=miles&unit=miles")) == ["unit=miles This filter has no such value."]


def test_the_list_is_sorted_by_one_thing(visitor):
    make_figures()
    assert left_out(page(visitor, "/figures/?sort=value&sort=year")) == ["sort=year The list cannot be sorted by this."]
    assert figures_on_page(visitor, "?sort=value&sort=year") == FIGURE_QUERIES["?sort=value"]


def test_the_file_refuses_what_the_page_leaves_out(visitor):
    make_figures()
    response = visitor.get(f"/figures/download.csv?{UNKNOWN}")
    assert response.status_code == 400
    assert [text(item) for item in re.findall(r"<li>(.*?)</li>", main(response.content.decode()))] == [
        "colour=red: There is no such filter.",
        "case=nothing: This filter has no such value.",
        "case=draft: This filter has no such value.",
        "unit=miles: This filter has no such value.",
        "section=x: This filter has no such value.",
        "region=moon: This filter has no such value.",
        "country=FR: This filter has no such value.",
        "sort=size: The list cannot be sorted by this.",
    ]
    assert [visitor.get(f"/figures/download.csv{query}").status_code for query in ("?page=9", "?unit=", "?unit=m")] == [
        200, 200, 400,
    ]  # fmt: skip


def test_a_bad_query_says_what_is_bad():
    with pytest.raises(BadSelection, match=r"^unit=miles: This filter has no such value\.$"):
        FIGURES.parse(QueryDict("unit=miles&sort=value"), strict=True)


def test_a_chip_removes_its_value_and_nothing_else(visitor):
    make_figures()
    html = page(visitor, "/figures/?sort=value&unit=money&unit=share&case=vaud&region=europe&page=1")
    assert chips(html) == [
        ("Case", "Vaud", "?unit=share&unit=money&region=europe&sort=value"),
        ("Unit", "per cent", "?case=vaud&unit=money&region=europe&sort=value"),
        ("Unit", "currency", "?case=vaud&unit=share&region=europe&sort=value"),
        ("Region", "Europe", "?case=vaud&unit=share&unit=money&sort=value"),
    ]
    for facet, label, href in chips(html):
        after = [(f, v) for f, v, _href in chips(page(visitor, f"/figures/{href}"))]
        assert after == [(f, v) for f, v, _href in chips(html) if (f, v) != (facet, label)]
    assert re.findall(r'<a class="button button--quiet button--small" href="([^"]+)">Clear all</a>', html) == [
        "/figures/"
    ]


def test_without_filters_there_are_no_chips(visitor):
    make_figures()
    html = page(visitor, "/figures/?sort=value")
    assert chips(html) == []
    assert '<ul class="chips"' not in html


def test_the_forms_carry_the_rest_of_the_state_along(visitor):
    make_figures()
    html = page(visitor, "/figures/?sort=year&unit=share&case=vaud&country=CH")
    # The case has no boxes to tick: its filter is open.
    assert hidden_inputs(html, "Show") == [("case", "vaud"), ("sort", "year")]
    assert hidden_inputs(html, "Sort") == [("case", "vaud"), ("unit", "share"), ("country", "CH")]
    assert hidden_inputs(page(visitor, "/figures/"), "Show") == []
    assert re.findall(r'<option value="([a-z]+)"( selected)?>([^<]+)<', html) == [
        ("case", "", "Case and section"), ("value", "", "Value, largest first"),
        ("year", " selected", "Year, latest first"), ("label", "", "What is counted"),
    ]  # fmt: skip


def test_the_form_offers_the_filters_with_what_is_chosen(visitor):
    make_figures()
    html = page(visitor, "/figures/?unit=share&region=africa&case=vaud")
    offered = re.findall(r'<input type="checkbox" name="([a-z]+)" value="([^"]+)" id="[^"]+"( checked)?>', html)
    assert [(name, value) for name, value, checked in offered if checked] == [("unit", "share"), ("region", "africa")]
    assert [(name, value) for name, value, _checked in offered] == [
        *(("unit", unit) for unit in Unit),
        *(("section", section) for section in Section),
        *(("region", region) for region in ("africa", "northern-africa", "western-africa", "europe", "western-europe")),
        # Of the countries those of published cases.
        ("country", "MA"), ("country", "CH"),
    ]  # fmt: skip


def test_the_canonical_address_is_the_state_without_the_page(visitor, settings):
    make_figures()
    SourceFactory()
    AcronymFactory(acronym="BCI")
    settings.SITE_URL = "https://casebook.example.org"
    for path, query, canonical in (
        ("/figures/", "?sort=value&unit=share&page=1&x=1&case=vaud", "?case=vaud&amp;unit=share&amp;sort=value"),
        ("/figures/", "?sort=case", ""),
        ("/sources/", "?sort=year&cited=no&page=1", "?cited=no&amp;sort=year"),
        ("/glossary/", "?letter=b&sort=acronym", "?letter=b"),
    ):
        assert re.findall(r'<link rel="canonical" href="([^"]+)">', page(visitor, path + query)) == [
            f"https://casebook.example.org{path}{canonical}"
        ]


def test_many_figures_stand_on_pages_that_keep_the_state(visitor):
    case = CaseFactory(slug="vaud")
    for number in range(22):
        FigureFactory(case=case, key=f"k{number:02}", low=number)
    pages = [page(visitor, f"/figures/?unit=people&sort=value{query}") for query in ("", "&page=2", "&page=3")]
    shown = [re.findall(r'#figure-(k\d\d)"', html) for html in pages]
    assert shown == [[f"k{n:02}" for n in range(21, 1, -1)], ["k01", "k00"], [f"k{n:02}" for n in range(21, 1, -1)]]
    assert [MISSING in html for html in pages] == [False, False, True]
    prefix = "?unit=people&sort=value&page="
    assert [page_links(html) for html in pages[:2]] == [[f"{prefix}2", f"{prefix}2"], [f"{prefix}1", f"{prefix}1"]]
    assert page_links(page(visitor, "/figures/")) == ["?page=2", "?page=2"]
    assert headings(pages[1]) == ["22 figures"]


# -- Sources


@remembered
def make_sources() -> None:
    """Works of every sort, and two that nobody may see: one that nothing cites, one that only a draft cites."""
    vaud = CaseFactory(slug="vaud", ordinal=1)
    for slug, fields in {
        "b-2014": {"authors": "Étienne", "year": 2014, "kind": "book"},
        "b-2014a": {"authors": "Etienne", "year": 2014, "year_suffix": "a", "kind": "law"},
        "b-2012": {"authors": "etienne", "year": 2012, "kind": "report"},
        "b-none": {"authors": "Etienne", "year": None, "kind": "report"},
        "a-a": {"authors": "Aa", "year": 2013, "kind": "website"},
        "a": {"authors": "Aa", "year": 2013, "kind": "website"},
        "cited": {"authors": "Zoe", "year": 2015, "in_bibliography": False, "kind": "statistics"},
        "publication": {"authors": "Mary", "year": 2015, "in_bibliography": False, "kind": "other"},
        "unseen": {"in_bibliography": False},
        "of-a-draft": {"in_bibliography": False},
    }.items():
        SourceFactory(slug=slug, **fields)
    by_slug = {source.slug: source for source in Source.objects.all()}
    CollectionFactory(slug="other", source=by_slug["publication"])
    CaseSourceFactory(case=vaud, source=by_slug["cited"])
    NarrativeFactory(case=vaud, source=by_slug["b-2012"])
    CaseSourceFactory(case=CaseFactory(status="draft"), source=by_slug["of-a-draft"])
    CaseSourceFactory(case=CaseFactory(status="archived"), source=by_slug["a"])


BY_AUTHOR = ["a", "a-a", "b-2012", "b-2014", "b-2014a", "b-none", "publication", "cited"]
SOURCE_QUERIES = {
    # By author without regard to accents and case, then by year with none last, its letter and the short name.
    "": BY_AUTHOR,
    "?sort=author": BY_AUTHOR,
    "?sort=year": ["publication", "cited", "b-2014", "b-2014a", "a", "a-a", "b-2012", "b-none"],
    "?kind=website": ["a", "a-a"],
    "?kind=law&kind=book": ["b-2014", "b-2014a"],
    "?kind=article": [],
    "?bibliography=yes": ["a", "a-a", "b-2012", "b-2014", "b-2014a", "b-none"],
    "?bibliography=no": ["publication", "cited"],
    "?bibliography=no&bibliography=yes": BY_AUTHOR,
    # In the list of a case's sources, or by any of its rows; drafts and archived cases do not count.
    "?cited=yes": ["b-2012", "cited"],
    "?cited=no": ["a", "a-a", "b-2014", "b-2014a", "b-none", "publication"],
    "?cited=yes&cited=no": BY_AUTHOR,
    "?cited=yes&bibliography=yes&kind=report&sort=year": ["b-2012"],
    "?cited=no&kind=statistics": [],
}


def sources_on_page(visitor: Client, query: str) -> list[str]:
    return re.findall(r'<li id="source-([^"]+)">', page(visitor, f"/sources/{query}"))


@pytest.mark.parametrize("query", SOURCE_QUERIES)
def test_the_sources_of_a_query_in_their_order(visitor, query):
    make_sources()
    assert sources_on_page(visitor, query) == SOURCE_QUERIES[query]


def test_every_filter_and_sort_of_the_sources_is_among_those_queries():
    asked = [QueryDict(query.removeprefix("?")) for query in SOURCE_QUERIES]
    assert {name for query in asked for name in query} == {each.name for each in SOURCES.filters} | {"sort"}
    assert {query["sort"] for query in asked if "sort" in query} == set(SOURCES.sorts)


def test_a_source_counts_the_published_cases_that_cite_it(visitor):
    vaud, souss = CaseFactory(slug="vaud"), CaseFactory(slug="souss")
    hidden = [
        CaseFactory(status="draft"),
        CaseFactory(status="in-review"),
        CaseFactory(status="archived"),
        CaseFactory(revises=vaud, slug="vaud"),
    ]
    two, one, none = SourceFactory(authors="A"), SourceFactory(authors="B"), SourceFactory(authors="C", kind="law")
    for case in (vaud, souss, *hidden):
        for section in ("overview", "results"):
            CaseSourceFactory(case=case, source=two, section=section)
    CaseSourceFactory(case=vaud, source=one)
    CaseSourceFactory(case=hidden[0], source=none)
    SourceFactory(authors="D", in_bibliography=False, kind="report")
    CaseSourceFactory(case=vaud, source=Source.objects.get(authors="D"))
    tags = re.findall(r'<p class="tags">(.*?)</p>', page(visitor, "/sources/"))
    assert [text(tag) for tag in tags] == [
        "other 2 cases", "other 1 case", "law or official text cited by no case",
        "report or study 1 case not in the paper's bibliography",
    ]  # fmt: skip
    assert re.findall(r'href="([^"]+)"', "".join(tags)) == [
        f"/sources/{source.slug}/#cases" for source in (two, one, Source.objects.get(authors="D"))
    ]
    assert none.get_absolute_url() not in "".join(tags)


def test_a_case_that_cites_in_its_rows_counts_once_for_a_work(visitor):
    vaud, souss, draft = CaseFactory(), CaseFactory(), CaseFactory(status="draft")
    work = SourceFactory(authors="A")
    SourceFactory(authors="B")
    for case in (vaud, draft):
        CaseSourceFactory(case=case, source=work)
        FigureFactory(case=case, source=work)
        FigureFactory(case=case, source=work)
    BudgetFactory(case=souss, source=work)
    assert Source.objects.case_counts(list(Source.objects.values_list("pk", flat=True))) == {work.pk: 2}
    tags = re.findall(r'<p class="tags">(.*?)</p>', page(visitor, "/sources/"))
    assert [text(tag) for tag in tags] == ["other 2 cases", "other cited by no case"]


def test_a_source_is_listed_as_the_paper_prints_it(visitor):
    SourceFactory(
        slug="loi", authors="Canton <VD>", year=2007, year_suffix="b", title="Loi", english_title="Law",
        container="Lausanne", kind="law",
    )  # fmt: skip
    SourceFactory(slug="undated", authors="Zoe", year=None, title="Notes")
    lines = re.findall(r"<p>(<a href=.*?)</p>", page(visitor, "/sources/"))
    assert lines == [
        '<a href="/sources/loi/">Canton &lt;VD&gt; (2007b)</a>. <cite>Loi</cite> [Law]. Lausanne.',
        '<a href="/sources/undated/">Zoe (n.d.)</a>. <cite>Notes</cite>.',
    ]


def test_the_number_of_works_is_said(visitor):
    html = page(visitor, "/sources/")
    assert headings(html) == ["0 works"]
    assert "<h3>No work matches all of these filters.</h3>" in html
    SourceFactory()
    assert headings(page(visitor, "/sources/")) == ["1 work"]


def test_sources_say_what_they_do_not_understand_and_what_is_active(visitor):
    make_sources()
    html = page(visitor, "/sources/?kind=law&kind=poem&cited=no&cited=maybe&sort=title&author=me&page=0")
    assert left_out(html) == [
        "author=me There is no such filter.",
        "kind=poem This filter has no such value.",
        "cited=maybe This filter has no such value.",
        "sort=title The list cannot be sorted by this.",
        f"page {MISSING}",
    ]
    assert chips(html) == [("Kind", "law or official text", "?cited=no"), ("Cited by a case", "No", "?kind=law")]
    offered = re.findall(r'<input type="checkbox" name="([a-z]+)" value="([^"]+)" id="[^"]+"( checked)?>', html)
    assert [(name, value) for name, value, checked in offered if checked] == [("kind", "law"), ("cited", "no")]
    assert [(name, value) for name, value, _checked in offered] == [
        *(("kind", kind) for kind in SourceKind),
        ("bibliography", "yes"), ("bibliography", "no"), ("cited", "yes"), ("cited", "no"),
    ]  # fmt: skip
    assert "CSV" not in main(html)


def test_many_sources_stand_on_pages_that_keep_the_state(visitor):
    for number in range(21):
        SourceFactory(slug=f"s{number:02}", authors=f"Author {number:02}", kind="law")
    assert sources_on_page(visitor, "?kind=law&page=2") == ["s20"]
    assert page_links(page(visitor, "/sources/?kind=law")) == ["?kind=law&page=2", "?kind=law&page=2"]


# -- One source


def facts(html: str) -> dict[str, str]:
    """The names and values of a page's facts."""
    found = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", main(html), re.DOTALL)
    return {text(name): value for name, value in found}


def test_a_source_is_shown_as_printed(visitor):
    SourceFactory(
        slug="loi", authors="Canton", year=2007, year_suffix="b", title="Loi <b>", english_title="Law", kind="law",
        container="Lausanne", url="https://www.example.org/loi?a=1&b=2", note="First line.\nSecond <line>.",
    )  # fmt: skip
    html = page(visitor, "/sources/loi/")
    assert re.findall(r"<h1>(.*?)</h1>", html) == ["Loi &lt;b&gt;"]
    assert re.findall(r'<p class="(eyebrow|lede)">(.*?)</p>', html) == [
        ("eyebrow", "law or official text · as of 2015"), ("lede", "Law"),
    ]  # fmt: skip
    assert facts(html) == {
        "Author": "Canton",
        "Year": "2007b",
        "Published in or by": "Lausanne",
        "Address as printed": (
            '<a href="https://www.example.org/loi?a=1&amp;b=2" rel="nofollow">https://www.example.org/loi?a=1&amp;b=2</a>'
        ),
        "In the paper's bibliography": "Yes",
        "Editorial note": "First line.<br>Second &lt;line&gt;.",
    }
    assert re.findall(r'<li aria-current="page">(.*?)</li>', html) == ["Canton (2007b)"]


@pytest.mark.parametrize(("url", "shown"), [
    ("http://example.org", '<a href="http://example.org" rel="nofollow">http://example.org</a>'),
    ("HTTPS://example.org", '<a href="HTTPS://example.org" rel="nofollow">HTTPS://example.org</a>'),
    ("javascript:alert(1)", "javascript:alert(1)"),
    ("JavaScript://http://x%0aalert(1)", "JavaScript://http://x%0aalert(1)"),
    ("data:text/html,http://x", "data:text/html,http://x"),
    ("//example.org", "//example.org"),
    ("www.example.org", "www.example.org"),
    ("", '<span class="absent">none</span>'),
])  # fmt: skip
def test_only_an_address_of_the_web_is_a_link(visitor, url, shown):
    source = SourceFactory(slug="study", url=url)
    CaseSourceFactory(case=CaseFactory(slug="vaud"), source=source)
    assert facts(page(visitor, "/sources/study/"))["Address as printed"] == shown
    # Nor is it one on the page of a case.
    links = re.findall(r'href="((?:javascript|data):[^"]*|//[^"]*)"', page(visitor, "/cases/vaud/"), re.IGNORECASE)
    assert links == []


def test_a_source_says_what_is_missing(visitor):
    SourceFactory(slug="bare", authors="Canton", year=None)
    html = page(visitor, "/sources/bare/")
    assert facts(html) == {
        "Author": "Canton",
        "Year": "n.d.",
        "Address as printed": '<span class="absent">none</span>',
        "In the paper's bibliography": "Yes",
    }
    assert articles(html) == []
    assert re.findall(r'<p class="absent">(.*?)</p>', html) == [
        "No published case cites it: the paper lists it and refers to it nowhere in the sections shown here."
    ]


def test_a_source_says_which_cases_cite_it_for_what_and_in_which_rows(visitor):
    source = SourceFactory(slug="study")
    collection = CollectionFactory(number_prefix="4.")
    vaud = CaseFactory(slug="vaud", name="Vaud", ordinal=10, collection=collection)
    souss = CaseFactory(slug="souss", name="Souss", ordinal=9, collection=collection, country=country("MA"))
    CaseFactory(slug="silent", ordinal=1, collection=collection)
    for case in (vaud, CaseFactory(status="draft", name="Secret")):
        CaseSourceFactory(case=case, source=source, section="results", supports="The <yield>.", notes="99, 100")
        CaseSourceFactory(case=case, source=source, section="actors")
        FigureFactory(case=case, source=source, label="Members", stated="ten")
        FigureFactory(case=case, source=source, label="Women", stated="five")
        FigureFactory(case=case, source=SourceFactory(slug="other"), label="Men", stated="four")
        FigureFactory(case=case, label="Nobody", stated="none")
        CaseTermFactory(case=case, source=source, term=term("trigger", "law", label="A law"))
        IllustrationFactory(case=case, source=source, recommendation__number=7)
    BudgetFactory(case=souss, source=source)
    html = page(visitor, "/sources/study/")
    assert [text(article) for article in articles(html)] == [
        "4.9 Souss , Morocco Budgets: not reported",
        "4.10 Vaud , Switzerland Results and sustainability: The <yield>. notes of the paper: 99, 100 Actors "
        "Illustrations: 7 Figures: Members: ten; Women: five Classifications: A law",
    ]
    assert re.findall(r'<h3><a href="([^"]+)">', html) == ["/cases/souss/#source-study", "/cases/vaud/#source-study"]
    for slug in ("souss", "vaud"):
        assert '<li id="source-study">' in page(visitor, f"/cases/{slug}/")


def test_many_cases_of_a_source_stand_on_pages(visitor):
    source = SourceFactory(slug="study")
    for ordinal in range(1, 23):
        FigureFactory(case=CaseFactory(ordinal=ordinal), source=source)
    pages = [visitor.get(f"/sources/study/{query}") for query in ("", "?page=2", "?page=3")]
    assert [[case.ordinal for case, *_rest in each.context["found"]] for each in pages] == [
        [*range(1, 21)], [21, 22], [*range(1, 21)],
    ]  # fmt: skip
    assert [MISSING in each.content.decode() for each in pages] == [False, False, True]
    assert page_links(pages[0].content.decode()) == ["?page=2", "?page=2"]


def test_a_source_that_nobody_may_see_is_not_found(visitor):
    make_sources()
    slugs = (*BY_AUTHOR, "unseen", "of-a-draft", "nothing")
    found = {slug: visitor.get(f"/sources/{slug}/").status_code for slug in slugs}
    assert found == dict.fromkeys(BY_AUTHOR, 200) | {"unseen": 404, "of-a-draft": 404, "nothing": 404}


def test_a_retired_source_is_still_shown(visitor):
    """Retired is what takes no new links; what cites it stays, and so does its page."""
    CaseSourceFactory(case=CaseFactory(), source=SourceFactory(slug="old", is_retired=True))
    assert sources_on_page(visitor, "") == ["old"]
    assert len(articles(page(visitor, "/sources/old/"))) == 1


def test_citations_keep_the_order_of_the_cases_and_part_entries_from_rows():
    source, other = SourceFactory(), SourceFactory()
    first, second, third = CaseFactory(), CaseFactory(), CaseFactory()
    entries = [CaseSourceFactory(case=second, source=source, section=section) for section in ("results", "actors")]
    for case in (first, second, third):
        ObjectiveFactory(case=case, source=source, text=f"Objective of {case.slug}.")
        ObjectiveFactory(case=case, source=other, text="Of another work.")
    FigureFactory(case=second, source=source, label="Women", stated="ten")
    NarrativeFactory(case=second, source=source, section="results")
    found = citations(source, [second, first])
    assert [(case, use.entries, use.rows) for case, use in found] == [
        (second, entries, {
            "Narratives": ["Results and sustainability"],
            "Figures": ["Women: ten"],
            "Objectives": [f"Objective of {second.slug}."],
        }),
        (first, [], {"Objectives": [f"Objective of {first.slug}."]}),
    ]  # fmt: skip
    assert citations(source, []) == []


def test_citations_take_a_query_for_each_kind_of_row():
    source = SourceFactory()
    cases = [CaseFactory() for _number in range(3)]
    counts = []
    for number in (1, 3):
        for case in cases[number // 2 : number]:
            for factory in (FigureFactory, ObjectiveFactory, CaseTermFactory, CaseSourceFactory):
                factory(case=case, source=source)
        with CaptureQueriesContext(connection) as queries:
            assert len(citations(source, cases[:number])) == number
        counts.append(len(queries))
    assert counts == [len(Source.objects.citing_models())] * 2


# -- The glossary


def entries(html: str) -> list[str]:
    glossary = html.partition('<dl class="glossary">')[2].partition("</dl>")[0]
    return [text(part) for part in re.findall(r'<div id="[^"]+">(.*?)</div>', glossary, re.DOTALL)]


def letters(html: str) -> list[tuple[str, str, bool]]:
    found = re.findall(r'<li><a href="([^"]+)"( aria-current="true")?>([^<]+)</a></li>', html.partition("letters")[2])
    return [(href, label, bool(current)) for href, current, label in found if href.startswith("?letter")]


def test_the_glossary_says_what_acronyms_stand_for(visitor):
    AcronymFactory(acronym="UN", meaning="United <Nations>")
    AcronymFactory(
        acronym="BCI",
        meaning="Cantonal office",
        original_meaning="Bureau cantonal",
        is_in_list=False,
        note="Since 2009.",
    )
    AcronymFactory(acronym="ÉTAT", meaning="State", is_retired=True)
    html = page(visitor, "/glossary/")
    assert entries(html) == [
        "BCI Cantonal office (Bureau cantonal) Not in the paper's list of acronyms. Since 2009.",
        "ÉTAT State",
        "UN United <Nations>",
    ]
    assert headings(html) == ["3 acronyms"]


@pytest.mark.parametrize(("number", "said"), [
    (0, "BCI Office"),
    (1, "BCI Office In Case 1"),
    (2, "BCI Office In Case 1 , Case 2"),
    (5, "BCI Office In Case 1 , Case 2 , Case 3 , Case 4 , Case 5"),
    (6, "BCI Office In Case 1 , Case 2 , Case 3 , Case 4 , Case 5 and others"),
    (9, "BCI Office In Case 1 , Case 2 , Case 3 , Case 4 , Case 5 and others"),
])  # fmt: skip
def test_five_cases_that_use_an_acronym_are_named(visitor, number, said):
    """In the order of their numbers; drafts and working revisions are not among them."""
    cases = [CaseFactory(slug=f"c{n}", name=f"Case {n}", ordinal=n) for n in range(number, 0, -1)]
    hidden = [CaseFactory(status="draft", ordinal=99), *(CaseFactory(revises=case) for case in cases[:1])]
    AcronymFactory(acronym="BCI", meaning="Office", cases=cases + (hidden if cases else []))
    # Another one beside it, whose cases are its own.
    AcronymFactory(acronym="CCCI", meaning="Chamber", cases=cases[-1:])
    html = page(visitor, "/glossary/")
    assert entries(html) == [said, "CCCI Chamber In Case 1" if cases else "CCCI Chamber"]
    assert re.findall(r'<a href="/cases/(c\d)/">', html) == [
        *(f"c{n}" for n in range(1, min(number, 5) + 1)), *(["c1"] if cases else []),
    ]  # fmt: skip


def test_an_acronym_with_two_meanings_stands_twice(visitor):
    for slug, meaning in (("upala", "Council"), ("vaud", "Chamber")):
        AcronymFactory(slug=f"ccci-{slug}", acronym="CCCI", meaning=meaning, cases=[CaseFactory(name=slug.title())])
    assert entries(page(visitor, "/glossary/")) == ["CCCI Council In Upala", "CCCI Chamber In Vaud"]


def test_an_acronym_of_hidden_cases_alone_is_hidden_and_its_letter_too(visitor):
    AcronymFactory(acronym="UN")
    AcronymFactory(acronym="DRAFT", cases=[CaseFactory(status="draft")])
    AcronymFactory(acronym="REVISED", cases=[CaseFactory(revises=CaseFactory())])
    html = page(visitor, "/glossary/?letter=d")
    assert [label for _href, label, _current in letters(html)] == ["U"]
    assert entries(html) == ["UN Meaning of UN"]
    assert left_out(html) == ["letter=d This filter has no such value."]


def test_letters_lead_to_the_acronyms_that_begin_with_them(visitor):
    for acronym in ("UN", "État", "EU", "ebrd", "4D", "UNDP"):
        AcronymFactory(acronym=acronym, meaning="meaning")
    html = page(visitor, "/glossary/?letter=e")
    assert letters(html) == [("?letter=4", "4", False), ("?letter=e", "E", True), ("?letter=u", "U", False)]
    assert entries(html) == ["ebrd meaning", "État meaning", "EU meaning"]
    assert chips(html) == [("Letter", "E", "?")]
    assert headings(html) == ["3 acronyms"]
    assert entries(page(visitor, "/glossary/?letter=u&letter=4")) == ["4D meaning", "UN meaning", "UNDP meaning"]
    assert [current for *_rest, current in letters(page(visitor, "/glossary/"))] == [False, False, False]


def test_acronyms_alike_stand_by_their_short_names(visitor):
    for slug in ("ccci-b", "ccci", "ccci-a", "cccia"):
        AcronymFactory(slug=slug, acronym="CCCI")
    found = re.findall(r'<div id="([^"]+)"><dt>', page(visitor, "/glossary/"))
    assert found == ["ccci", "ccci-a", "ccci-b", "cccia"]


def test_the_glossary_is_sorted_by_one_thing_only(visitor):
    AcronymFactory()
    html = page(visitor, "/glossary/?sort=meaning&case=vaud")
    assert list(ACRONYMS.sorts) == ["acronym"]
    assert left_out(html) == [
        "case=vaud There is no such filter.", "sort=meaning The list cannot be sorted by this.",
    ]  # fmt: skip
    assert '<select id="sort"' not in html
    assert "CSV" not in main(html)


def test_a_hundred_acronyms_stand_on_a_page(visitor):
    for number in range(102):
        AcronymFactory(slug=f"a{number:03}", acronym=f"A{number:03}")
    pages = [page(visitor, f"/glossary/{query}") for query in ("?letter=a", "?letter=a&page=2", "?letter=a&page=3")]
    shown = [re.findall(r'<div id="(a\d\d\d)"><dt>', html) for html in pages]
    first = [f"a{number:03}" for number in range(100)]
    assert shown == [first, ["a100", "a101"], first]
    assert page_links(pages[0]) == ["?letter=a&page=2", "?letter=a&page=2"]
    assert [left_out(html) for html in pages] == [[], [], [f"page {MISSING}"]]


def test_an_empty_glossary_says_so(visitor):
    html = page(visitor, "/glossary/")
    assert '<p class="absent">No acronym has been entered yet.</p>' in html
    assert letters(html) == []
    assert headings(html) == ["0 acronyms"]


@pytest.mark.parametrize("path", ["/figures/", "/figures/download.csv", "/sources/", "/glossary/"])
def test_lists_are_for_reading(visitor, path):
    assert visitor.post(path).status_code == 405
    assert visitor.head(path).status_code == 200


def test_nothing_of_the_lists_is_written(visitor):
    make_figures()
    before = (Case.objects.count(), Figure.objects.count(), Acronym.objects.count())
    with CaptureQueriesContext(connection) as queries:
        for path in ("/figures/", "/sources/", "/glossary/"):
            visitor.get(path)
    assert {query["sql"].split()[0] for query in queries} == {"SELECT"}
    assert (Case.objects.count(), Figure.objects.count(), Acronym.objects.count()) == before
