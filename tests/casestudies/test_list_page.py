"""The list of cases: what a row shows, and the addresses that it gives away."""

from __future__ import annotations

import re

import pytest

from tests.factories import CaseFactory, CaseTermFactory, PeriodFactory, term

from .builders import make_collection
from .reading import text

pytestmark = pytest.mark.django_db


def cards(html: str) -> list[str]:
    return re.findall(r'<article class="card">(.*?)</article>', html, re.DOTALL)


def test_a_card_says_what_who_where_and_when(visitor):
    case = CaseFactory(
        slug="vaud",
        ordinal=12,
        name="Vaud",
        title="Cantonal programme",
        purpose=" ".join(["word"] * 40),
        is_jmdi_supported=True,
    )
    PeriodFactory(case=case, start_year=2014, end_year=2017)
    trigger = term("trigger", "policy-mismatch", label="Mismatch")
    for found in (
        term("level", "state-or-canton", label="Canton"),
        trigger,
        term("trigger", "missing", label="Missing", parent=trigger),
        term("state", "federal", label="Federal"),
    ):
        CaseTermFactory(case=case, term=found)
    (card,) = cards(visitor.get("/cases/").content.decode())
    said = f"4.12 · Switzerland 2014–2017 Vaud Cantonal programme {' '.join(['word'] * 28)} …"
    assert text(card) == f"{said} Canton Mismatch JMDI + Compare Vaud"
    assert re.findall(r'href="([^"]+)"', card) == [
        "/cases/vaud/", "/cases/?level=state-or-canton", "/cases/?trigger=policy-mismatch", "/cases/?jmdi=yes",
        "?compare=vaud",
    ]  # fmt: skip


@pytest.mark.parametrize(("fields", "span"), [
    ([{"start_year": 2014, "end_year": 2017}], "2014–2017"),
    ([{"start_year": 2014, "end_year": 2014}], "2014"),
    ([{"start_year": 2014, "end_year": None}], "2014"),
    ([{"start_year": 2014, "is_ongoing": True}], "2014–"),
    ([{"start_year": None, "end_year": 2010}], "–2010"),
    ([{"start_year": None, "end_year": None, "stated": "three years"}], "three years"),
    ([{"start_year": 2001, "end_year": 2002}, {"start_year": 2005, "is_ongoing": True}], "2001–2002, 2005–"),
    ([], "period not stated"),
])  # fmt: skip
def test_periods_are_written_as_years(visitor, fields, span):
    case = CaseFactory()
    for position, values in enumerate(fields):
        PeriodFactory(case=case, position=position, **values)
    (card,) = cards(visitor.get("/cases/").content.decode())
    assert text(re.findall(r"<span>(.*?)</span>", card, re.DOTALL)[1]) == span


def test_the_canonical_address_is_the_selection_without_the_page(visitor, settings):
    make_collection()
    settings.SITE_URL = "https://casebook.example.org"
    html = visitor.get("/cases/?to=2020&jmdi=no&country=CH&page=1&utm=x").content.decode()
    assert re.findall(r'<link rel="canonical" href="([^"]+)">', html) == [
        "https://casebook.example.org/cases/?country=CH&amp;jmdi=no&amp;to=2020"
    ]


def test_the_sort_form_keeps_the_filters(visitor):
    make_collection()
    html = visitor.get("/cases/?country=CH&from=2000&sort=title").content.decode()
    form = next(part for part in re.findall(r"<form.*?</form>", html, re.DOTALL) if '<select id="sort"' in part)
    assert re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]+)">', form) == [
        ("country", "CH"),
        ("from", "2000"),
    ]
    assert re.findall(r'<option value="([a-z]+)"( selected)?>([^<]+)<', form) == [
        ("number", "", "Number"), ("title", " selected", "Title"), ("country", "", "Country"), ("start", "", "Start"),
    ]  # fmt: skip


def test_the_filter_form_keeps_the_sort(visitor):
    make_collection()
    for query, kept in (("?sort=start", [("sort", "start")]), ("", [])):
        html = visitor.get(f"/cases/{query}").content.decode()
        form = next(part for part in re.findall(r"<form.*?</form>", html, re.DOTALL) if 'name="country"' in part)
        assert re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]+)">', form) == kept


def test_facets_without_options_say_so(visitor):
    html = visitor.get("/cases/").content.decode()
    assert "Nothing to choose from yet." in html
    assert cards(html) == []
