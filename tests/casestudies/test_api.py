"""The API: the rows of the pages in their order, page by page, and what it refuses with which reason."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest
from django.test import Client
from django.utils.http import urlencode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casestudies.models import Case
from casestudies.selection import SORTS
from tests.factories import (
    BudgetFactory,
    CaseActorFactory,
    CaseFactory,
    CaseRedirectFactory,
    CaseSourceFactory,
    CaseTermFactory,
    CountryFactory,
    CurrencyFactory,
    FigureFactory,
    IllustrationFactory,
    NarrativeFactory,
    OrganizationFactory,
    OrganizationNameFactory,
    RecommendationFactory,
    SourceFactory,
    SubPointFactory,
    VocabularyFactory,
    term,
)

from .builders import make_collection
from .test_filters import selections

pytestmark = pytest.mark.django_db

SITE = "http://testserver"


def ask(visitor: Client, path: str) -> dict:
    """What an address of the API gives."""
    response = visitor.get(f"/api/v1/{path}")
    assert (response.status_code, response["Content-Type"]) == (200, "application/json"), response.content
    return response.json()


def all_pages(visitor: Client, path: str) -> list[dict]:
    """The records of every page of a list, by following `next`."""
    found, address = [], f"{SITE}/api/v1/{path}"
    while address:
        page = visitor.get(address.removeprefix(SITE)).json()
        found += page["results"]
        address = page["next"]
    return found


def refused(visitor: Client, path: str) -> list[tuple[str, str, str]]:
    """What a refusal says of each parameter."""
    response = visitor.get(f"/api/v1/{path}")
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json"), response.content
    return [(each["parameter"], each["value"], each["reason"]) for each in response.json()["errors"]]


# What there is


def test_the_index_says_what_there_is_and_where(visitor):
    found = ask(visitor, "")
    listed = found.pop("resources")
    assert found == {
        "name": "Mainstreaming Casebook",
        "version": "1",
        "licence": "CC BY 4.0",
        "documentation": f"{SITE}/api/v1/docs/",
        "openapi": f"{SITE}/api/v1/openapi.json",
    }
    assert [each["url"] for each in listed] == [
        f"{SITE}/api/v1/{name}/" for name in
        ("cases", "illustrations", "figures", "actors", "recommendations", "vocabularies", "sources")
    ]  # fmt: skip
    for each in listed:
        assert ask(visitor, f"{each['name']}/")["count"] == 0


def test_addresses_are_the_public_ones(visitor, settings):
    CaseFactory(slug="vaud")
    settings.SITE_URL = "https://casebook.example.org"
    (record,) = ask(visitor, "cases/")["results"]
    assert (record["url"], record["api_url"]) == (
        "https://casebook.example.org/cases/vaud/",
        "https://casebook.example.org/api/v1/cases/vaud/",
    )
    answer = visitor.get("/api/v1/cases/nothing/").json()
    assert answer["type"] == "https://casebook.example.org/api/v1/docs/#problem-not-found"


# Cases


def test_a_case_in_a_list_has_the_values_of_its_columns(visitor):
    case = CaseFactory(slug="sedhiou", name="Sédhiou", title="Schéma | directeur", country__code="SN")
    for slug in ("b", "a"):
        CaseTermFactory(case=case, term=term("trigger", slug, label=f"Trigger {slug} = «x»", position=ord(slug)))
    IllustrationFactory(case=case, recommendation__number=5)
    BudgetFactory(case=case, total=Decimal("1250000.50"), currency=CurrencyFactory(code="USD"))
    (record,) = ask(visitor, "cases/")["results"]
    shown = {name: value for name, value in record.items() if value not in (None, [])}
    assert shown == {
        "url": f"{SITE}/cases/sedhiou/",
        "api_url": f"{SITE}/api/v1/cases/sedhiou/",
        "number": "4.1",
        "slug": "sedhiou",
        "name": "Sédhiou",
        "title": "Schéma | directeur",
        "country_code": "SN",
        "country": "Senegal",
        "region": "Western europe",
        "subregion": "Western europe",
        "ongoing": False,
        "jmdi": False,
        "trigger": ["Trigger a = «x»", "Trigger b = «x»"],
        "recommendations_central": ["5"],
        "budget_status": "total stated",
        "budget_total": 1250000.5,
        "budget_currency": "USD",
        "budget_band": "USD 1 million to 10 million",
        "collection": "White Paper",
        "collection_year": 2015,
    }


def test_pages_lead_to_one_another(visitor):
    make_collection()
    first = ask(visitor, "cases/?jmdi=no&page_size=2&sort=title")
    assert [record["slug"] for record in first.pop("results")] == ["lyon", "rabat"]
    address = f"{SITE}/api/v1/cases/?jmdi=no&sort=title&page_size=2&page="
    assert first == {"count": 3, "page": 1, "page_size": 2, "pages": 2, "next": f"{address}2", "previous": None}
    second = visitor.get(first["next"].removeprefix(SITE)).json()
    assert [record["slug"] for record in second.pop("results")] == ["vaud"]
    assert second == {"count": 3, "page": 2, "page_size": 2, "pages": 2, "next": None, "previous": f"{address}1"}
    # The usual size needs no saying; nothing found is a page too.
    assert ask(visitor, "cases/?approach=bottom-up") == {
        "count": 0, "page": 1, "page_size": 20, "pages": 1, "next": None, "previous": None, "results": [],
    }  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(selections(), st.sampled_from([*SORTS]), st.integers(1, 3))
def test_any_selection_is_the_page_and_the_download_page_by_page(visitor, chosen, sort, size):
    if not Case.objects.exists():
        make_collection()
    query = urlencode(chosen | {"sort": sort}, doseq=True)
    screen = [case.slug for case in visitor.get(f"/cases/?{query}").context["paged"].page]
    download = visitor.get(f"/cases/download.csv?{query}").getvalue().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(download, newline="")))
    records = all_pages(visitor, f"cases/?{query}&page_size={size}")
    assert [record["slug"] for record in records] == screen == [row["slug"] for row in rows]
    for record, row in zip(records, rows, strict=True):
        # A row says what a record says: lists joined, empty where nothing is stated.
        assert {name: record[name] or "" for name in ("name", "title", "country", "budget_status")} == {
            name: row[name] for name in ("name", "title", "country", "budget_status")
        }
        assert "|".join(record["trigger"]) == row["trigger"]


def test_a_search_is_the_search_of_the_page(visitor):
    for slug, title in (("one", "Returnees"), ("two", "Health of returnees"), ("three", "Water")):
        CaseFactory(slug=slug, title=title)
    for query in ("?q=returnee", "?q=returnees&sort=number", "?q=%22health+of%22"):
        screen = [case.slug for case in visitor.get(f"/cases/{query}").context["paged"].page]
        assert screen
        assert [record["slug"] for record in ask(visitor, f"cases/{query}")["results"]] == screen


# Query string -> what is refused.
REFUSED = {
    "cases/?colour=red": [("colour", "red", "There is no such parameter.")],
    # Of the page, not of the selection.
    "cases/?view=map": [("view", "map", "There is no such parameter.")],
    "cases/?columns=": [("columns", "", "There is no such parameter.")],
    "cases/?country=XX&trigger=none": [
        ("country", "XX", "This filter has no such value."), ("trigger", "none", "This filter has no such value."),
    ],
    "cases/?country=CH&country=XX": [("country", "XX", "This filter has no such value.")],
    "cases/?from=2010&to=2009": [("to", "2009", "The last year must not be before the first.")],
    "cases/?from=soon": [("from", "soon", "Enter a whole number.")],
    "cases/?sort=colour": [("sort", "colour", "The list cannot be sorted by this.")],
    "cases/?sort=relevance": [("sort", "relevance", "Only what was searched for can be sorted by this.")],
    "cases/?q=%E2%80%A6": [("q", "…", "There is no word in it.")],
    "cases/?q=%FF": [("q", "\ufffd", "There is no word in it.")],
    "cases/?q=a&q=b": [("q", "b", "Only one search can be made.")],
    "cases/?all=country": [("all", "country", "A case has one value of this at most.")],
    "cases/?page=2": [("page", "2", "The last page is 1.")],
    "cases/?page=0": [("page", "0", "It must be a whole number from 1 on.")],
    "cases/?page=": [("page", "", "It must be a whole number from 1 on.")],
    "cases/?page=%D9%A1": [("page", "١", "It must be a whole number from 1 on.")],
    "cases/?page=1&page=1": [("page", "1", "Only one value can be given.")],
    "cases/?page_size=101": [("page_size", "101", "It must be a whole number from 1 to 100.")],
    "cases/?page_size=0": [("page_size", "0", "It must be a whole number from 1 to 100.")],
    f"cases/?page={'9' * 5000}": [("page", "9" * 5000, "It must be a whole number from 1 on.")],
    # All faults at once.
    "cases/?colour=red&page=x&page_size=y&country=XX": [
        ("colour", "red", "There is no such parameter."),
        ("page", "x", "It must be a whole number from 1 on."),
        ("page_size", "y", "It must be a whole number from 1 to 100."),
        ("country", "XX", "This filter has no such value."),
    ],
    "cases/vaud/?page=1": [("page", "1", "There is no such parameter.")],
    "?colour": [("colour", "", "There is no such parameter.")],
    "figures/?unit=yards&trigger=a": [
        ("trigger", "a", "There is no such parameter."), ("unit", "yards", "This filter has no such value."),
    ],
    "figures/?page=2": [("page", "2", "The last page is 1.")],
    "illustrations/?of=99&trigger=none&case=lyon&case=none": [
        ("trigger", "none", "This filter has no such value."), ("case", "none", "This filter has no such value."),
        ("of", "99", "This filter has no such value."),
    ],
    "actors/?lead=perhaps&strength=central": [
        ("strength", "central", "There is no such parameter."), ("lead", "perhaps", "This filter has no such value."),
    ],
    "recommendations/?sort=title": [("sort", "title", "There is no such parameter.")],
    "sources/?kind=film": [("kind", "film", "This filter has no such value.")],
    "openapi.json?x=1": [("x", "1", "There is no such parameter.")],
    "docs/?x=1": [("x", "1", "There is no such parameter.")],
}  # fmt: skip


def test_what_is_not_understood_is_refused_with_its_reason(visitor):
    make_collection()
    assert {path: refused(visitor, path) for path in REFUSED} == REFUSED


def test_an_empty_value_of_a_filter_counts_as_none(visitor):
    make_collection()
    for path in ("cases/?country=&q=&from=&sort=", "figures/?unit=", "illustrations/?of=&trigger="):
        assert ask(visitor, path)["next"] is None
    assert ask(visitor, "cases/?country=&jmdi=yes")["count"] == 2


def test_a_case_is_its_full_record(visitor):
    case = CaseFactory(slug="vaud", name="Vaud")
    NarrativeFactory(case=case, key="n", text="Ça va.", source=SourceFactory(slug="fom-2014"))
    FigureFactory(case=case, key="f", low=Decimal("29.70"), unit="share", label="Foreign residents")
    CaseFactory(slug="other")
    found = ask(visitor, "cases/vaud/")
    (listed,) = (record for record in ask(visitor, "cases/")["results"] if record["slug"] == "vaud")
    assert {name: found[name] for name in listed} == listed
    assert found["narratives"] == [{
        "key": "n", "section": "Overview", "text": "Ça va.", "place": None, "source": "fom-2014", "source_detail": None,
    }]  # fmt: skip
    (figure,) = found["figures"]
    assert (figure["key"], figure["low"], figure["unit"], "case" in figure) == ("f", 29.7, "per cent", False)
    assert [work["slug"] for work in found["works"]] == ["fom-2014"]


def test_a_case_that_moved_or_went_says_so(visitor):
    case = CaseFactory(slug="vaud")
    CaseRedirectFactory(case=case, old_slug="waadt")
    CaseFactory(slug="old", status="archived")
    moved = visitor.get("/api/v1/cases/waadt/")
    assert (moved.status_code, moved["Location"], moved.content) == (301, f"{SITE}/api/v1/cases/vaud/", b"")
    assert "Content-Type" not in moved.headers
    gone = visitor.get("/api/v1/cases/old/")
    assert (gone.status_code, gone["Content-Type"]) == (410, "application/problem+json")
    assert gone.json() == {
        "type": f"{SITE}/api/v1/docs/#problem-gone",
        "title": "This has been archived",
        "status": 410,
        "detail": "This case has been archived.",
        "instance": "/api/v1/cases/old/",
    }


# Rows of cases


@pytest.fixture
def rows() -> None:
    """Three cases of which one has no rows, with illustrations and actors in an order that is not the keys'."""
    for number in (1, 14):
        RecommendationFactory(number=number)
    a = CaseFactory(slug="a", title="Z", ordinal=1)
    CaseFactory(slug="b", title="Y", ordinal=2)
    c = CaseFactory(slug="c", title="X", ordinal=3, country=CountryFactory(code="MA"))
    point = SubPointFactory(recommendation__number=14, letter="b", title="A part")
    IllustrationFactory(case=a, recommendation__number=14, subpoint=point, key="a-14b", strength="supporting")
    IllustrationFactory(case=a, recommendation__number=14, key="a-14")
    IllustrationFactory(case=a, recommendation__number=1, key="a-1")
    IllustrationFactory(case=c, recommendation__number=14, key="c-14", strength="supporting")
    town = term("actor-type", "town", parent=term("actor-type", "local"))
    body = OrganizationFactory(slug="body", name="The Body", acronym="TB", types=[town, term("actor-type", "local")])
    OrganizationNameFactory(organization=body, name="Le Corps")
    CaseActorFactory(case=a, organization=OrganizationFactory(), key="a-second", position=2)
    CaseActorFactory(
        case=a, organization=body, key="a-first", position=1, is_lead=True, roles=[term("role", "funds")]
    )  # fmt: skip
    CaseActorFactory(case=c, organization=body, key="c-first")


