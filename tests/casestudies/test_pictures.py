"""Pictures of a selection: what the map, the line of time and the charts hold, where they lead, what they cost."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from itertools import combinations
from math import dist
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.http import QueryDict
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.utils.http import urlencode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casestudies import index, pictures
from casestudies.facets import FACETS_BY_NAME
from casestudies.models import Case, CasePlace, Milestone
from casestudies.pictures import among, case_map, charts, milestones_of, narrowed, spread, timeline
from casestudies.selection import Selection, parse
from mainstreaming.projection import HEIGHT, WIDTH, project
from tests.factories import CaseFactory, CasePlaceFactory, CollectionFactory, MilestoneFactory
from tests.remembering import remembered

from .builders import country, make_case, make_collection, make_vocabularies, select
from .test_filters import selections
from .test_visibility import HIDDEN, MARK, hidden_case

pytestmark = pytest.mark.django_db

EVERY = ["vaud", "souss", "dakar", "rabat", "lyon"]
PLACES = {"CH": (46.5, 6.6), "FR": (45.8, 4.8), "MA": (30.4, -9.6), "SN": (14.7, -17.4)}


def put(case: Case, latitude: float | None, longitude: float | None, **fields) -> CasePlace:
    coordinates = [None if value is None else Decimal(str(value)) for value in (latitude, longitude)]
    return CasePlaceFactory(case=case, latitude=coordinates[0], longitude=coordinates[1], **fields)


@remembered
def make_places() -> None:
    """The five cases of the collection, each at a place of its country but lyon, which has none."""
    make_collection()
    for case in Case.objects.exclude(slug="lyon").select_related("country"):
        put(case, *PLACES[case.country.code])


def point(latitude: float, longitude: float) -> tuple[float, float]:
    x, y = project(longitude, latitude)
    return round(x, 1), round(y, 1)


def state(url: str) -> QueryDict:
    """The parameters of an address, as they come to a view."""
    return QueryDict(urlsplit(url).query, mutable=True)


def leads_to(url: str) -> Selection:
    """The selection that an address leads to, in which nothing may be dropped; parameters of the view aside."""
    data = state(url)
    for name in ("view", "page"):
        data.pop(name, None)
    return parse(data, strict=True)


def shown_slugs(selection: Selection) -> list[str]:
    return [case.slug for case in selection.cases()]


PICTURES = {"map": case_map, "timeline": timeline, "charts": charts}


def html_of(view: str, selection: Selection, shown=None) -> str:
    shown = PICTURES[view](selection) if shown is None else shown
    return render_to_string(f"casestudies/includes/view_{view}.html", {"shown": shown, "selection": selection})


def tree(html: str) -> ElementTree.Element:
    """The page's part as XML: fails where it is not well-formed."""
    return ElementTree.fromstring(f"<div>{html}</div>")  # noqa: S314 (our own templates)


def text(html: str) -> str:
    """What is read, headings and all; drawings aside."""
    return " ".join(" ".join(tree(re.sub(r"<svg.*?</svg>", " ", html, flags=re.DOTALL)).itertext()).split())


def links(element: ElementTree.Element) -> list[str]:
    return [link.get("href") for link in element.iter("a")]


# The map


def test_a_case_stands_at_its_first_place_with_coordinates():
    make_vocabularies()
    case = make_case("vaud", name="Vaud", collection=CollectionFactory(number_prefix="4."), ordinal=12)
    put(case, None, None, position=0, key="a")
    put(case, 10, 20, position=2, key="a1")
    put(case, 46.5, 6.6, position=1, key="b")
    put(case, 50, 60, position=1, key="c")
    # Some databases sort «_» before letters, others pass over it.
    put(case, 0, 0, position=1, key="b-1")
    shown = case_map(select(""))
    (marker,) = shown.markers
    assert (marker.x, marker.y) == marker.place == point(46.5, 6.6)
    assert not marker.is_moved
    assert (marker.url, marker.name, marker.label, marker.anchor, marker.size, marker.is_crowded) == (
        "/cases/vaud/", "4.12 Vaud, Switzerland", "Vaud, Switzerland", "start", 0, False,
    )  # fmt: skip
    assert (shown.total, shown.unplaced, shown.by_country, shown.height) == (1, 0, False, HEIGHT)


@pytest.mark.parametrize("sort", ["", "sort=title", "sort=start", "sort=country&region=africa"])
def test_the_list_has_the_order_of_the_selection_and_the_links_of_the_map(sort):
    make_places()
    selection = select(sort)
    shown = case_map(selection)
    order = shown_slugs(selection)
    query = f"?{sort}" if "region" not in sort else "?region=africa&sort=country"
    query = query if sort else ""
    assert [item.url for item in shown.items] == [f"/cases/{slug}/{query}" for slug in order]
    placed = [slug for slug in order if slug != "lyon"]
    assert [marker.url for marker in shown.markers] == [f"/cases/{slug}/{query}" for slug in placed]
    assert [item.is_on_map for item in shown.items] == [slug != "lyon" for slug in order]
    page = tree(html_of("map", selection, shown))
    assert links(page.find(".//svg")) == [marker.url for marker in shown.markers]
    assert links(page.find(".//ul[@class='map-list']")) == [item.url for item in shown.items]


