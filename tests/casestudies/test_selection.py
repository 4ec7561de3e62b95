"""The selection: what is dropped and why, its canonical address, its chips, its order, its pages."""

from __future__ import annotations

import re
from decimal import Decimal
from html import escape
from html.parser import HTMLParser

import pytest
from django.db import connection
from django.http import QueryDict
from django.utils.html import strip_tags
from django.utils.http import urlencode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casestudies.facets import FACETS
from casestudies.models import Case
from casestudies.selection import SORTS, BadSelection, Dropped, parse
from tests.factories import BudgetFactory, CaseFactory, CollectionFactory, PeriodFactory

from .builders import country, make_collection, make_vocabularies, select, slugs
from .test_filters import selections

pytestmark = pytest.mark.django_db

NO_FILTER = "There is no such filter."
NO_VALUE = "This filter has no such value."
NO_SORT = "The list cannot be sorted by this."
ONE_YEAR = "Only one year can be given."
NO_NUMBER = "Enter a whole number."
TOO_EARLY = "Ensure this value is greater than or equal to 1000."
TOO_LATE = "Ensure this value is less than or equal to 9999."
BACKWARD = "The last year must not be before the first."
LONG = "x" * 10_000
DIGITS = "9" * 10_000


# What a query string holds -> what of it is dropped and why -> the canonical query string of the rest.
BAD = {
    "colour=red": ([("colour", "red", NO_FILTER)], ""),
    "colour=red&colour=blue&country=CH": ([("colour", "red", NO_FILTER), ("colour", "blue", NO_FILTER)], "?country=CH"),
    "colour=red&colour=red": ([("colour", "red", NO_FILTER)], ""),
    "Country=CH": ([("Country", "CH", NO_FILTER)], ""),
    "slug=vaud&status=draft": ([("slug", "vaud", NO_FILTER), ("status", "draft", NO_FILTER)], ""),
    "trigger=none": ([("trigger", "none", NO_VALUE)], ""),
    "trigger=Policy-mismatch": ([("trigger", "Policy-mismatch", NO_VALUE)], ""),
    "trigger=councils": ([("trigger", "councils", NO_VALUE)], ""),
    "trigger=none&trigger=policy-mismatch": ([("trigger", "none", NO_VALUE)], "?trigger=policy-mismatch"),
    "country=ch": ([("country", "ch", NO_VALUE)], ""),
    "country=XX": ([("country", "XX", NO_VALUE)], ""),
    "recommendation=3": ([("recommendation", "3", NO_VALUE)], ""),
    "recommendation=01": ([("recommendation", "01", NO_VALUE)], ""),
    "recommendation=14a": ([("recommendation", "14a", NO_VALUE)], ""),
    "recommendation=1 or 1": ([("recommendation", "1 or 1", NO_VALUE)], ""),
    "budget=big": ([("budget", "big", NO_VALUE)], ""),
    "jmdi=true": ([("jmdi", "true", NO_VALUE)], ""),
    "sort=size": ([("sort", "size", NO_SORT)], ""),
    "sort=-title": ([("sort", "-title", NO_SORT)], ""),
    "sort=title&sort=country": ([("sort", "country", NO_SORT)], "?sort=title"),
    "from=abc": ([("from", "abc", NO_NUMBER)], ""),
    "from=-5": ([("from", "-5", TOO_EARLY)], ""),
    "from=999": ([("from", "999", TOO_EARLY)], ""),
    "to=10000": ([("to", "10000", TOO_LATE)], ""),
    "from=2010.5": ([("from", "2010.5", NO_NUMBER)], ""),
    "from=1e3": ([("from", "1e3", NO_NUMBER)], ""),
    "from=2010&from=2011": ([("from", "2011", ONE_YEAR)], "?from=2010"),
    "from=2012&to=2010": ([("to", "2010", BACKWARD)], "?from=2012"),
    f"from={DIGITS}": ([("from", DIGITS, NO_NUMBER)], ""),
    f"recommendation={DIGITS}": ([("recommendation", DIGITS, NO_VALUE)], ""),
    f"trigger={LONG}": ([("trigger", LONG, NO_VALUE)], ""),
    f"{LONG}=1": ([(LONG, "1", NO_FILTER)], ""),
    "trigger=' OR '1'='1": ([("trigger", "' OR '1'='1", NO_VALUE)], ""),
}  # fmt: skip