def keys(visitor: Client, path: str) -> list[str]:
    found = ask(visitor, path)
    assert found["count"] == len(found["results"])
    return [row["key"] for row in found["results"]]


ROWS = {
    "illustrations/": ["a-1", "a-14", "a-14b", "c-14"],
    # In the order of the cases.
    "illustrations/?sort=title": ["c-14", "a-1", "a-14", "a-14b"],
    "illustrations/?country=MA": ["c-14"],
    # Of the cases that illustrate the recommendation, and of the recommendation itself.
    "illustrations/?recommendation=1": ["a-1", "a-14", "a-14b"],
    "illustrations/?of=1": ["a-1"],
    "illustrations/?of=14&sort=title": ["c-14", "a-14", "a-14b"],
    "illustrations/?of=1&of=14&strength=supporting": ["a-14b", "c-14"],
    "illustrations/?case=c": ["c-14"],
    "illustrations/?case=b": [],
    "illustrations/?case=c&country=CH": [],
    "actors/": ["a-first", "a-second", "c-first"],
    "actors/?sort=title": ["c-first", "a-first", "a-second"],
    # Of the cases in which there is such an actor, and such actors; a parent stands for those below it.
    "actors/?actor=town&country=CH": ["a-first", "a-second"],
    "actors/?type=town": ["a-first", "c-first"],
    "actors/?type=local&lead=yes": ["a-first"],
    "actors/?lead=no": ["a-second", "c-first"],
    "actors/?role=funds": ["a-first"],
    "actors/?case=a&lead=yes&lead=no": ["a-first", "a-second"],
}