def test_cases_without_a_place_are_counted_and_marked_in_the_list():
    make_places()
    far = put(make_case("pole", code="FR", name="Pole"), -80, 0)
    shown = case_map(select(""))
    # What lies south of the drawing has no place on it.
    assert (shown.total, len(shown.markers), shown.unplaced) == (6, 4, 2)
    read = text(html_of("map", select("")))
    assert "2 cases have no place on the map. The list marks them." in read
    assert "Lyon France, not on the map" in read
    assert "Pole France, not on the map" in read
    assert read.count("not on the map") == 2
    far.delete()
    Case.objects.get(slug="pole").delete()
    assert "1 case has no place on the map." in text(html_of("map", select("")))
    assert "no place" not in text(html_of("map", select("region=africa")))


@pytest.mark.parametrize("number", [2, 3, 6, 7, 20])
def test_cases_at_one_place_are_told_apart(number):
    for _index in range(number):
        put(CaseFactory(), 46.5197, 6.6323)
    lone = put(CaseFactory(slug="lone"), 0, 20)
    shown = case_map(select(""))
    drawn = {marker.url: (marker.x, marker.y) for marker in shown.markers}
    assert len(drawn) == number + 1
    assert min(dist(one, other) for one, other in combinations(drawn.values(), 2)) >= pictures.NEAR
    here = point(46.5197, 6.6323)
    moved = [marker for marker in shown.markers if marker.is_moved]
    assert [marker.place for marker in moved] == [here] * number
    assert shown.anchors == [here]
    assert drawn[lone.case.get_absolute_url()] == point(0, 20)
    assert [marker.is_crowded for marker in shown.markers] == [True] * number + [False]
    # Nobody is far: in two rings stand eighteen.
    assert (
        max(dist(place, here) for place in drawn.values() if place != point(0, 20))
        <= pictures.RING * (1 if number <= 6 else 2 if number <= 18 else 3) + 0.1
    )
    page = tree(html_of("map", select(""), shown))
    ties = [path.get("d") for path in page.iter("path") if path.get("class") == "map__tie"]
    assert ties == [f"M{here[0]} {here[1]}L{marker.x} {marker.y}" for marker in moved]
    assert [path.get("d") for path in page.iter("path") if path.get("class") == "map__anchor"] == [
        f"M{here[0]} {here[1]}h.01"
    ]
    assert "on a line to it" in text(html_of("map", select("")))


def test_another_sort_moves_no_marker():
    for index_, name in enumerate(["C", "A", "B", "D"]):
        case = CaseFactory(slug=f"c{index_}", name=name, title=name)
        put(case, 46.5 + index_ / 100, 6.6)
    by_number, by_title = ({m.label: (m.x, m.y) for m in case_map(select(q)).markers} for q in ("", "sort=title"))
    assert by_number == by_title
    assert list(by_number) != list(by_title)


def test_two_near_places_are_moved_apart_each_to_its_own_side():
    put(CaseFactory(slug="east"), 46.0, 9.0)
    put(CaseFactory(slug="west"), 46.0, 6.0)
    east, west = case_map(select("")).markers
    assert (east.place, west.place) == (point(46, 9), point(46, 6))
    assert dist((east.x, east.y), (west.x, west.y)) == pytest.approx(2 * pictures.RING, abs=0.2)
    assert west.x < west.place[0] < east.place[0] < east.x
    assert west.y == pytest.approx(west.place[1], abs=0.1)


points = st.tuples(st.integers(0, WIDTH * 10), st.integers(0, HEIGHT * 10)).map(lambda xy: (xy[0] / 10, xy[1] / 10))
crowds = st.tuples(points, st.integers(1, 40)).map(lambda crowd: [crowd[0]] * crowd[1])


@settings(max_examples=60, deadline=None)
@given(st.lists(points, max_size=40), st.lists(crowds, max_size=3))
def test_no_two_markers_are_nearer_than_they_may_be(lone, crowded):
    given_points = [*lone, *(each for crowd in crowded for each in crowd)]
    drawn = spread(given_points)
    assert len(drawn) == len(given_points)
    assert all(dist(one, other) >= pictures.NEAR for one, other in combinations(drawn, 2))
    assert spread(given_points) == drawn
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in drawn)
    # Who stands alone stays.
    for place, where in zip(given_points, drawn, strict=True):
        if sum(dist(place, other) < 3 * pictures.NEAR for other in given_points) == 1:
            assert where == place


