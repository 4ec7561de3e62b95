"""How many queries each page makes: the same number at two sizes, each with its reason."""

from __future__ import annotations

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from casestudies import index
from casestudies.forms import stamp
from casestudies.models import Case, CaseLink, CaseSource, Illustration, Narrative, Source
from recommendations.models import Recommendation
from tests.factories import (
    AcronymFactory,
    BudgetFactory,
    CaseFactory,
    CaseTermFactory,
    ChildFactory,
    CountryFactory,
    IllustrationFactory,
    MessageFactory,
    OrganizationFactory,
    OrganizationNameFactory,
    PeriodFactory,
    ReleaseFileFactory,
    SourceFactory,
    SubPointFactory,
    child_factories,
    term,
)
from tests.remembering import remembered

pytestmark = pytest.mark.django_db

SIZES = (2, 5)
# Per request: the version of the data, which pages name and which tells whether the index still holds. Making the index
# anew is counted apart.
VERSION = 1
# for_list(): periods; caseterms, their terms, the terms' vocabularies
FOR_LIST = 4


def rich(factory: type[ChildFactory], case: Case) -> None:
    """A row with everything that it can be tied to."""
    ties = {
        "MilestoneFactory": {"bodies": [OrganizationFactory()]},
        "CaseActorFactory": {"roles": [term("role", "funds")], "organization": organization()},
        "CoordinationMechanismFactory": {
            "levels": [term("tier", "local")],
            "form": term("coordination-form", "council"),
            "organization": OrganizationFactory(),
            "members": case.caseactors.all(),
        },
        "CompetenceFactory": {"organization": OrganizationFactory()},
        "ContributionFactory": {"payer": OrganizationFactory()},
        "ObjectiveFactory": {"broad_objectives": [term("objective", "rights")]},
        "BeneficiaryGroupFactory": {"groups": [term("beneficiary", "women")]},
        "CaseTermFactory": {"term__parent": term("trigger", "above")},
        "IllustrationFactory": {"subpoint": None},
    }
    fields = [field.name for field in factory._meta.model._meta.fields]
    sources = {"source": SourceFactory()} if "source" in fields else {}
    factory(case=case, **ties.get(factory.__name__, {}), **sources)


def organization():
    made = OrganizationFactory(
        types=[term("actor-type", "town", parent=term("actor-type", "local-government"))],
        parent=OrganizationFactory(),
        successor=OrganizationFactory(),
    )
    OrganizationNameFactory(organization=made)
    return made


@remembered
def add_cases(number: int, rows: int = 2) -> None:
    """Published cases, each with several rows of everything, linked to one another."""
    factories = [
        made for made in child_factories().values() if made.__name__ not in ("CaseLinkFactory", "NarrativeFactory")
    ]
    for _index in range(number):
        case = CaseFactory(country=CountryFactory())
        BudgetFactory(case=case, total=5, source=SourceFactory())
        rich(child_factories()[Narrative], case)
        for _row in range(rows):
            for factory in factories:
                rich(factory, case)
        point = SubPointFactory(recommendation__number=1)
        IllustrationFactory(case=case, recommendation=point.recommendation, subpoint=point)
        for other in Case.objects.exclude(pk=case.pk)[:3]:
            CaseLink.objects.create(case=case, other=other, key=f"to-{other.pk}", text="Alike.")


@remembered
def add_two_and(number: int, rows: int) -> None:
    """Two cases as ever, then others with so many rows of everything: linked to the two whatever their rows are."""
    add_cases(2)
    add_cases(number, rows)


# Acronyms that mean the same everywhere; those of the cases on the page.
ACRONYMS = 2
# By classification, objectives, beneficiaries, types of actors, roles, forms, levels, countries.
GRID_WAYS = 8

# The case with collection, source, country, regions, budget and its currency and source: 1
# narratives, components, figures, milestones, tiers, competences, caseterms, actors, coordination mechanisms,
# objectives, beneficiaries, key elements, periods, places, links, contributions, illustrations, notes, case sources: 19
# the source of each of narratives, components, figures, milestones, tiers, competences, caseterms, actors, mechanisms,
# objectives, beneficiaries, key elements, periods, illustrations, case sources, places, contributions, notes: 18
# milestones: bodies; caseterms: terms, vocabularies, parents: 1 + 3
# actors: roles, organizations, their types and the types' parents, parents, successors, other names: 7
# mechanisms: bodies, forms, levels, members, the members' organizations: 5; competences, contributions: bodies: 2
# objectives: broad ones; beneficiaries: groups: 2
# illustrations: recommendations, sub-points, the recommendations of these: 3
WHOLE = 1 + 19 + 18 + 4 + 7 + 5 + 2 + 2 + 3
# acronyms of the case, and those of all; the version, the neighbours in the selection, comparable cases: 2 + 3
CASE_PAGE = 2 + 3 + WHOLE