def test_rows_come_case_by_case_in_the_order_of_the_selection(visitor, rows):
    assert {path: keys(visitor, path) for path in ROWS} == ROWS


@pytest.mark.parametrize("size", [1, 2, 3])
def test_rows_are_cut_into_pages_across_cases(visitor, rows, size):
    for path in ("illustrations/?sort=title", "actors/?sort=title", "illustrations/?of=14"):
        found = all_pages(visitor, f"{path}&page_size={size}")
        assert [row["key"] for row in found] == [row["key"] for row in ask(visitor, path)["results"]]
        first = ask(visitor, f"{path}&page_size={size}")
        assert (first["count"], len(first["results"])) == (len(found), size)


def test_pages_of_rows_keep_the_filters_of_their_own(visitor, rows):
    assert ask(visitor, "illustrations/?strength=supporting&sort=title&page_size=1")["next"] == (
        f"{SITE}/api/v1/illustrations/?sort=title&strength=supporting&page_size=1&page=2"
    )


def test_an_edit_of_a_row_is_counted_at_once(visitor, rows):
    assert ask(visitor, "illustrations/?of=1")["count"] == 1
    IllustrationFactory(case=Case.objects.get(slug="b"), recommendation__number=1, key="b-1")
    assert keys(visitor, "illustrations/?of=1") == ["a-1", "b-1"]


