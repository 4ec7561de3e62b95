"""The matrix: what is on the screen is in the file, in the same order."""

from __future__ import annotations

import csv
import io

import pytest

from tests.factories import CaseFactory, CaseTermFactory, CollectionFactory, term

pytestmark = pytest.mark.django_db

# What each case shows, so that the order of likeness (fullest first, then always the most alike) is not the number's.
SHOWN = {"a": "x", "b": "yz", "c": "xw", "d": "xyzw"}


@pytest.fixture
def cases() -> None:
    collection = CollectionFactory()
    for ordinal, (slug, terms) in enumerate(SHOWN.items(), 1):
        case = CaseFactory(slug=slug, ordinal=ordinal, collection=collection, title=f"Title {9 - ordinal}")
        for each in terms:
            CaseTermFactory(case=case, term=term("trigger", each))


def on_screen(visitor, query: str) -> list[str]:
    response = visitor.get(f"/matrix/{query}")
    assert response.status_code == 200
    return [line.url.split("/")[2] for line in response.context["lines"]]


def in_file(visitor, query: str) -> list[tuple[str, str]]:
    response = visitor.get(f"/matrix/download.csv{query}")
    assert response.status_code == 200
    rows = csv.DictReader(io.StringIO(response.getvalue().decode("utf-8-sig")))
    return [(row["case"], row["value"]) for row in rows]


@pytest.mark.parametrize(("query", "order"), [
    ("?columns=trigger", "abcd"),
    ("?columns=trigger&order=likeness", "dbac"),
    ("?trigger=x&columns=trigger&order=likeness", "dca"),
    ("?columns=trigger&sort=title", "dcba"),
])  # fmt: skip
def test_the_file_has_the_cases_of_the_screen_in_their_order(visitor, cases, query, order):
    assert on_screen(visitor, query) == list(order)
    found = in_file(visitor, query)
    assert list(dict.fromkeys(case for case, _value in found)) == list(order)
    assert sorted(found) == sorted((case, value) for case in order for value in SHOWN[case])


def test_the_page_leads_to_the_file_in_its_order(visitor, cases):
    html = visitor.get("/matrix/?columns=trigger&order=likeness").content.decode()
    assert 'href="/matrix/download.csv?columns=trigger&amp;order=likeness" download' in html
    html = visitor.get("/matrix/?columns=trigger&by=country").content.decode()
    assert 'href="/matrix/download.csv?columns=trigger" download' in html


def test_chips_lead_back_to_the_same_matrix(visitor, cases):
    response = visitor.get("/matrix/?trigger=x&columns=trigger&order=likeness")
    assert [chip.query_without for chip in response.context["chips"]] == ["?columns=trigger&order=likeness"]
    response = visitor.get("/matrix/?trigger=x&trigger=y&q=nothing")
    assert [chip.query_without for chip in response.context["chips"]] == [
        "?trigger=x&trigger=y", "?q=nothing&trigger=y", "?q=nothing&trigger=x",
    ]  # fmt: skip


def test_the_file_refuses_what_the_page_leaves_out(visitor, cases):
    query = "?columns=colour&trigger=nothing"
    dropped = visitor.get(f"/matrix/{query}").context["dropped"]
    assert {(each.parameter, each.value) for each in dropped} == {("columns", "colour"), ("trigger", "nothing")}
    assert visitor.get(f"/matrix/download.csv{query}").status_code == 400


@pytest.mark.parametrize("size", [2, 6])
def test_as_many_queries_for_few_cases_as_for_many(visitor, django_assert_num_queries, size):
    for number in range(size):
        CaseTermFactory(case=CaseFactory(), term=term("trigger", f"t{number}"))
    visitor.get("/matrix/?columns=trigger")
    # the version; the page of cases; their rows with the terms
    with django_assert_num_queries(3):
        visitor.get("/matrix/?columns=trigger")