class Items(HTMLParser):
    """The texts of the list items within the message of a page, or of the page's error."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind, self.inside, self.items, self.tags = kind, False, [], []

    def handle_starttag(self, tag, attrs):
        if self.kind in (dict(attrs).get("class") or "").split():
            self.inside = True
        if self.inside and tag == "li":
            self.items.append("")

    def handle_endtag(self, tag):
        if tag == "ul":
            self.inside = False

    def handle_data(self, data):
        if self.inside and self.items:
            self.items[-1] += data


def items(response, kind: str) -> list[str]:
    parser = Items(kind)
    parser.feed(response.content.decode())
    return [" ".join(item.split()) for item in parser.items]


def result_count(response) -> str:
    return strip_tags(
        re.search(r'<h2[^>]*id="results"[^>]*>(.*?)</h2>', response.content.decode(), re.DOTALL)[1]
    ).strip()


def short(value: str) -> str:
    return value if len(value) <= 80 else f"{value[:79]}…"


@pytest.mark.parametrize("query", BAD, ids=lambda query: query[:40])
def test_what_is_not_understood_is_dropped_told_and_refused(visitor, query):
    make_collection()
    dropped, canonical = BAD[query]
    selection = parse(QueryDict(query))
    assert selection.dropped == tuple(Dropped(*item) for item in dropped)
    assert selection.query() == canonical
    with pytest.raises(BadSelection) as refusal:
        parse(QueryDict(query), strict=True)
    assert refusal.value.dropped == selection.dropped

    page = visitor.get(f"/cases/?{query}")
    assert page.status_code == 200
    assert items(page, "message--warning") == [f"{name}={short(value)} {reason}" for name, value, reason in dropped]
    assert [case.slug for case in page.context["paged"].page] == slugs(canonical.lstrip("?"))
    download = visitor.get(f"/cases/download.csv?{query}")
    assert download.status_code == 400
    assert items(download, "error-page") == [f"{name}={value}: {reason}" for name, value, reason in dropped]


@pytest.mark.parametrize(("query", "canonical"), [
    ("", ""),
    ("country=", ""),
    ("country=&from=&to=&colour=&sort=", ""),
    ("sort=number", ""),
    ("sort=title", "?sort=title"),
    ("page=2", ""),
    ("country=MA&country=CH&country=MA", "?country=MA&country=CH"),
    ("trigger=policy-mismatch&trigger=policy-mismatch", "?trigger=policy-mismatch"),
    ("to=2012&from=2010&jmdi=yes&country=CH", "?country=CH&jmdi=yes&from=2010&to=2012"),
    ("from=2010&from=2010", "?from=2010"),
    ("from=2010&to=2010", "?from=2010&to=2010"),
    ("from=1000&to=9999", "?from=1000&to=9999"),
    ("from=2010.0", "?from=2010"),
    ("from=%202010%20", "?from=2010"),
    ("sort=start&mechanism=triggering&region=europe", "?region=europe&mechanism=triggering&sort=start"),
])  # fmt: skip
def test_a_selection_has_one_address(query, canonical):
    make_collection()
    selection = parse(QueryDict(query), strict=True)
    assert selection.query().replace("country=CH&country=MA", "country=MA&country=CH") == canonical
    again = parse(QueryDict(selection.query().lstrip("?")), strict=True)
    assert again == selection
    assert again.query() == selection.query()


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(selections(), st.sampled_from([*SORTS]))
def test_any_selection_comes_back_from_its_address(db, chosen, sort):
    if not CaseFactory._meta.model.objects.exists():
        make_collection()
    selection = select(urlencode(chosen | {"sort": sort}, doseq=True))
    assert parse(QueryDict(selection.query().lstrip("?")), strict=True) == selection
    # Each chip leads to the selection without just that value.
    here = set(selection.pairs())
    without = [
        here - set(parse(QueryDict(chip.query_without.lstrip("?")), strict=True).pairs()) for chip in selection.chips()
    ]
    assert [len(gone) for gone in without] == [1] * len(without)
    assert set().union(*without) == {pair for pair in here if pair[0] != "sort"}


def test_chips_name_what_is_active_and_lead_to_the_rest(visitor):
    make_collection()
    response = visitor.get("/cases/?country=CH&country=MA&jmdi=no&from=2000&to=2014&sort=title&page=1")
    assert [(str(chip.facet), str(chip.label), chip.query_without) for chip in response.context["chips"]] == [
        ("Country", "Morocco", "?country=CH&jmdi=no&from=2000&to=2014&sort=title"),
        ("Country", "Switzerland", "?country=MA&jmdi=no&from=2000&to=2014&sort=title"),
        ("Supported by the JMDI", "No", "?country=MA&country=CH&from=2000&to=2014&sort=title"),
        ("From year", "2000", "?country=MA&country=CH&jmdi=no&to=2014&sort=title"),
        ("To year", "2014", "?country=MA&country=CH&jmdi=no&from=2000&sort=title"),
    ]
    for chip in response.context["chips"]:
        assert f'<a class="chip" href="{escape(chip.query_without)}">' in response.content.decode()
    assert [chip.query_without for chip in select("jmdi=no").chips()] == ["?"]


def test_the_form_shows_what_is_chosen(visitor):
    make_collection()
    response = visitor.get("/cases/?country=CH&trigger=missing-channels&from=2000&sort=title")
    checked = [
        (facet.name, choice.value)
        for facet in response.context["facets"]
        for choice in facet.choices
        if choice.is_selected
    ]
    assert checked == [("country", "CH"), ("trigger", "missing-channels")]
    html = response.content.decode()
    assert html.count(" checked>") == 2
    assert '<input type="number" name="from" id="from" min="1000" max="9999" value="2000">' in html
    assert '<input type="number" name="to" id="to" min="1000" max="9999" value="">' in html
    assert '<option value="title" selected>Title</option>' in html
    assert (
        '<a href="/cases/download.csv?country=CH&amp;trigger=missing-channels&amp;from=2000&amp;sort=title" download'
        in html
    )
    # Children stand below their parents.
    trigger = next(facet for facet in response.context["facets"] if facet.name == "trigger")
    assert [(choice.value, choice.depth) for choice in trigger.choices] == [
        ("national-legislation", 0),
        ("policy-mismatch", 0),
        ("missing-channels", 1),
        ("easier-to-legislate-locally", 1),
    ]


def test_countries_offered_are_those_of_published_cases():
    make_collection()
    CaseFactory(slug="hidden", country=country("FR"), status="draft")
    CaseFactory._meta.model.objects.filter(slug="lyon").update(status="in-review")
    offered = next(facet for facet in select("").facets() if facet.name == "country").choices
    assert [(choice.value, choice.label) for choice in offered] == [
        ("MA", "Morocco"), ("SN", "Senegal"), ("CH", "Switzerland"),
    ]  # fmt: skip


def test_every_option_of_every_facet_can_be_chosen(visitor):
    make_collection()
    for facet in select("").facets():
        assert facet.choices
        for choice in facet.choices:
            assert select(f"{facet.name}={choice.value}").pairs() == [(facet.name, choice.value)]
    assert [facet.name for facet in select("").facets()] == [facet.name for facet in FACETS]


# Sorting. The same on every database: PostgreSQL's collation must not matter.

TITLES = [
    "Zürich plan",
    "Åland plan",
    "Éstablishing",
    "apple",
    "Apple II",
    "apple-tree",
    "Ætna",
    "ßtart",
    "Sédhiou",
    "Sedhiou 2",
    "“Quoted”",
]


def test_titles_sort_without_accents_and_case():
    for index, title in enumerate(TITLES):
        CaseFactory(slug=f"t{index}", title=title)
    by_slug = {f"t{index}": title for index, title in enumerate(TITLES)}
    assert [by_slug[slug] for slug in slugs("sort=title")] == [
        "Ætna",
        "Åland plan",
        "apple",
        "Apple II",
        "apple-tree",
        "Éstablishing",
        "Sédhiou",
        "Sedhiou 2",
        "ßtart",
        "Zürich plan",
        "“Quoted”",
    ]


def test_text_is_sorted_by_code_points_whatever_the_collation():
    """The tests' PostgreSQL may sort so by itself; others do not."""
    sql = str(Case.objects.order_by(*SORTS["title"][1]).query)
    assert sql.rpartition("ORDER BY")[2].count('COLLATE "C"') == (2 if connection.vendor == "postgresql" else 0)