def test_a_row_says_all_that_it_holds(visitor, rows):
    (part,) = ask(visitor, "illustrations/?case=a&strength=supporting")["results"]
    assert part == {
        "url": f"{SITE}/cases/a/#illustration-a-14b", "case": "a", "key": "a-14b", "label": "14b",
        "recommendation": 14, "subpoint": "b", "title": "A part", "strength": "supporting",
        "reason": "The canton did what is advised.", "place": None, "source": None, "source_detail": None,
        "api_url": f"{SITE}/api/v1/cases/a/",
    }  # fmt: skip
    (lead,) = ask(visitor, "actors/?lead=yes")["results"]
    assert {name: value for name, value in lead.items() if value not in (None, [])} == {
        "url": f"{SITE}/cases/a/#actor-a-first", "case": "a", "key": "a-first", "organization": "body",
        "organization_name": "The Body", "acronym": "TB", "other_names": ["Le Corps"], "types": ["Local", "Town"],
        "collective": False, "roles": ["Funds"], "lead": True, "evidence": "stated in the case",
        "api_url": f"{SITE}/api/v1/cases/a/",
    }  # fmt: skip


# Figures, recommendations, vocabularies, sources


def test_figures_take_the_filters_and_sorts_of_their_page(visitor):
    a, b = CaseFactory(slug="a", ordinal=1), CaseFactory(slug="b", ordinal=2)
    for case, key, low, unit in ((a, "few", 5, "people"), (b, "many", 900, "people"), (b, "part", 30, "share")):
        FigureFactory(case=case, key=key, low=Decimal(low), unit=unit, label=key)
    for query, expected in {
        "": ["few", "many", "part"],
        "?sort=value": ["many", "part", "few"],
        "?unit=people&sort=value": ["many", "few"],
        "?case=b": ["many", "part"],
    }.items():
        assert [figure.key for figure in visitor.get(f"/figures/{query}").context["paged"].page] == expected
        found = all_pages(visitor, f"figures/{query or '?'}&page_size=1")
        assert [figure["key"] for figure in found] == expected
    (figure,) = ask(visitor, "figures/?case=a")["results"]
    assert (figure["url"], figure["api_url"], figure["low"], figure["case"]) == (
        f"{SITE}/cases/a/#figure-few", f"{SITE}/api/v1/cases/a/", 5, "a",
    )  # fmt: skip


