"""Pictures of a selection: its cases on the map, their milestones on a line of time, how many there are of each kind.

Each takes a `Selection` and gives values that a template draws; beside every drawing stands a list or a table with the
same links. The number of queries and what a page holds do not grow with the collection: counts are bitmaps of the index
or one aggregate of the database, which is kept with the index, and rows are fetched a page at a time.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby
from math import cos, hypot, pi, sin
from typing import Any

from django.db.models import BooleanField, Count, F, Func, OuterRef, Q, Subquery, Value
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mainstreaming.pagination import Paged
from mainstreaming.projection import HEIGHT, WIDTH, project

from .facets import FACETS, FACETS_BY_NAME
from .index import CodePoints, Index
from .models import Case, CasePlace, Milestone
from .querysets import CaseChildQuerySet
from .selection import Pairs, Selection

VIEW = "view"
MAP, TIMELINE = "map", "timeline"

Point = tuple[float, float]


# What a part of a picture leads to


def _query(selection: Selection, also: Pairs, **changes: Any) -> str:
    """The query string of a selection with further parameters; empty where nothing is chosen."""
    pairs = [*selection.pairs(**changes), *also]
    return f"?{urlencode(pairs)}" if pairs else ""


def narrowed(selection: Selection, name: str, value: str) -> Selection | None:
    """The selection of just those selected cases that have a value of a facet; None where no selection says that.

    Where several values of the facet are chosen and any of them will do, no selection can ask for one of these and for
    another value besides.
    """
    facet = FACETS_BY_NAME[name]
    chosen = selection.values.get(name, ())
    below = [option for option in chosen if _parents(selection.index, name).get(option) == value]
    matches_all = name in selection.match_all
    if matches_all:
        values = {*chosen, value}
    elif not chosen or value in chosen:
        values = {value}
    elif facet.is_multiple and len(chosen) == 1:
        values, matches_all = {*chosen, value}, True
    elif len(below) == len(chosen) or (below and not facet.is_multiple):
        values = set(below)
    else:
        return None
    offered = [option.value for option in selection.index.options[name]]
    match_all = {each for each in selection.match_all if each != name} | ({name} if matches_all else set())
    return replace(
        selection,
        values={**selection.values, name: tuple(each for each in offered if each in values)},
        match_all=tuple(each.name for each in FACETS if each.name in match_all),
    )


def _parents(index: Index, name: str) -> dict[str, str]:
    """The values of a facet that stand below another one, with that one."""
    parents, above = {}, ""
    for option in index.options[name]:
        if option.depth:
            parents[option.value] = above
        else:
            above = option.value
    return parents


# The map

# Above so many cases there is a marker a country.
MAP_CASES = 200
# Markers that lie nearer to each other than this, in units of the map, are moved apart.
NEAR = 14
# How far they are moved: to rings of this radius, twice this radius and so on. The first takes six.
RING = 15
RING_TAKES = 6
# In how many ways a ring is turned to find it free.
TURNS = 12
# Markers nearer to each other than this can be pressed on a smaller area, so that none covers another's.
CROWDED = 40
# A marker stays so far from the frame.
MARGIN = 8
# From how many cases on a country's dot is of the second, third and fourth size.
SIZES = (10, 100, 1000)


@dataclass(frozen=True)
class Marker:
    """A link on the map: where it is drawn (`x`, `y`) and what place it stands for.

    `size` is of a country's dot, 1 to 4 by its number of cases; 0: a single case.
    """

    url: str
    name: str
    label: str
    x: float
    y: float
    place: Point
    size: int = 0
    is_crowded: bool = False

    @property
    def is_moved(self) -> bool:
        """Whether it was moved off its place, since another one stands there."""
        return (self.x, self.y) != self.place

    @property
    def anchor(self) -> str:
        """Towards the right edge the label stands to the left of its point."""
        return "end" if self.x > WIDTH * 0.6 else "start"


@dataclass(frozen=True)
class MapItem:
    """A line of the list beside the map: a case with its country, or a country with its number of cases."""

    url: str
    label: str
    is_on_map: bool
    country: str = ""
    cases: int = 0
    case: Case | None = None


@dataclass(frozen=True)
class CaseMap:
    """The markers of a selection with the list that says the same; `unplaced` cases are in the list alone."""

    markers: list[Marker]
    items: list[MapItem]
    total: int
    unplaced: int
    by_country: bool
    limit: int
    height: int = HEIGHT
    width: int = WIDTH

    @property
    def anchors(self) -> list[Point]:
        """The places off which markers were moved, each once."""
        return list(dict.fromkeys(marker.place for marker in self.markers if marker.is_moved))

    @property
    def sizes(self) -> list[tuple[int, int, int | None]]:
        """The sizes of dots that occur: size, from how many cases, up to how many (None: open)."""
        bounds = zip((1, *SIZES), (*(size - 1 for size in SIZES), None), strict=True)
        occurring = {marker.size for marker in self.markers}
        return [(size, low, high) for size, (low, high) in enumerate(bounds, 1) if size in occurring]


def case_map(selection: Selection, also: Pairs = ()) -> CaseMap:
    """A marker a case, at its first place with coordinates; above MAP_CASES cases one a country.

    `also` are parameters that every address carries along, as in the other pictures.

    One query, whatever the size: the cases with their places; or the points of all countries, kept with the index.
    """
    return _map_of_cases(selection, also) if len(selection) <= MAP_CASES else _map_of_countries(selection, also)


def _on_map(longitude: Any, latitude: Any) -> Point | None:
    """Where a place falls on the drawing, to a tenth of a unit; None for one that lies beyond its frame."""
    x, y = project(float(longitude), float(latitude))
    return (round(x, 1), round(y, 1)) if 0 <= x <= WIDTH and 0 <= y <= HEIGHT else None


def _map_of_cases(selection: Selection, also: Pairs) -> CaseMap:
    located = CasePlace.objects.filter(case=OuterRef("pk"), latitude__isnull=False)
    first = located.order_by("position", CodePoints("key"))
    rows = Case.objects.select_related("collection", "country").annotate(
        latitude=Subquery(first.values("latitude")[:1]), longitude=Subquery(first.values("longitude")[:1])
    )
    cases = selection.cases(rows)[:]
    points = {case.pk: _on_map(case.longitude, case.latitude) for case in cases if case.latitude is not None}
    # By number, so that another sort moves nothing.
    pks = sorted((pk for pk, point in points.items() if point), key=selection.index.position.__getitem__)
    drawn = dict(zip(pks, spread([points[pk] for pk in pks]), strict=True))
    query = _query(selection, also)
    markers, items = [], []
    for case in cases:
        url = f"{case.get_absolute_url()}{query}"
        if case.pk in drawn:
            label = f"{case.name}, {case.country.name}"
            markers.append(Marker(url, f"{case.number} {label}", label, *drawn[case.pk], points[case.pk]))
        items.append(MapItem(url, f"{case.number} {case.name}", case.pk in drawn, case.country.name, case=case))
    return CaseMap(_crowded(markers), items, len(items), len(items) - len(markers), False, MAP_CASES)


def _map_of_countries(selection: Selection, also: Pairs) -> CaseMap:
    index = selection.index
    points = index.keep("points of countries", _country_points)
    found = []
    for option in index.options["country"]:
        cases = selection.positions.intersection_cardinality(index.having("country", option.value))
        if cases:
            url = _query(narrowed(selection, "country", option.value), also, **{VIEW: MAP})
            found.append((option.value, MapItem(url, option.label, option.value in points, cases=cases)))
    placed = [(points[code], item) for code, item in found if item.is_on_map]
    markers = [
        Marker(
            item.url,
            ngettext("%(country)s: %(n)d case", "%(country)s: %(n)d cases", item.cases)
            % {"country": item.label, "n": item.cases},
            item.label,
            *drawn,
            point,
            bisect_right(SIZES, item.cases) + 1,
        )
        for (point, item), drawn in zip(placed, spread([point for point, _item in placed]), strict=True)
    ]
    # Small dots are drawn over large ones.
    markers.sort(key=lambda marker: -marker.size)
    items = [item for _code, item in found]
    unplaced = sum(item.cases for item in items if not item.is_on_map)
    return CaseMap(_crowded(markers), items, len(selection), unplaced, True, MAP_CASES)


def _crowded(markers: list[Marker]) -> list[Marker]:
    """The markers, those marked that have another one near."""
    points = [(marker.x, marker.y) for marker in markers]
    # Each has itself near, too.
    near = [sum(_distance(point, other) < CROWDED for other in points) > 1 for point in points]
    return [replace(marker, is_crowded=crowded) for marker, crowded in zip(markers, near, strict=True)]


def _country_points() -> dict[str, Point]:
    """Where each country's marker stands, whatever is selected: the mean of its published cases' places."""
    rows = Case.objects.published().on_map()
    points = {row["country__code"]: _on_map(row["longitude"], row["latitude"]) for row in rows}
    return {code: point for code, point in points.items() if point}


def spread(points: Sequence[Point]) -> list[Point]:
    """Where to draw markers so that none hides another: each at its point, or on a ring around those near to it.

    The same points in the same order always give the same places. No two are nearer than NEAR.
    """
    groups: list[list[int]] = []
    for number, point in enumerate(points):
        nearest = min(groups, key=lambda group: _distance(points[group[0]], point), default=None)
        if nearest is not None and _distance(points[nearest[0]], point) < NEAR:
            nearest.append(number)
        else:
            groups.append([number])
    drawn = {number: points[number] for number, *others in groups if not others}
    for group in groups:
        if len(group) > 1:
            slots = _slots([points[number] for number in group], list(drawn.values()))
            for number in group[: len(slots)]:
                drawn[number] = min(slots, key=lambda slot: _distance(slot, points[number]))
                slots.remove(drawn[number])
    return [drawn.get(number, point) for number, point in enumerate(points)]


def _distance(one: Point, other: Point) -> float:
    return hypot(one[0] - other[0], one[1] - other[1])


def _slots(points: Sequence[Point], taken: Sequence[Point]) -> list[Point]:
    """As many free places as there are points, on rings around their middle, the inner ones first."""
    middle = (sum(x for x, _y in points) / len(points), sum(y for _x, y in points) / len(points))
    slots: list[Point] = []
    for ring in range(1, WIDTH // RING):
        takes = min(RING_TAKES * ring, len(points) - len(slots))
        if not takes:
            break
        turns = (_on_ring(middle, RING * ring, takes, turn / TURNS, taken) for turn in range(TURNS))
        # The first turn of the ring that is free all around, else the one that is most free.
        best: list[Point] = []
        for found in turns:
            best = max(best, found, key=len)
            if len(best) == takes:
                break
        slots += best
    return slots


def _on_ring(middle: Point, radius: float, takes: int, turn: float, taken: Sequence[Point]) -> list[Point]:
    """The free ones of so many places, evenly on a ring that is turned by a part of their distance."""
    found = []
    for step in range(takes):
        angle = pi + 2 * pi * (step + turn) / takes
        x, y = round(middle[0] + radius * cos(angle), 1), round(middle[1] + radius * sin(angle), 1)
        is_inside = MARGIN <= x <= WIDTH - MARGIN and MARGIN <= y <= HEIGHT - MARGIN
        if is_inside and all(_distance((x, y), other) >= NEAR for other in taken):
            found.append((x, y))
    return found


# The line of time

TIMELINE_PAGE = 50
# A longer span is drawn by decades.
LONGEST_BY_YEAR = 60
# Years of which the label fits below the drawing, and bars whose number fits above them.
TICKS, NUMBERED = 8, 16
STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)

# How many milestones begin in each year; None: without a date.
Years = Mapping[int | None, int]

MILESTONE_ORDER = (
    F("start_year").asc(nulls_last=True),
    F("start_month").asc(nulls_first=True),
    "case__collection__position",
    "case__ordinal",
    CodePoints("case__slug"),
    "position",
    CodePoints("key"),
)


class Among(Func):
    """The condition that a primary key is one of many, which are one parameter of the query: a JSON array.

    `in` takes a parameter each: SQLite allows 250,000 of them, PostgreSQL 65,535 where the server binds them.
    """

    output_field = BooleanField()

    def as_sqlite(self, compiler, connection, **context) -> tuple[str, list]:
        joiner, template = " IN (SELECT value FROM json_each(", "%(expressions)s))"
        return self.as_sql(compiler, connection, template=template, arg_joiner=joiner, **context)

    def as_postgresql(self, compiler, connection, **context) -> tuple[str, list]:
        joiner, template = " IN (SELECT json_array_elements_text(", "%(expressions)s::json)::bigint)"
        return self.as_sql(compiler, connection, template=template, arg_joiner=joiner, **context)


def among(field: str, pks: Iterable[int]) -> Among:
    """The rows whose `field` is one of the primary keys."""
    return Among(F(field), Value(json.dumps(list(pks))))


def milestones_of(selection: Selection) -> CaseChildQuerySet:
    """The milestones of the selected cases, in no order: a semi-join with however many cases there are."""
    rows = Milestone.objects.published().order_by()
    if len(selection) == len(selection.index.all):
        return rows
    return rows.filter(among("case", (selection.index.pks[position] for position in selection.positions)))


class Milestones(Sequence):
    """The milestones of a selection by date, fetched as they are asked for: a slice is one query.

    How many begin in which year is known before: a slice looks at its own years alone.
    """

    def __init__(self, rows: CaseChildQuerySet, years: Years) -> None:
        self.rows = rows
        self.years = sorted(years, key=_by_year)
        # How many there are up to each year, that year included.
        self.ends = list(accumulate(years[year] for year in self.years))

    def __len__(self) -> int:
        return self.ends[-1] if self.ends else 0

    def start(self, year: int | None) -> int:
        """The place of the first milestone of a year."""
        number = self.years.index(year)
        return self.ends[number - 1] if number else 0

    def __getitem__(self, key: int | slice) -> Any:
        if isinstance(key, slice):
            return self._fetch(*key.indices(len(self))[:2])
        (row,) = self._fetch(key, key + 1)
        return row

    def _fetch(self, first: int, last: int) -> list[Milestone]:
        if first >= last:
            return []
        years = self.years[bisect_right(self.ends, first) : bisect_right(self.ends, last - 1) + 1]
        condition = Q(start_year__in=[year for year in years if year is not None])
        if None in years:
            condition |= Q(start_year__isnull=True)
        skipped = self.start(years[0])
        rows = self.rows.filter(condition).select_related("case__collection", "case__country")
        return list(rows.order_by(*MILESTONE_ORDER)[first - skipped : last - skipped])


def _by_year(year: int | None) -> tuple[bool, int]:
    """Sorts years, the missing one last."""
    return year is None, year or 0


@dataclass(frozen=True)
class Entry:
    """A milestone on the line of time, and where its case tells of it."""

    milestone: Milestone
    url: str


@dataclass(frozen=True)
class YearGroup:
    """The milestones of one year on a page; `total` is how many the year has on all pages. None: without a date."""

    year: int | None
    entries: list[Entry]
    total: int
    is_continued: bool

    @property
    def anchor(self) -> str:
        return _anchor(self.year)


@dataclass(frozen=True)
class YearBar:
    """A bar of the drawing: a year or a decade that has milestones, and the page on which they begin.

    `x`, `y`, `width`, `height` are of the bar, `slot` and `slot_width` of the column that can be pressed.
    """

    label: str
    milestones: int
    url: str
    x: float = 0
    y: float = 0
    width: float = 0
    height: float = 0
    slot: float = 0
    slot_width: float = 0
    is_numbered: bool = False

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True)
class Histogram:
    """How many milestones begin in each year, or decade, as a drawing; `rows` are the same numbers for a table."""

    # The drawing's own units: bars stand on BASE and leave room at both ends for the labels of years.
    WIDTH, HEIGHT, BASE, TOP, SIDE = 720, 176, 144, 30, 24

    bars: list[YearBar]
    ticks: list[tuple[float, str]]
    by_decade: bool
    undated: YearBar | None

    @property
    def rows(self) -> list[YearBar]:
        return [*self.bars, *([self.undated] if self.undated else [])]


@dataclass(frozen=True)
class Timeline:
    """A page of the selection's milestones, and the drawing of all of them."""

    paged: Paged
    groups: list[YearGroup]
    histogram: Histogram
    total: int
    undated: int
    cases: int
    # What stands before «page=2».
    prefix: str


