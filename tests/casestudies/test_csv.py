"""The download of a list of cases, as literal text."""

from __future__ import annotations

import csv
import datetime
import io
from decimal import Decimal

import pytest
from django.db import connection
from django.http import StreamingHttpResponse
from django.test.utils import CaptureQueriesContext
from django.utils.http import urlencode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casestudies import selection
from casestudies.models import Case, CaseTerm
from casestudies.selection import SORTS
from mainstreaming.downloads import original_cell
from tests.factories import (
    BeneficiaryGroupFactory,
    BudgetFactory,
    CaseActorFactory,
    CaseFactory,
    CaseTermFactory,
    CollectionFactory,
    CountryFactory,
    CurrencyFactory,
    IllustrationFactory,
    ObjectiveFactory,
    OrganizationFactory,
    PeriodFactory,
    SubPointFactory,
    term,
)

from .builders import make_collection
from .test_filters import selections

pytestmark = pytest.mark.django_db

PATH = "/cases/download.csv"
HEADER = (
    "url,number,slug,name,title,country_code,country,region,subregion,level,start_year,end_year,ongoing,jmdi,migration,"
    "state,trigger,approach,objective,actor_types,lead_actors,mechanism,beneficiary,recommendations_central,"
    "recommendations_supporting,budget_status,budget_total,budget_currency,budget_covers,budget_months,budget_band,"
    "purpose,original_title,contents_title,acronym,collection,collection_year,last_checked\r\n"
)


def text_of(response) -> str:
    assert response.status_code == 200
    return b"".join(response.streaming_content).decode("utf-8")