def test_as_many_cases_as_may_be_at_one_place_find_room():
    drawn = spread([(990.0, 300.0)] * pictures.MAP_CASES)
    assert min(dist(one, other) for one, other in combinations(drawn, 2)) >= pictures.NEAR


def test_above_the_limit_a_marker_stands_for_a_country(monkeypatch):
    make_places()
    put(Case.objects.get(slug="vaud"), 47.5, 8.6, position=1)
    monkeypatch.setattr(pictures, "MAP_CASES", 5)
    assert not case_map(select("")).by_country
    monkeypatch.setattr(pictures, "MAP_CASES", 4)
    selection = select("sort=title")
    shown = case_map(selection)
    assert shown.by_country
    assert [(item.label, item.cases, item.url, item.is_on_map) for item in shown.items] == [
        ("France", 1, "?country=FR&sort=title&view=map", False),
        ("Morocco", 2, "?country=MA&sort=title&view=map", True),
        ("Senegal", 1, "?country=SN&sort=title&view=map", True),
        ("Switzerland", 1, "?country=CH&sort=title&view=map", True),
    ]
    assert [(marker.label, marker.name, marker.place, marker.size) for marker in shown.markers] == [
        ("Morocco", "Morocco: 2 cases", point(30.4, -9.6), 1),
        ("Senegal", "Senegal: 1 case", point(14.7, -17.4), 1),
        # The mean of the places of its cases.
        ("Switzerland", "Switzerland: 1 case", point(47, 7.6), 1),
    ]
    assert (shown.total, shown.unplaced) == (5, 1)
    html = html_of("map", selection, shown)
    assert "More than 4 cases: a dot stands for a country" in text(html)
    assert "1 case has no place on the map." in text(html)
    assert "France 1 case, not on the map" in text(html)
    assert links(tree(html).find(".//svg")) == [marker.url for marker in shown.markers]
    assert links(tree(html).find(".//ul[@class='map-list']")) == [item.url for item in shown.items]


def test_a_country_stays_where_it_is_and_counts_the_selected_cases(monkeypatch):
    make_places()
    put(make_case("fes", code="MA"), 34, -5)
    monkeypatch.setattr(pictures, "MAP_CASES", 0)
    every, some = case_map(select("")), case_map(select("trigger=policy-mismatch"))
    places = {marker.label: marker.place for marker in every.markers}
    assert {marker.label: marker.place for marker in some.markers} == {
        label: places[label] for label in ("Morocco", "Senegal")
    }
    assert [(item.label, item.cases) for item in every.items] == [
        ("France", 1), ("Morocco", 3), ("Senegal", 1), ("Switzerland", 1),
    ]  # fmt: skip
    assert [(item.label, item.cases) for item in some.items] == [("Morocco", 2), ("Senegal", 1)]


def test_the_size_of_a_dot_says_how_many(monkeypatch):
    make_places()
    for slug in ("m1", "m2"):
        make_case(slug, code="MA")
    put(make_case("s1", code="SN"), 14, -15)
    monkeypatch.setattr(pictures, "MAP_CASES", 0)
    monkeypatch.setattr(pictures, "SIZES", (2, 4, 8))
    shown = case_map(select(""))
    # Small dots come last, so that they lie on top.
    assert [(marker.label, marker.size) for marker in shown.markers] == [
        ("Morocco", 3), ("Senegal", 2), ("Switzerland", 1),
    ]  # fmt: skip
    assert shown.sizes == [(1, 1, 1), (2, 2, 3), (3, 4, 7)]
    page = tree(html_of("map", select(""), shown))
    assert [link.get("class") for link in page.find(".//svg").iter("a")] == [
        "marker marker--3", "marker marker--2", "marker marker--1",
    ]  # fmt: skip


@pytest.mark.parametrize("query", [
    "", "region=africa", "country=MA&country=CH", "trigger=policy-mismatch&sort=title", "from=2000&to=2012", "q=souss",
])  # fmt: skip
def test_a_country_leads_to_as_many_cases_as_it_says(monkeypatch, query):
    make_places()
    monkeypatch.setattr(pictures, "MAP_CASES", 0)
    selection = select(query)
    items = case_map(selection).items
    assert items
    assert sum(item.cases for item in items) == len(selection)
    for item in items:
        assert state(item.url).getlist("view") == ["map"]
        target = leads_to(item.url)
        assert len(target) == item.cases
        assert set(shown_slugs(target)) <= set(shown_slugs(selection))


# The line of time


def entries(shown) -> list[str]:
    return [entry.milestone.key for group in shown.groups for entry in group.entries]


