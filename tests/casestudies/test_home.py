"""The home page and what is about the portal itself."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal

import pytest

from casestudies.models import Case
from mainstreaming.projection import project
from tests.factories import (
    CaseFactory,
    CasePlaceFactory,
    CollectionFactory,
    IllustrationFactory,
    RecommendationFactory,
    SourceFactory,
    VocabularyFactory,
    term,
)

from .builders import country, make_vocabularies
from .reading import text

pytestmark = pytest.mark.django_db


def test_an_empty_site_says_so(visitor):
    response = visitor.get("/")
    html = response.content.decode()
    assert "No case has been published yet." in html
    assert '<svg class="map__svg"' not in html
    assert (response.context["case_count"], response.context["points"], response.context["questions"]) == (0, [], [])


def test_the_home_page_counts(visitor):
    for code in ("CH", "MA", "MA"):
        IllustrationFactory(case=CaseFactory(country=country(code)), recommendation__number=1)
    RecommendationFactory(number=2)
    context = visitor.get("/").context
    names = ("case_count", "country_count", "recommendation_count", "illustration_count")
    assert {name: context[name] for name in names} == {
        "case_count": 3, "country_count": 2, "recommendation_count": 2, "illustration_count": 3,
    }  # fmt: skip


def test_questions_lead_to_filtered_lists(visitor):
    make_vocabularies()
    term("trigger", "old-one", is_retired=True)
    questions = visitor.get("/").context["questions"]
    assert [(vocabulary.slug, [found.slug for found, _cases in terms]) for vocabulary, terms in questions] == [
        ("trigger", ["national-legislation", "policy-mismatch"]),
        ("objective", ["socioeconomic-integration", "diaspora-opportunities", "decentralized-cooperation"]),
        ("beneficiary", ["returnees", "women"]),
    ]
    html = visitor.get("/").content.decode()
    links = re.findall(r'href="(/cases/\?(?:trigger|objective|beneficiary)=[a-z-]+)"', html)
    assert links == [
        f"/cases/?{vocabulary.slug}={found.slug}" for vocabulary, terms in questions for found, _cases in terms
    ]
    for link in links:
        assert "message--warning" not in visitor.get(link).content.decode()


def test_the_map_has_one_point_a_country_at_the_mean_of_its_places(visitor):
    vaud = CaseFactory(slug="vaud", name="Vaud", country=country("CH"))
    CasePlaceFactory(case=vaud, latitude=Decimal("46"), longitude=Decimal("6"))
    CasePlaceFactory(case=vaud, latitude=Decimal("48"), longitude=Decimal("8"))
    CasePlaceFactory(case=vaud, latitude=None, longitude=None)
    for slug, latitude in (("souss", "30"), ("oriental", "34")):
        CasePlaceFactory(
            case=CaseFactory(slug=slug, country=country("MA")), latitude=Decimal(latitude), longitude=Decimal("-5")
        )
    CaseFactory(slug="unplaced", country=country("SN"))
    response = visitor.get("/")
    points = {point["country__code"]: point for point in response.context["points"]}
    assert list(points) == ["MA", "CH"]
    assert {
        code: (point["cases"], float(point["latitude"]), float(point["longitude"])) for code, point in points.items()
    } == {
        "MA": (2, 32.0, -5.0),
        "CH": (1, 47.0, 7.0),
    }
    for point in points.values():
        x, y = project(float(point["longitude"]), float(point["latitude"]))
        assert (point["x"], point["y"]) == (round(x, 1), round(y, 1))
    html = response.content.decode()
    # A single case is reached at once, several through their list; the list below the map says the same.
    markers = re.findall(r'<a class="marker[^"]*" href="([^"]+)" aria-label="([^"]+)">', html)
    assert markers == [("/cases/?country=MA", "Morocco: 2 cases"), ("/cases/vaud/", "Vaud, Switzerland")]
    listed = html.partition('<ul class="map-list">')[2].partition("</ul>")[0]
    assert re.findall(r'href="([^"]+)"', listed) == ["/cases/?country=MA", "/cases/vaud/"]
    assert text(listed) == "Morocco 2 cases Vaud Switzerland"


def test_the_latest_changes_are_the_three_last_edited(visitor):
    for day, slug in ((1, "a"), (4, "b"), (2, "c"), (3, "d")):
        CaseFactory(slug=slug)
        Case.objects.filter(slug=slug).update(updated_at=datetime.datetime(2026, 1, day, tzinfo=datetime.UTC))
    assert [case.slug for case in visitor.get("/").context["latest"]] == ["b", "d", "c"]


def test_about_names_the_collections_and_their_rights(visitor, settings):
    CollectionFactory(
        title="X",
        rights="All rights reserved",
        source=SourceFactory(authors="IOM", title="A <paper>", container="Geneva", year=2015),
    )
    html = visitor.get("/about/").content.decode()
    cited = text(re.search(r'<p class="cite">(.*?)</p>', html)[1])
    assert cited == "IOM. A <paper> . Geneva, 2015. All rights reserved."
    assert "mailto:" not in html
    settings.CONTACT_EMAIL = "casebook@example.org"
    assert visitor.get("/about/").content.decode().count('href="mailto:casebook@example.org"') == 2


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/", []),
        ("/about/", [("/about/", "page")]),
        ("/cases/", [("/cases/", "page")]),
        ("/cases/vaud/", [("/cases/", "true")]),
        ("/recommendations/", [("/recommendations/", "page")]),
        ("/recommendations/1/", [("/recommendations/", "true")]),
        ("/grid/", [("/grid/", "page")]),
        ("/grid/trigger/", [("/grid/", "true")]),
        ("/figures/", [("/figures/", "page")]),
    ],
)
def test_the_navigation_marks_where_one_is(visitor, path, current):
    CaseFactory(slug="vaud")
    RecommendationFactory(number=1)
    VocabularyFactory(slug="trigger")
    html = visitor.get(path).content.decode()
    navigation = html.partition('<nav class="site-nav"')[2].partition("</nav>")[0]
    entries = [
        "/cases/", "/recommendations/", "/matrix/", "/compare/", "/match/", "/grid/", "/figures/", "/data/", "/about/",
    ]  # fmt: skip
    assert re.findall(r'href="([^"]+)"', navigation) == entries
    assert re.findall(r'href="([^"]+)" aria-current="([^"]+)"', navigation) == current