PAGES = {
    # the version: cases and their countries are counted in the index; recommendations, illustrations; vocabularies with
    # a question and their terms; points of the map; the latest cases with what a row of a list shows
    "/": VERSION + 2 + 2 + 1 + 1 + FOR_LIST,
    # the page of cases with what a row shows: how many there are comes from the index
    "/cases/": VERSION + 1 + FOR_LIST,
    # an order is asked for once, and kept with the index
    "/cases/?sort=start&page=1": VERSION + 1 + 1 + FOR_LIST,
    # conditions cost no query
    "/cases/?trigger=above&region=western-europe&country=CH&actor=local-government&objective=rights&beneficiary=women"
    "&recommendation=1&budget=under-250k&jmdi=no&sort=country": VERSION + 1 + 1 + FOR_LIST,
    # the years too
    "/cases/?from=2000&to=2020": VERSION + 1 + FOR_LIST,
    # nothing found
    "/cases/?jmdi=yes": VERSION,
    # groups and their recommendations: how many cases there are comes from the index
    "/recommendations/": VERSION + 2,
    # the recommendation with its group, its sub-points; the version; the count and the page of illustrations; acronyms;
    # neighbours; mechanisms of the page's cases: classifications, coordination
    "/recommendations/1/": 2 + VERSION + 2 + ACRONYMS + 1 + 2,
    # vocabularies and their terms; two counts for each of the eight ways in which cases bear terms, as far as there are
    # such vocabularies here; acronyms
    "/grid/": 2 + VERSION + 2 * GRID_WAYS + 1,
    # the counts are there by now: kept with the index
    "/grid/trigger/": 2 + VERSION + 1,
    # the term, the terms below it and their vocabulary; the count and the page of cases; their rows; acronyms
    "/grid/trigger/above/": VERSION + 3 + 2 + 1 + ACRONYMS,
    "/grid/region/western-europe/": VERSION + 2 + 2 + ACRONYMS,
    # the options of the filters: terms, countries; the count and the page of figures
    "/figures/": VERSION + 2 + 2,
    "/figures/?sort=value&unit=people&region=western-europe": VERSION + 2 + 2,
    # the cases that are asked for, once for all of them
    "/figures/?case=nothing&case=neither&case=none": VERSION + 2 + 1 + 2,
    "/figures/download.csv": VERSION + 1,
    # the count and the page of works; how many cases cite each
    "/sources/": VERSION + 2 + 1,
    # the letters; the count and the page of acronyms with some of their cases
    "/glossary/": VERSION + 1 + 2 + 1,
    # the collections with their sources
    "/about/": VERSION + 1,
    # the case that is asked for, where one is
    "/suggest/": VERSION,
    "/suggest/?case=nothing": VERSION + 1,
    "/suggest/thanks/": VERSION,
    # the cases; their periods; caseterms, terms, vocabularies; places; objectives and broad objectives; actors,
    # organizations, types; beneficiaries and groups; illustrations, their recommendations, their sub-points and the
    # recommendations of these
    "/cases/download.csv": VERSION + 1 + 1 + 3 + 1 + 2 + 3 + 2 + 4,
    # the same and the terms
    "/cases/download.csv?indicators=1": VERSION + 1 + 1 + 3 + 1 + 2 + 3 + 2 + 4 + 1,
    "/cases/download.geojson": VERSION + 1 + 1 + 3 + 1 + 2 + 3 + 2 + 4,
    # the cases with their whole trees; for the codebook the vocabularies and their terms
    "/cases/download.json": VERSION + WHOLE,
    "/cases/download.xlsx": VERSION + WHOLE + 2,
    "/cases/download.zip": VERSION + WHOLE + 2,
    # a term for an example; vocabularies and terms
    "/data/": VERSION + 1,
    "/data/codebook/": VERSION + 2,
    "/data/codebook.csv": VERSION + 2,
    "/data/codebook.json": VERSION + 2,
    "/figures/download.xlsx": VERSION + 1,
    # the latest changes with their collections and countries
    "/feed.atom": VERSION + 1,
    # how many cases, recommendations, terms and works there are; a page of each
    "/sitemap.xml": VERSION + 4,
    "/sitemap-cases.xml": VERSION + 2,
    "/sitemap-recommendations.xml": VERSION + 2,
    "/sitemap-terms.xml": VERSION + 2,
    "/sitemap-sources.xml": VERSION + 2,
    "/robots.txt": VERSION,
    "/opensearch.xml": VERSION,
    # the count and a page of releases, their files; one with its files; a file with its pieces
    "/data/releases/": VERSION + 2 + 1,
    "/data/releases/2026-01-01-2/": VERSION + 1 + 1,
    "/data/releases/2026-01-01-2/file-0.csv": VERSION + 1 + 1,
    # a reference of the whole selection; of each of its cases, with their collection and its publication
    "/cases/cite.bib?jmdi=no": VERSION,
    "/cases/download.ris": VERSION + 1,
}