def timeline(selection: Selection, page: str | None = None, also: Pairs = ()) -> Timeline:
    """The milestones of the selected cases by date, TIMELINE_PAGE a page; the first page where there is no such page.

    Two queries, whatever the size: how many begin in each year, kept with the index; the milestones of the page.
    """
    rows = milestones_of(selection)
    # Another sort has the same milestones.
    years = selection.index.keep(("milestones", *selection.pairs(sort=None)), lambda: _count_by_year(rows))
    milestones = Milestones(rows, years)
    paged = Paged.of(milestones, page, TIMELINE_PAGE)
    first = paged.page.start_index() - 1
    query = _query(selection, also)
    groups = []
    for year, found in groupby(paged.page.object_list, key=lambda milestone: milestone.start_year):
        entries = [Entry(each, f"{each.case.get_absolute_url()}{query}#{each.section}") for each in found]
        is_continued = not groups and milestones.start(year) < first
        groups.append(YearGroup(year, entries, years[year], is_continued))
    return Timeline(
        paged,
        groups,
        _histogram(selection, milestones, years, also),
        len(milestones),
        years.get(None, 0),
        len(selection),
        f"{_query(selection, also, **{VIEW: TIMELINE})}&",
    )


def _count_by_year(rows: CaseChildQuerySet) -> Years:
    return dict(rows.values_list("start_year").annotate(Count("pk")))