def test_recommendations_come_with_their_parts_and_counts(visitor, rows):
    found = ask(visitor, "recommendations/")
    assert [(r["number"], r["cases"]) for r in found["results"]] == [(1, 1), (14, 2)]
    assert ask(visitor, "recommendations/14/") == found["results"][1] == {
        "number": 14, "title": "Recommendation 14", "text": "What to do.", "group": "group-1", "group_title": "Group 1",
        "subpoints": [{"label": "14b", "letter": "b", "title": "A part", "text": "A part of it."}], "cases": 2,
        "url": f"{SITE}/recommendations/14/", "api_url": f"{SITE}/api/v1/recommendations/14/",
    }  # fmt: skip


def test_vocabularies_come_with_the_terms_that_their_page_shows(visitor):
    vocabulary = VocabularyFactory(slug="actor-type", label="Types of actors", is_ours=True)
    term("actor-type", "town", parent=term("actor-type", "local", position=1), position=2, definition="A town.")
    term("actor-type", "dropped", position=3, is_retired=True)
    CaseActorFactory(case=CaseFactory(), organization=OrganizationFactory(types=[term("actor-type", "town")]))
    VocabularyFactory(slug="challenge", position=vocabulary.position + 1)
    found = [(v["slug"], v["filter"], v["ours"]) for v in ask(visitor, "vocabularies/")["results"]]
    # The region of a country and the trigger of a message are vocabularies too.
    assert {each for each in found if each[0] in ("actor-type", "challenge")} == {
        ("actor-type", "actor", True), ("challenge", None, False),
    }  # fmt: skip
    record = ask(visitor, "vocabularies/actor-type/")
    assert (record["label"], record["url"], record["api_url"]) == (
        "Types of actors", f"{SITE}/grid/actor-type/", f"{SITE}/api/v1/vocabularies/actor-type/",
    )  # fmt: skip
    assert [(t["slug"], t["parent"], t["cases"], t["retired"]) for t in record["terms"]] == [
        ("local", None, 1, False), ("town", "local", 1, False),
    ]  # fmt: skip
    assert record["terms"][1]["definition"] == "A town."
    assert record["terms"][1]["url"] == f"{SITE}/grid/actor-type/town/"