def test_numbers_sort_as_numbers_within_their_collection():
    later = CollectionFactory(slug="later", position=2, number_prefix="L")
    first = CollectionFactory(slug="first", position=1)
    for collection, ordinal in ((later, 1), (first, 10), (first, 2), (first, 1)):
        CaseFactory(slug=f"{collection.slug}-{ordinal}", collection=collection, ordinal=ordinal)
    assert slugs("") == slugs("sort=number") == ["first-1", "first-2", "first-10", "later-1"]


def test_ties_are_settled_by_number_then_by_slug_in_code_points():
    for slug in ("b_2", "b-1", "a", "B"):
        # Collections of one position: not even the number tells these cases apart.
        CaseFactory(slug=slug, title="Same", ordinal=7, collection=CollectionFactory(slug=f"c-{slug}", position=0))
    CaseFactory(slug="z", title="Same", ordinal=6)
    for sort in SORTS:
        assert slugs(f"sort={sort}") == ["z", "B", "a", "b-1", "b_2"]


def test_countries_sort_by_name_then_number():
    make_vocabularies()
    for slug, code in (("one", "SN"), ("two", "CH"), ("three", "MA"), ("four", "CH")):
        CaseFactory(slug=slug, country=country(code))
    assert slugs("sort=country") == ["three", "one", "two", "four"]


def test_starts_sort_by_the_first_year_and_unknown_ones_last():
    starts = {
        "late": [2012],
        "none": [],
        "early": [2010, 1999],
        "unknown": [None],
        "early-too": [1999],
        "mixed": [None, 2005],
    }
    for slug, years in starts.items():
        case = CaseFactory(slug=slug)
        for year in years:
            PeriodFactory(case=case, start_year=year, end_year=year)
    assert slugs("sort=start") == ["early", "early-too", "mixed", "late", "none", "unknown"]