def _anchor(year: int | None) -> str:
    return "undated" if year is None else f"year-{year}"


def _histogram(selection: Selection, milestones: Milestones, years: Years, also: Pairs) -> Histogram:
    def bar(label: str, number: int, year: int | None) -> YearBar:
        page = milestones.start(year) // TIMELINE_PAGE + 1
        return YearBar(label, number, f"{_query(selection, also, **{VIEW: TIMELINE}, page=page)}#{_anchor(year)}")

    dated = [year for year in milestones.years if year is not None]
    undated = bar(_("No date given"), years[None], None) if None in years else None
    if not dated:
        return Histogram([], [], False, undated)
    by_decade = dated[-1] - dated[0] + 1 > LONGEST_BY_YEAR
    unit = 10 if by_decade else 1
    units = {start: list(found) for start, found in groupby(dated, key=lambda year: year // unit * unit)}
    counts = {start: sum(years[year] for year in found) for start, found in units.items()}
    first, last, most = min(units), max(units), max(counts.values())
    slots = (last - first) // unit + 1
    slot_width = (Histogram.WIDTH - 2 * Histogram.SIDE) / slots
    width = min(slot_width * 0.78, 44)
    bars = []
    for start, number in counts.items():
        slot = Histogram.SIDE + (start - first) / unit * slot_width
        height = number / most * (Histogram.BASE - Histogram.TOP)
        bars.append(
            replace(
                bar(_year_label(start, by_decade), number, units[start][0]),
                x=round(slot + (slot_width - width) / 2, 2),
                y=round(Histogram.BASE - height, 2),
                width=round(width, 2),
                height=round(height, 2),
                slot=round(slot, 2),
                slot_width=round(slot_width, 2),
                is_numbered=slots <= NUMBERED or number == most,
            )
        )
    span = last - first + unit
    step = next(step for step in STEPS if step >= unit and span / step <= TICKS)
    ticks = [
        (round(Histogram.SIDE + ((year - first) / unit + 0.5) * slot_width, 1), _year_label(year, by_decade))
        for year in range(-(-first // step) * step, last + 1, step)
    ]
    return Histogram(bars, ticks, by_decade, undated)


def _year_label(year: int, is_decade: bool) -> str:
    return _("%(year)ds") % {"year": year} if is_decade else str(year)


# The charts

CHARTS = ("trigger", "objective", "level", "region", "migration")


@dataclass(frozen=True)
class Bar:
    """A value with the number of selected cases that have it; `query` leads to just these, None where nothing can."""

    value: str
    label: str | Promise
    cases: int
    # Of a hundred: the share of the selected cases.
    width: float
    query: str | None


@dataclass(frozen=True)
class Chart:
    """How many of the selected cases have each value of a facet; `without` have none."""

    name: str
    label: str | Promise
    total: int
    bars: list[Bar]
    without: int
    # Whether a case can stand in several bars.
    is_multiple: bool

    @property
    def has_unlinked(self) -> bool:
        """Whether cases are counted that no selection has."""
        return any(bar.cases and bar.query is None for bar in self.bars)


def charts(selection: Selection, also: Pairs = ()) -> list[Chart]:
    """The selected cases by trigger, objective, level, region and migration profile. No query: all is in the index.

    Upper terms alone: a case under a lower one counts for the upper one too.
    """
    return [_chart(selection, name, also) for name in CHARTS]


def _chart(selection: Selection, name: str, also: Pairs) -> Chart:
    index, total = selection.index, len(selection)
    facet, bars, without = FACETS_BY_NAME[name], [], selection.positions.copy()
    for option in (option for option in index.options[name] if option.depth == 0):
        having = selection.positions & index.having(name, option.value)
        without -= having
        narrower = narrowed(selection, name, option.value) if having else None
        query = None if narrower is None else _query(narrower, also)
        width = round(100 * len(having) / total, 2) if total else 0
        bars.append(Bar(option.value, option.label, len(having), width, query))
    return Chart(name, facet.label, total, bars, len(without), facet.is_multiple)