def test_sources_come_with_the_cases_that_cite_them(visitor):
    work = SourceFactory(slug="cited", authors="Becker", year=2014, year_suffix="a", url="http://old.example.org/")
    SourceFactory(slug="not-cited", authors="Adler")
    second, first = CaseFactory(slug="second", ordinal=2), CaseFactory(slug="first", ordinal=1)
    # What a draft cites is neither counted nor named.
    for case in (second, first, CaseFactory(slug="draft", status="draft")):
        CaseSourceFactory(case=case, source=work)
    assert [s["slug"] for s in ask(visitor, "sources/")["results"]] == ["not-cited", "cited"]
    (listed,) = ask(visitor, "sources/?cited=yes")["results"]
    assert (listed["cases"], listed["year"], listed["year_suffix"]) == (2, 2014, "a")
    assert (listed["url"], listed["address"]) == (f"{SITE}/sources/cited/", "http://old.example.org/")
    record = ask(visitor, "sources/cited/")
    assert [(c["slug"], c["api_url"]) for c in record.pop("citing")] == [
        ("first", f"{SITE}/api/v1/cases/first/"), ("second", f"{SITE}/api/v1/cases/second/"),
    ]  # fmt: skip
    assert record == listed


def test_every_list_leads_to_itself_in_the_api(visitor):
    make_collection()
    for path, link in {
        "/cases/?country=MA&sort=title": "/api/v1/cases/?country=MA&amp;sort=title",
        "/cases/?view=map&jmdi=no": "/api/v1/cases/?jmdi=no",
        "/figures/?unit=people&sort=value": "/api/v1/figures/?unit=people&amp;sort=value",
        "/sources/?cited=yes": "/api/v1/sources/?cited=yes",
    }.items():
        assert f'<a href="{link}">API</a>' in visitor.get(path).content.decode()
        assert visitor.get(link.replace("&amp;", "&")).status_code == 200