@remembered
def make_milestones() -> None:
    """Milestones of which each differs from the next one by one thing that orders them."""
    make_vocabularies()
    first = CollectionFactory(slug="first", position=1)
    later = CollectionFactory(slug="later", position=2)
    ten = CaseFactory(slug="ten", collection=first, ordinal=10, name="Ten")
    two = CaseFactory(slug="two", collection=first, ordinal=2, name="Two", country=country("MA"))
    one = CaseFactory(slug="one", collection=later, ordinal=1, name="One")
    rows = [
        # key, case, year, month, position
        ("k", one, None, None, 0),
        ("i", two, None, None, 1),
        ("j", ten, None, None, 0),
        ("a", one, 1999, None, 9),
        ("b", two, 2008, None, 5),
        ("c", ten, 2008, None, 1),
        ("c-1", ten, 2008, None, 1),
        ("c1", ten, 2008, None, 1),
        ("b-last", ten, 2008, None, 2),
        ("e", one, 2008, None, 0),
        ("f", one, 2008, 1, 3),
        ("g", two, 2008, 12, 0),
        ("h", one, 2014, 2, 0),
    ]
    for key, case, year, month, position in rows:
        MilestoneFactory(
            case=case, key=key, start_year=year, start_month=month, position=position, date_stated=f"date {key}"
        )


IN_ORDER = ["a", "b", "c", "c-1", "c1", "b-last", "e", "f", "g", "h", "i", "j", "k"]


def test_milestones_stand_in_the_order_of_their_dates_and_cases():
    make_milestones()
    shown = timeline(select("sort=title"))
    assert entries(shown) == IN_ORDER
    assert [(group.year, group.anchor, len(group.entries), group.total) for group in shown.groups] == [
        (1999, "year-1999", 1, 1),
        (2008, "year-2008", 8, 8),
        (2014, "year-2014", 1, 1),
        (None, "undated", 3, 3),
    ]
    assert not any(group.is_continued for group in shown.groups)
    assert (shown.total, shown.undated, shown.cases) == (13, 3, 3)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 12, 13])