# Pages.


def test_pages_hold_twenty_and_go_on_in_order(visitor):
    for number in range(1, 46):
        CaseFactory(slug=f"c{number}", ordinal=number)
    pages = [visitor.get(f"/cases/?page={number}") for number in (1, 2, 3)]
    assert [[case.ordinal for case in page.context["paged"].page] for page in pages] == [
        [*range(1, 21)], [*range(21, 41)], [*range(41, 46)],
    ]  # fmt: skip
    second = pages[1].content.decode()
    assert '<a rel="prev" href="?page=1">Previous</a>' in second
    assert '<span aria-current="page">2</span>' in second
    assert '<a rel="next" href="?page=3">Next</a>' in second
    assert result_count(pages[1]) == "45 cases"
    assert "message--warning" not in second
    sorted_page = visitor.get("/cases/?sort=title&page=2").content.decode()
    assert '<a rel="next" href="?sort=title&amp;page=3">Next</a>' in sorted_page


@pytest.mark.parametrize("number", ["0", "-1", "4", "999999999999999999999", DIGITS, "abc", "1.5", "²", "<b>"])
def test_a_page_that_is_not_there_is_the_first_and_told(visitor, number):
    for ordinal in range(1, 42):
        CaseFactory(slug=f"c{ordinal}", ordinal=ordinal)
    response = visitor.get("/cases/", {"page": number})
    assert response.status_code == 200
    assert [case.ordinal for case in response.context["paged"].page] == [*range(1, 21)]
    assert items(response, "message--warning") == ["page There is no such page; this is the first."]


def test_no_result_says_so_and_keeps_the_chips(visitor):
    make_collection()
    response = visitor.get("/cases/?country=CH&jmdi=yes")
    html = response.content.decode()
    assert list(response.context["paged"].page) == []
    assert "<h3>No case matches all of this.</h3>" in html
    # Either filter alone has cases: what to loosen, with how many there would be.
    assert items(response, "loosen") == [
        "without Country “Switzerland” 2 cases",
        "without Supported by the JMDI “Yes” 1 case",
    ]
    assert result_count(response) == "0 cases"
    assert [chip.query_without for chip in response.context["chips"]] == ["?jmdi=yes", "?country=CH"]


# Attacks.

ATTACKS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "javascript:alert(1)",
    "{{ 7|add:7 }}",
    "%3Cscript%3E",
]


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("path", ["/cases/", "/cases/download.csv"])
def test_nothing_of_the_address_becomes_markup(visitor, path, attack):
    make_collection()
    names = [*(facet.name for facet in FACETS), "from", "to", "sort", "page", "unknown", attack]
    plain = visitor.get(path, {"unknown": "plain"}).content.decode()
    for name in names:
        response = visitor.get(path, {name: attack})
        assert response.status_code == (200 if path == "/cases/" or name == "page" else 400)
        if name == "page":
            continue
        html = response.content.decode()
        assert escape(attack).replace("&#x27;", "&#39;") in html.replace("&#x27;", "&#39;")
        for tag in ("<script", "<img", "onerror=alert(1)>", "{{"):
            assert html.replace(escape(attack), "").count(tag) == plain.count(tag)


@pytest.mark.parametrize(
    "path", ["/", "/cases/", "/cases/download.csv", "/about/", "/recommendations/", "/cases/vaud/"]
)
@pytest.mark.parametrize("query", ["country=%00", "x=a%00b", "a%00=1", "page=%00"])
def test_a_nul_character_is_refused_everywhere(visitor, path, query):
    response = visitor.get(f"{path}?{query}")
    assert response.status_code == 400
    assert items(response, "error-page") == ["The address holds a character (NUL) that no value can have."]


def test_a_nul_character_in_the_path_is_refused(visitor):
    assert visitor.get("/cases/a%00b/").status_code == 400


@pytest.mark.parametrize(
    "path", ["/cases/", "/cases/download.csv", "/cases/c/", "/", "/recommendations/", "/about/", "/healthz"]
)
def test_pages_are_only_read(visitor, path):
    CaseFactory(slug="c")
    for method in (visitor.post, visitor.put, visitor.patch, visitor.delete):
        response = method(path)
        assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")
    assert visitor.head(path).status_code == 200


def test_budget_totals_do_not_order_the_list():
    """The selection's order is one of its four sorts, whatever a case holds."""
    for slug, total in (("a", 9), ("b", 1)):
        BudgetFactory(case=CaseFactory(slug=slug), total=Decimal(total))
    assert list(SORTS) == ["number", "title", "country", "start"]
    assert slugs("") == ["a", "b"]