@pytest.mark.parametrize("size", SIZES)
def test_pages_make_as_many_queries_for_few_cases_as_for_many(visitor, size):
    add_cases(size)
    for vocabulary in ("trigger", "objective", "beneficiary"):
        term(vocabulary, "any")
    for case in Case.objects.all():
        AcronymFactory(cases=[case])
    assert Case.objects.count() == size
    for _number in range(size):
        ReleaseFileFactory()
    index.current()
    made = {}
    for path in PAGES:
        with CaptureQueriesContext(connection) as queries:
            response = visitor.get(path)
            if response.streaming:
                b"".join(response.streaming_content)
        assert response.status_code == 200
        made[path] = len(queries)
    assert made == PAGES


@pytest.mark.parametrize("rows", SIZES)
def test_a_case_makes_as_many_queries_for_few_rows_as_for_many(visitor, django_assert_num_queries, rows):
    add_two_and(1, rows)
    case = Case.objects.order_by("-pk").first()
    assert case.figures.count() == rows
    index.current()
    with django_assert_num_queries(CASE_PAGE):
        assert visitor.get(case.get_absolute_url()).status_code == 200


def test_a_case_without_rows_makes_no_more(visitor, django_assert_num_queries):
    case = CaseFactory()
    index.current()
    # the case, its nineteen kinds of rows, the acronyms, the version; it has no neighbours
    with django_assert_num_queries(1 + 19 + ACRONYMS + VERSION):
        assert visitor.get(case.get_absolute_url()).status_code == 200


def test_a_second_page_of_thirty_makes_as_many(visitor, django_assert_num_queries):
    add_cases(2)
    for _index in range(28):
        case = CaseFactory(country=CountryFactory())
        PeriodFactory(case=case)
        CaseTermFactory(case=case, term__parent=term("trigger", "above"))
        IllustrationFactory(case=case, recommendation__number=1)
    index.current()
    with django_assert_num_queries(VERSION + 1 + FOR_LIST):
        response = visitor.get("/cases/?page=2")
    assert len(response.context["paged"].page) == 10
    assert Illustration.objects.filter(recommendation__number=1).count() >= 30
    with django_assert_num_queries(PAGES["/recommendations/1/"]):
        visitor.get("/recommendations/1/?page=2")
    assert Recommendation.objects.filter(number=1).exists()


@pytest.mark.parametrize("rows", [1, 4])
def test_a_work_makes_as_many_queries_for_few_rows_as_for_many(visitor, django_assert_num_queries, rows):
    add_cases(3, rows=rows)
    work = SourceFactory()
    for model in Source.objects.citing_models():
        if model is not CaseSource:
            model._base_manager.update(source=work)
    # the work; the count and the page of cases; acronyms; a query for each kind of row that cites
    with django_assert_num_queries(VERSION + 1 + 2 + ACRONYMS + len(Source.objects.citing_models())):
        html = visitor.get(work.get_absolute_url()).content.decode()
    # The words of rows that look further than themselves are among them.
    assert "Links to other cases" in html
    assert "1a" in html


@pytest.mark.parametrize("size", SIZES)
def test_a_message_costs_as_many_for_few_as_for_many(visitor, django_assert_num_queries, size):
    add_cases(size)
    for _number in range(size):
        MessageFactory(sender="")
    case = Case.objects.order_by("pk").first()
    sent = {"kind": "error", "about_offered": "on", "text": "The share is wrong."}
    sent["stamp"] = stamp(timezone.now() - datetime.timedelta(minutes=1))
    # the case; the transaction, the senders forgotten, three looks at the last hour, the message, the end
    with django_assert_num_queries(1 + 2 + 1 + 3 + 1):
        assert visitor.post(f"/suggest/?case={case.slug}", sent).status_code == 302


@pytest.mark.parametrize(("path", "status", "number"), [
    # no case, no former address, no archived case
    ("/cases/nothing/", 404, VERSION + 3),
    # no case, a former address with its case
    ("/cases/former/", 301, VERSION + 2),
    ("/recommendations/99/", 404, VERSION + 1),
    ("/recommendations/brief/nothing/", 404, VERSION + 1),
    ("/nothing", 404, 0),
    # a selection that is refused has looked only whether the index holds
    ("/cases/download.csv?colour=red", 400, VERSION),
    ("/cases/?x=%00", 400, 0),
])  # fmt: skip
def test_refusals_are_cheap(visitor, django_assert_num_queries, path, status, number):
    case = CaseFactory()
    case.redirects.create(old_slug="former")
    index.current()
    with django_assert_num_queries(number):
        assert visitor.get(path).status_code == status