def test_pages_together_are_the_whole(monkeypatch, size):
    make_milestones()
    monkeypatch.setattr(pictures, "TIMELINE_PAGE", size)
    pages = [timeline(select(""), str(number + 1)) for number in range(-(-13 // size))]
    assert [entries(shown) for shown in pages] == [IN_ORDER[start : start + size] for start in range(0, 13, size)]
    assert [shown.paged.page.number for shown in pages] == list(range(1, len(pages) + 1))
    # A year is continued where it is not the first to show: it began on a page before.
    begun: set[int | None] = set()
    for shown in pages:
        assert [group.is_continued for group in shown.groups] == [group.year in begun for group in shown.groups]
        begun |= {group.year for group in shown.groups}
        assert [group.total for group in shown.groups] == [
            {1999: 1, 2008: 8, 2014: 1, None: 3}[group.year] for group in shown.groups
        ]


@pytest.mark.parametrize(("page", "number", "missing"), [
    (None, 1, False), ("", 1, False), ("2", 2, False), ("3", 1, True), ("0", 1, True), ("x", 1, True),
])  # fmt: skip
def test_a_page_that_is_not_there_is_the_first(monkeypatch, page, number, missing):
    make_milestones()
    monkeypatch.setattr(pictures, "TIMELINE_PAGE", 10)
    paged = timeline(select(""), page).paged
    assert (paged.page.number, paged.was_missing) == (number, missing)


def test_an_entry_says_when_who_and_what_and_leads_to_its_section():
    make_vocabularies()
    case = make_case("souss", code="MA", name="Souss & <Massa>")
    MilestoneFactory(
        case=case,
        section="objectives",
        date_stated="spring 2011",
        start_year=2011,
        text="A council & <b>more</b>.",
        instrument="Law 1",
        original_instrument="Loi 1",
    )
    selection = select("country=MA&sort=title")
    html = html_of("timeline", selection)
    page = tree(html)
    assert links(page.find(".//ol")) == ["/cases/souss/?country=MA&sort=title#objectives"]
    assert " ".join("".join(page.find(".//ol").itertext()).split()) == (
        "spring 2011Souss & <Massa> MoroccoA council & <b>more</b>.Law 1 (Loi 1)"
    )
    assert [heading.get("id") for heading in page.iter("h3")] == ["year-2011"]
    assert "1 milestone of the selected case." in text(html)


def test_only_the_selected_cases_are_told_of():
    make_milestones()
    shown = timeline(select("country=MA"))
    assert entries(shown) == ["b", "g", "i"]
    assert (shown.total, shown.undated, shown.cases) == (3, 1, 1)
    assert [(bar.label, bar.milestones) for bar in shown.histogram.rows] == [("2008", 2), ("No date given", 1)]


def test_undated_milestones_come_last_and_say_so():
    make_milestones()
    html = html_of("timeline", select(""))
    page = tree(html)
    assert [" ".join("".join(heading.itertext()).split()) for heading in page.iter("h3")] == [
        "1999 1 milestone", "2008 8 milestones", "2014 1 milestone", "No date given 3 milestones",
    ]  # fmt: skip
    assert "13 milestones of the 3 selected cases. 3 have no date and stand last." in text(html)
    Milestone.objects.exclude(start_year=None).delete()
    shown = timeline(select("sort=start"))
    assert entries(shown) == ["i", "j", "k"]
    assert shown.histogram.bars == []
    page = tree(html_of("timeline", select("sort=start"), shown))
    assert page.find(".//svg") is None
    assert [row.find("th/a").text for row in page.findall(".//tbody/tr")] == ["No date given"]


def test_a_selection_without_milestones_says_so():
    CaseFactory()
    shown = timeline(select(""))
    assert (shown.total, shown.groups, shown.histogram.rows) == (0, [], [])
    assert text(html_of("timeline", select(""))) == "The selected case states no milestone."


@pytest.mark.parametrize("size", [1, 4, 50])
@pytest.mark.parametrize("last", [2014, 2061])
def test_bars_count_milestones_and_lead_to_where_their_time_begins(monkeypatch, size, last):
    make_milestones()
    Milestone.objects.filter(key="h").update(start_year=last)
    monkeypatch.setattr(pictures, "TIMELINE_PAGE", size)
    selection = select("sort=title")
    shown = timeline(selection)
    counts = {"1999": 1, "2008": 8, "2014": 1} if last == 2014 else {"1990s": 1, "2000s": 8, "2060s": 1}
    assert {bar.label: bar.milestones for bar in shown.histogram.rows} == counts | {"No date given": 3}
    for bar in shown.histogram.rows:
        data = state(bar.url)
        assert leads_to(bar.url) == selection
        assert data.getlist("view") == ["timeline"]
        target = timeline(selection, data["page"])
        (group,) = [group for group in target.groups if group.anchor == urlsplit(bar.url).fragment]
        assert not group.is_continued
        assert str(group.year or bar.label)[:3] == bar.label[:3]
    page = tree(html_of("timeline", selection, shown))
    assert links(page.find(".//svg")) == [bar.url for bar in shown.histogram.bars]
    assert [
        (row.find("th/a").get("href"), row.find("th/a").text, int(row.find("td").text))
        for row in page.findall(".//tbody/tr")
    ] == [(bar.url, bar.label, bar.milestones) for bar in shown.histogram.rows]


@pytest.mark.parametrize(("years", "labels"), [
    ([1950, 2009], ["1950", "2009"]),
    ([1950, 2010], ["1950s", "2010s"]),
    ([1959, 1960, 1969, 1970, 2020], ["1950s", "1960s", "1970s", "2020s"]),
    ([2008], ["2008"]),
    ([1000, 9999], ["1000s", "9990s"]),
])  # fmt: skip
def test_a_long_span_is_drawn_by_decades(years, labels):
    case = CaseFactory()
    for year in years:
        MilestoneFactory(case=case, start_year=year)
    histogram = timeline(select("")).histogram
    assert [bar.label for bar in histogram.bars] == labels
    assert histogram.by_decade == labels[0].endswith("s")
    assert sum(bar.milestones for bar in histogram.bars) == len(years)
    assert 1 <= len(histogram.ticks) <= pictures.TICKS
    for bar in histogram.bars:
        assert bar.slot <= bar.x
        assert bar.x + bar.width <= bar.slot + bar.slot_width + 0.02
        assert bar.slot >= histogram.SIDE - 0.02
        assert bar.slot + bar.slot_width <= histogram.WIDTH - histogram.SIDE + 0.02


def test_bars_are_as_high_as_their_numbers_and_stand_where_their_years_do():
    case = CaseFactory()
    for year in (2000, 2003, 2003, 2003, 2003, 2005, 2005):
        MilestoneFactory(case=case, start_year=year)
    histogram = timeline(select("")).histogram
    full = histogram.BASE - histogram.TOP
    assert [bar.height for bar in histogram.bars] == [full / 4, full, full / 2]
    assert [bar.y + bar.height for bar in histogram.bars] == [histogram.BASE] * 3
    slot = (histogram.WIDTH - 2 * histogram.SIDE) / 6
    assert [bar.slot for bar in histogram.bars] == [
        histogram.SIDE, histogram.SIDE + 3 * slot, histogram.SIDE + 5 * slot,
    ]  # fmt: skip
    assert histogram.ticks == [
        (round(histogram.SIDE + (number + 0.5) * slot, 1), str(2000 + number)) for number in range(6)
    ]
    assert [bar.is_numbered for bar in histogram.bars] == [True] * 3
    # Where there are many the highest alone is numbered.
    MilestoneFactory(case=case, start_year=2030)
    histogram = timeline(select("")).histogram
    assert [bar.is_numbered for bar in histogram.bars] == [False, True, False, False]
    assert [label for _x, label in histogram.ticks] == ["2000", "2005", "2010", "2015", "2020", "2025", "2030"]


# Very many cases


@pytest.mark.parametrize("number", [0, 1, 40_000, 300_000])
def test_any_number_of_cases_is_one_parameter(number):
    inside, outside = MilestoneFactory(), MilestoneFactory()
    pks = range(10**9, 10**9 + number)
    rows = Milestone.objects.published().filter(among("case", [*pks, inside.case_id]))
    assert list(rows) == [inside]
    assert list(Milestone.objects.filter(among("case", pks))) == []
    _sql, parameters = rows.query.sql_with_params()
    assert json.dumps([*pks, inside.case_id]) in parameters
    assert len(parameters) == 2
    assert outside.case_id != inside.case_id


def test_the_whole_collection_is_not_enumerated():
    make_milestones()
    CaseFactory(slug="hidden", status="draft")
    every, some = (milestones_of(select(query)).query.sql_with_params()[1] for query in ("sort=title", "country=MA"))
    assert every == ("published",)
    assert some == ("published", json.dumps([Case.objects.get(slug="two").pk]))


# The charts

CHART_NAMES = ["trigger", "objective", "level", "region", "migration"]


def numbers(query: str) -> dict[str, dict[str, int]]:
    return {chart.name: {bar.value: bar.cases for bar in chart.bars} for chart in charts(select(query))}


def test_charts_count_the_selected_cases():
    make_collection()
    assert numbers("") == {
        "trigger": {"national-legislation": 2, "policy-mismatch": 3},
        "objective": {"socioeconomic-integration": 1, "diaspora-opportunities": 2, "decentralized-cooperation": 1},
        "level": {"municipal": 2, "provincial-or-regional": 1, "state-or-canton": 1},
        "region": {"africa": 3, "europe": 2},
        "migration": {"emigration": 2, "immigration": 2},
    }
    # What is chosen in a facet narrows its own chart, too.
    assert numbers("trigger=national-legislation&region=western-europe") == {
        "trigger": {"national-legislation": 1, "policy-mismatch": 0},
        "objective": {"socioeconomic-integration": 1, "diaspora-opportunities": 1, "decentralized-cooperation": 0},
        "level": {"municipal": 0, "provincial-or-regional": 0, "state-or-canton": 1},
        "region": {"africa": 0, "europe": 1},
        "migration": {"emigration": 0, "immigration": 1},
    }
    every = {chart.name: chart for chart in charts(select(""))}
    assert list(every) == CHART_NAMES
    assert {name: (chart.total, chart.without) for name, chart in every.items()} == {
        "trigger": (5, 1), "objective": (5, 2), "level": (5, 1), "region": (5, 0), "migration": (5, 2),
    }  # fmt: skip
    assert [bar.width for bar in every["trigger"].bars] == [40, 60]
    assert [name for name, chart in every.items() if not chart.is_multiple] == ["region"]


# A selection, a value of a facet -> the selection of just those that have it.
NARROWED = {
    ("", "trigger", "policy-mismatch"): "?trigger=policy-mismatch",
    ("sort=title&country=MA", "trigger", "policy-mismatch"): "?country=MA&trigger=policy-mismatch&sort=title",
    ("q=souss&from=2000", "region", "africa"): "?q=souss&region=africa&from=2000",
    # One that is chosen already is meant alone.
    ("trigger=policy-mismatch", "trigger", "policy-mismatch"): "?trigger=policy-mismatch",
    ("trigger=national-legislation&trigger=policy-mismatch", "trigger", "policy-mismatch"): "?trigger=policy-mismatch",
    ("country=MA&country=CH", "country", "CH"): "?country=CH",
    # A second one means both, where a case can have both.
    ("trigger=policy-mismatch", "trigger", "national-legislation"): (
        "?trigger=national-legislation&trigger=policy-mismatch&all=trigger"
    ),
    ("trigger=policy-mismatch&level=municipal&level=state-or-canton&all=level", "trigger", "national-legislation"): (
        "?level=municipal&level=state-or-canton&trigger=national-legislation&trigger=policy-mismatch"
        "&all=level&all=trigger"
    ),
    ("migration=emigration&migration=immigration&all=migration", "migration", "emigration"): (
        "?migration=emigration&migration=immigration&all=migration"
    ),
    # Of lower ones those remain that lie below.
    ("region=western-africa&region=western-europe", "region", "africa"): "?region=western-africa",
    ("trigger=missing-channels&trigger=easier-to-legislate-locally", "trigger", "policy-mismatch"): (
        "?trigger=missing-channels&trigger=easier-to-legislate-locally"
    ),
    # No selection says «one of these two, and this».
    ("level=municipal&level=state-or-canton", "level", "provincial-or-regional"): None,
    ("trigger=missing-channels&trigger=national-legislation", "trigger", "policy-mismatch"): None,
    # Nor a value besides another one where a case has one alone.
    ("region=western-africa", "region", "europe"): None,
}  # fmt: skip


@pytest.mark.parametrize("key", NARROWED, ids="-".join)
def test_a_selection_is_narrowed_to_one_value(key):
    make_collection()
    query, name, value = key
    found = narrowed(select(query), name, value)
    if NARROWED[key] is None:
        assert found is None
    else:
        assert found.query() == NARROWED[key]
        assert select(found.query().lstrip("?")) == found


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(selections(), st.sampled_from(["", *CHART_NAMES]))
def test_a_bar_leads_to_as_many_cases_as_it_says(db, chosen, match_all):
    if not Case.objects.exists():
        make_collection()
    if match_all in chosen and FACETS_BY_NAME[match_all].is_multiple:
        chosen = chosen | {"all": match_all}
    selection = select(urlencode(chosen, doseq=True))
    here = set(shown_slugs(selection))
    for chart in charts(selection):
        facet = FACETS_BY_NAME[chart.name]
        assert chart.total == len(here)
        counted: set[str] = set()
        for bar in chart.bars:
            having = set(Case.objects.filter(facet.condition([bar.value])).values_list("slug", flat=True)) & here
            counted |= having
            assert bar.cases == len(having)
            if bar.query is not None:
                assert set(shown_slugs(leads_to(bar.query))) == having
            else:
                assert not having or len(selection.values[chart.name]) > 1
        assert chart.without == len(here - counted)


def test_charts_show_zeros_and_say_of_how_many_cases_they_are():
    make_collection()
    selection = select("country=MA&country=SN")
    html = html_of("charts", selection)
    page = tree(html)
    sections = page.findall(".//section")
    assert [section.find("h3").text for section in sections] == [
        "Trigger", "Objective", "Level of government", "Region", "Migration profile",
    ]  # fmt: skip
    rows = [
        [
            row.findtext("th/a", row.find("th").text),
            row.find("td").text,
            *links(row),
            row.find(".//rect[2]").get("width"),
        ]
        for row in sections[3].iter("tr")
        if row.find("td") is not None
    ]
    assert rows == [["Africa", "3", "?region=africa&country=MA&country=SN", "100.0"], ["Europe", "0", "0.0"]]
    read = text(html)
    assert read.count("Of 3 cases.") == 5
    assert read.count("A case can stand in several bars.") == 4
    assert read.count("A case stands in one bar.") == 1
    # Objectives: dakar has none; of migration rabat none.
    assert read.count("1 stands in none.") == 2
    assert "a line without a link" not in read


def test_a_line_that_no_selection_lists_has_no_link_and_says_so():
    make_collection()
    selection = select("trigger=missing-channels&trigger=national-legislation")
    html = html_of("charts", selection)
    trigger = tree(html).find(".//section")
    assert [(row.find("td").text, links(row)) for row in trigger.findall(".//tbody/tr")] == [
        ("2", ["?trigger=national-legislation"]),
        ("2", []),
    ]
    assert text(html).count("a line without a link counts cases that no single selection lists") == 1


def test_charts_of_nothing(visitor):
    shown = charts(select(""))
    assert [(chart.name, chart.total, chart.bars, chart.without) for chart in shown] == [
        (name, 0, [], 0) for name in CHART_NAMES
    ]
    make_vocabularies()
    assert all(bar.cases == bar.width == 0 for chart in charts(select("")) for bar in chart.bars)
    assert "Of 0 cases." in text(html_of("charts", select("")))


# Of all three


@pytest.mark.parametrize("limit", [0, 200])
def test_nothing_of_a_hidden_case_is_shown_or_counted(monkeypatch, limit):
    monkeypatch.setattr(pictures, "MAP_CASES", limit)
    make_vocabularies()
    public = make_case("public", code="CH", name="Publicville", terms=(("trigger", "national-legislation"),))
    put(public, 46.5, 6.6)
    MilestoneFactory(case=public, start_year=2008)
    for hidden in HIDDEN:
        hidden_case(hidden, public)
    assert Milestone.objects.count() == CasePlace.objects.count() == len(HIDDEN) + 1
    # A place in the same country must not move the country's point.
    put(CaseFactory(country=country("CH"), status="in-review", name=MARK), 0, 0)
    for query in ("", "country=CH", "sort=title"):
        selection = select(query)
        for view in PICTURES:
            assert MARK not in html_of(view, selection).lower()
        shown = case_map(selection)
        assert (shown.total, len(shown.markers), len(shown.items), shown.unplaced) == (1, 1, 1, 0)
        assert shown.markers[0].place == point(46.5, 6.6)
        line = timeline(selection)
        assert (line.total, line.cases, [bar.milestones for bar in line.histogram.rows]) == (1, 1, [1])
        assert {(bar.value, bar.cases) for bar in charts(selection)[0].bars if bar.cases} == {
            ("national-legislation", 1)
        }
    # Were it public, it would show.
    draft = Case.objects.get(status="draft", revises=None)
    draft.status = "published"
    draft.save()
    assert MARK in html_of("map", select("")).lower()
    assert MARK in html_of("timeline", select("")).lower()


def test_what_was_taken_back_since_the_index_was_made_is_not_shown():
    make_places()
    for case in Case.objects.all():
        MilestoneFactory(case=case, key=case.slug)
    every, some = select(""), select("region=africa")
    # Past the signals: the index does not know.
    Case.objects.filter(slug__in=["souss", "vaud"]).update(status="draft")
    assert [item.label.split()[-1] for item in case_map(every).items] == ["Dakar", "Rabat", "Lyon"]
    assert [entries(timeline(selection)) for selection in (every, some)] == [
        ["dakar", "rabat", "lyon"], ["dakar", "rabat"],
    ]  # fmt: skip


@remembered
def add_cases(number: int) -> None:
    make_vocabularies()
    for n in range(number):
        case = make_case(f"case-{n}", code=["CH", "FR", "MA", "SN"][n % 4], terms=(("trigger", "policy-mismatch"),))
        for place in range(2):
            put(case, 40 + n, n, position=place)
        for year in (None, 2000 + n, 2000):
            MilestoneFactory(case=case, start_year=year)


# Queries of a first picture, and of another one on the same data.
COSTS = {
    # the cases with their places
    ("map", ""): (1, 1),
    ("map", "country=CH&sort=title"): (1, 1),
    # the points of all countries, kept with the index
    ("by country", ""): (1, 0),
    ("by country", "trigger=policy-mismatch"): (1, 0),
    # how many milestones begin in each year, kept with the index; those of the page
    ("timeline", ""): (2, 1),
    ("timeline", "country=CH"): (2, 1),
    # everything is in the index
    ("charts", ""): (0, 0),
    ("charts", "trigger=policy-mismatch"): (0, 0),
}


@pytest.mark.parametrize("size", [4, 40])
def test_pictures_make_as_many_queries_for_few_cases_as_for_many(monkeypatch, size):
    add_cases(size)
    made = {}
    for view, query in COSTS:
        monkeypatch.setattr(pictures, "MAP_CASES", 0 if view == "by country" else 200)
        monkeypatch.setattr(index, "_current", None)
        index.current().order("title")
        costs = []
        for _time in range(2):
            selection = select(query)
            with CaptureQueriesContext(connection) as queries:
                html_of(view if view in PICTURES else "map", selection)
            costs.append(len(queries))
        made[view, query] = tuple(costs)
    assert made == COSTS


def test_kept_counts_are_of_the_data_as_they_are(monkeypatch):
    make_milestones()
    assert timeline(select("country=MA")).total == 3
    assert timeline(select("country=CH")).total == 10
    MilestoneFactory(case=Case.objects.get(slug="two"), start_year=2020)
    assert timeline(select("country=MA")).total == 4
    assert timeline(select("sort=title&country=MA")).total == 4
    monkeypatch.setattr(pictures, "MAP_CASES", 0)
    assert case_map(select("")).markers == []
    put(Case.objects.get(slug="two"), 1, 2)
    assert [marker.label for marker in case_map(select("")).markers] == ["Morocco"]


def test_drawings_say_what_they_are_and_every_link_in_them_has_a_name(monkeypatch):
    make_places()
    for case in Case.objects.all():
        MilestoneFactory(case=case)
    for limit in (0, 200):
        monkeypatch.setattr(pictures, "MAP_CASES", limit)
        for view in PICTURES:
            page = tree(html_of(view, select("")))
            assert {heading.tag for heading in page.iter() if re.fullmatch(r"h\d", heading.tag)} == {"h3"}
            for drawing in page.iter("svg"):
                if drawing.get("aria-hidden") == "true":
                    assert links(drawing) == []
                else:
                    assert drawing.get("role") == "group"
                    assert drawing.get("aria-label")
                    assert all(link.get("aria-label") and link.get("href") for link in drawing.iter("a"))
            ids = [element.get("id") for element in page.iter() if element.get("id")]
            assert len(ids) == len(set(ids))
            assert {e.get("aria-labelledby") for e in page.iter() if e.get("aria-labelledby")} <= set(ids)