def table(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_an_empty_list_is_its_header(visitor):
    assert text_of(visitor.get(PATH)) == "\ufeff" + HEADER


def test_the_whole_file(visitor):
    africa = term("region", "africa", label="Africa")
    region = term("region", "western-africa", label="Western Africa", parent=africa)
    senegal = CountryFactory(code="SN", name="Sénégal, République du", region=region)
    asia = CountryFactory(code="AA", name="=Asia", region=term("region", "asia", label="Asia"))
    collection = CollectionFactory(number_prefix="4.")
    full = CaseFactory(
        collection=collection,
        ordinal=10,
        slug="sedhiou",
        country=senegal,
        name="Sédhiou “sud”",
        is_jmdi_supported=True,
        title='The "Observatory", phase 2',
        original_title="L’Observatoire",
        contents_title="The Observatory",
        acronym="OBS",
        last_checked_on=datetime.date(2024, 2, 29),
        purpose="One line,\nanother line\r\nand a third.",
    )
    for vocabulary, slug, label, position in (
        ("trigger", "b", "Second | trigger", 2), ("trigger", "a", "=First trigger", 1), ("level", "m", "Municipal", 1),
        ("migration", "e", "Emigration", 1), ("migration", "i", "Immigration", 2), ("state", "u", "Unitary", 1),
        ("approach", "x", "Mixed", 1), ("mechanism", "p", "Participation", 1),
    ):  # fmt: skip
        CaseTermFactory(case=full, term=term(vocabulary, slug, label=label, position=position))
    broad = [term("objective", "o2", label="Rights", position=2), term("objective", "o1", label="Links", position=1)]
    ObjectiveFactory(case=full, broad_objectives=broad)
    ObjectiveFactory(case=full, broad_objectives=broad[:1])
    town = term("actor-type", "t", label="Towns", position=2)
    state = term("actor-type", "s", label="State", position=1)
    CaseActorFactory(
        case=full, organization=OrganizationFactory(name="-Ville-", types=[town]), is_lead=True, position=1
    )
    CaseActorFactory(
        case=full, organization=OrganizationFactory(name="Région", types=[town, state]), is_lead=True, position=2
    )
    CaseActorFactory(case=full, organization=OrganizationFactory(name="Follower", types=[state]), position=3)
    BeneficiaryGroupFactory(case=full, groups=[term("beneficiary", "w", label="Women")])
    for number, letter, strength in (
        (14, "a", "central"),
        (5, "", "central"),
        (7, "", "supporting"),
        (14, "", "supporting"),
    ):
        point = SubPointFactory(recommendation__number=number, letter=letter) if letter else None
        IllustrationFactory(case=full, recommendation__number=number, subpoint=point, strength=strength)
    BudgetFactory(
        case=full, total=Decimal("12400000.5"), currency=CurrencyFactory(code="XOF", usd_value=Decimal("0.001691")),
        period="whole", duration_months=36,
    )  # fmt: skip
    PeriodFactory(case=full, start_year=2010, end_year=2012)
    PeriodFactory(case=full, start_year=2008, end_year=None, is_ongoing=True)
    CaseFactory(
        collection=collection, ordinal=2, slug="bare", country=asia, name="+41 21", title="@home", purpose="\tIndented",
    )  # fmt: skip
    quoted = CaseFactory(
        collection=collection,
        ordinal=3,
        slug="quoted",
        country=asia,
        name="'s-Hertogenbosch",
        title="-cmd|' /C calc'!A0",
        purpose="=cmd|' /C calc'!A0",
    )
    BudgetFactory(case=quoted, status="payer-only")
    PeriodFactory(case=quoted, start_year=None, end_year=1999)
    expected = (
        "\ufeff"
        + HEADER
        + "http://testserver/cases/bare/,4.2,bare,'+41 21,'@home,AA,'=Asia,Asia,Asia,"
        + ",,,no,no,,,,,,,,,,,,,,,,,,'\tIndented,,,,White Paper,2015,\r\n"
        + "http://testserver/cases/quoted/,4.3,quoted,''s-Hertogenbosch,'-cmd|' /C calc'!A0,AA,'=Asia,Asia,Asia,"
        + ",,1999,no,no,,,,,,,,,,,,\"payer named, no sum\",,,,,,'=cmd|' /C calc'!A0,,,,White Paper,2015,\r\n"
        + 'http://testserver/cases/sedhiou/,4.10,sedhiou,Sédhiou “sud”,"The ""Observatory"", phase 2",SN,'
        + '"Sénégal, République du",Africa,Western Africa,Municipal,2008,2012,yes,yes,Emigration|Immigration,'
        + "Unitary,'=First trigger|Second / trigger,Mixed,Links|Rights,State|Towns,'-Ville-|Région,Participation,Women,"
        + '5|14a,7|14,total stated,12400000.50,XOF,whole duration,36,"under USD 250,000",'
        + '"One line,\nanother line\r\nand a third.",L’Observatoire,The Observatory,OBS,White Paper,2015,2024-02-29\r\n'
    )
    response = visitor.get(PATH)
    assert isinstance(response, StreamingHttpResponse)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="mainstreaming-casebook-cases.csv"'
    text = text_of(response)
    assert text == expected
    # What was given comes back when one leading apostrophe is taken away.
    back = {row["slug"]: {name: original_cell(cell) for name, cell in row.items()} for row in table(text)}
    assert back["quoted"]["name"] == "'s-Hertogenbosch"
    assert back["quoted"]["title"] == "-cmd|' /C calc'!A0"
    assert back["bare"]["purpose"] == "\tIndented"
    assert back["sedhiou"]["trigger"].split("|") == ["=First trigger", "Second / trigger"]
    assert back["sedhiou"]["purpose"] == "One line,\nanother line\r\nand a third."


def test_the_address_is_that_of_the_site(visitor, settings):
    settings.SITE_URL = "https://casebook.example.org"
    CaseFactory(slug="vaud")
    assert [row["url"] for row in table(text_of(visitor.get(PATH)))] == ["https://casebook.example.org/cases/vaud/"]


def test_the_file_is_the_page_of_a_selection_with_all_its_pages(visitor):
    for number in range(1, 48):
        CaseFactory(slug=f"c{number}", ordinal=number, title=f"{number % 7} title", is_jmdi_supported=number % 9 > 0)
    for query in ("", "?jmdi=yes&sort=title", "?jmdi=no", "?sort=title&page=2"):
        pages = visitor.get(f"/cases/{query}").context["paged"].page.paginator
        screen = [case.slug for number in pages.page_range for case in pages.page(number)]
        assert [row["slug"] for row in table(text_of(visitor.get(PATH + query)))] == screen
    assert len(table(text_of(visitor.get(PATH)))) == 47


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(selections(), st.sampled_from([*SORTS]))
def test_any_selection_has_the_rows_of_its_page_in_their_order(visitor, chosen, sort):
    if not Case.objects.exists():
        make_collection()
    query = urlencode(chosen | {"sort": sort}, doseq=True)
    screen = [case.slug for case in visitor.get(f"/cases/?{query}").context["paged"].page]
    assert [row["slug"] for row in table(text_of(visitor.get(f"{PATH}?{query}")))] == screen


def test_rows_are_fetched_in_chunks_not_one_by_one(visitor, monkeypatch):
    monkeypatch.setattr(selection, "CHUNK", 5)
    trigger = term("trigger", "t")
    counts = {}
    for size in (5, 10, 20):
        for number in range(Case.objects.count() + 1, size + 1):
            case = CaseFactory(slug=f"c{number}", ordinal=number)
            for _row in range(3):
                IllustrationFactory(case=case)
                PeriodFactory(case=case)
                CaseActorFactory(case=case, organization=OrganizationFactory(types=[term("actor-type", "a")]))
                ObjectiveFactory(case=case, broad_objectives=[term("objective", "o")])
                BeneficiaryGroupFactory(case=case, groups=[term("beneficiary", "b")])
            CaseTermFactory(case=case, term=trigger)
        response = visitor.get(PATH)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert len(table(text_of(response))) == size
        counts[size] = len(queries)
    assert CaseTerm.objects.count() == 20
    # For each chunk of five the cases themselves, and the relations of `for_export`.
    relations = 14
    assert counts == {5: 1 + relations, 10: 2 * (1 + relations), 20: 4 * (1 + relations)}


def test_nothing_is_fetched_before_the_first_line_is_asked_for(visitor):
    CaseFactory()
    response = visitor.get(PATH)
    with CaptureQueriesContext(connection) as queries:
        lines = iter(response.streaming_content)
        assert next(lines) == b"\xef\xbb\xbf"
        assert next(lines) == HEADER.encode()
        assert len(queries) == 0
        next(lines)
        assert len(queries) > 0
