"""Filters: what each facet matches, within itself and with the others, on every database alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

import pytest
from django.db import transaction
from django.http import QueryDict
from django.utils.http import urlencode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casestudies.facets import FACETS
from casestudies.filters import CaseFilterSet
from casestudies.models import Budget, Case
from tests.factories import CaseFactory, PeriodFactory

from .builders import (
    COUNTRIES,
    CURRENCIES,
    TERMS,
    make_case,
    make_collection,
    make_reference,
    make_vocabularies,
    slugs,
)

pytestmark = pytest.mark.django_db

# Issue links and outside tools rely on these names.
PARAMETERS = [
    "region", "country", "level", "migration", "state", "trigger", "approach", "objective", "actor", "mechanism",
    "recommendation", "beneficiary", "budget", "jmdi", "from", "to",
]  # fmt: skip


def test_the_filters_have_the_agreed_names():
    assert list(CaseFilterSet.base_filters) == PARAMETERS
    assert [facet.name for facet in FACETS] == PARAMETERS[:-2]


EVERY = ["vaud", "souss", "dakar", "rabat", "lyon"]
EXPECTED = {
    "": EVERY,
    # One value of each facet, and values that nothing bears.
    "country=CH": ["vaud"],
    "country=MA": ["souss", "rabat"],
    "region=western-europe": ["vaud", "lyon"],
    "region=northern-africa": ["souss", "rabat"],
    "region=western-africa": ["dakar"],
    "level=municipal": ["dakar", "rabat"],
    "level=provincial-or-regional": ["souss"],
    "level=state-or-canton": ["vaud"],
    "migration=emigration": ["souss", "dakar"],
    "migration=immigration": ["vaud", "souss"],
    "state=federal": ["vaud"],
    "state=centralized": ["souss"],
    "trigger=national-legislation": ["vaud", "rabat"],
    "trigger=missing-channels": ["souss"],
    "approach=mixed": ["vaud"],
    "approach=top-down": ["souss"],
    "approach=bottom-up": [],
    "objective=socioeconomic-integration": ["vaud"],
    "objective=diaspora-opportunities": ["vaud", "souss"],
    "actor=civil-society": ["vaud", "rabat"],
    "actor=technical-services": ["vaud", "souss"],
    "mechanism=councils": ["vaud"],
    "mechanism=triggering": [],
    "recommendation=1": ["vaud", "dakar"],
    "recommendation=2": ["souss"],
    # A case that illustrates a sub-point illustrates the recommendation.
    "recommendation=14": ["vaud", "souss"],
    "beneficiary=women": ["vaud"],
    "beneficiary=returnees": ["vaud", "souss"],
    "budget=over-10m": ["vaud"],
    "budget=250k-1m": ["souss"],
    "budget=under-250k": [],
    "budget=1m-10m": [],
    "budget=not-reported": ["dakar", "rabat", "lyon"],
    "jmdi=yes": ["souss", "dakar"],
    "jmdi=no": ["vaud", "rabat", "lyon"],
    # A parent stands for its children too, a child for itself alone.
    "trigger=policy-mismatch": ["souss", "dakar", "rabat"],
    "trigger=easier-to-legislate-locally": ["souss"],
    "actor=local-government": ["vaud", "souss", "dakar"],
    "actor=municipalities-and-councils": ["vaud", "souss"],
    "mechanism=participation": ["vaud", "souss"],
    "mechanism=online-platforms": ["souss"],
    "region=africa": ["souss", "dakar", "rabat"],
    "region=europe": ["vaud", "lyon"],
    # The same slug in two vocabularies is two values.
    "mechanism=decentralized-cooperation": ["dakar"],
    "objective=decentralized-cooperation": ["rabat"],
    # Or within a facet.
    "country=CH&country=SN": ["vaud", "dakar"],
    "region=africa&region=western-europe": EVERY,
    "level=municipal&level=state-or-canton": ["vaud", "dakar", "rabat"],
    "migration=emigration&migration=immigration": ["vaud", "souss", "dakar"],
    "state=federal&state=centralized": ["vaud", "souss"],
    "trigger=national-legislation&trigger=missing-channels": ["vaud", "souss", "rabat"],
    "approach=mixed&approach=bottom-up": ["vaud"],
    "objective=socioeconomic-integration&objective=decentralized-cooperation": ["vaud", "rabat"],
    "actor=civil-society&actor=local-government": ["vaud", "souss", "dakar", "rabat"],
    "mechanism=councils&mechanism=decentralized-cooperation": ["vaud", "dakar"],
    "recommendation=1&recommendation=2": ["vaud", "souss", "dakar"],
    "beneficiary=women&beneficiary=returnees": ["vaud", "souss"],
    "budget=over-10m&budget=not-reported": ["vaud", "dakar", "rabat", "lyon"],
    "budget=over-10m&budget=250k-1m": ["vaud", "souss"],
    "jmdi=yes&jmdi=no": EVERY,
    # And between facets.
    "jmdi=yes&region=africa&level=municipal": ["dakar"],
    "country=MA&trigger=policy-mismatch&jmdi=no": ["rabat"],
    "migration=immigration&beneficiary=returnees&actor=civil-society": ["vaud"],
    "country=CH&country=MA&migration=emigration&migration=immigration&recommendation=14": ["vaud", "souss"],
    "budget=not-reported&actor=local-government&from=2010&to=2010": ["dakar"],
    "objective=diaspora-opportunities&mechanism=participation&state=centralized&approach=top-down": ["souss"],
    "country=CH&region=africa": [],
}  # fmt: skip


def test_every_facet_matches_exactly_its_cases():
    make_collection()
    # As lists: a case that matches through several rows stands in the result once.
    assert {query: slugs(query) for query in EXPECTED} == EXPECTED


def test_every_facet_is_among_the_expected():
    """A new facet needs its own lines above."""
    assert {name for query in EXPECTED for name in QueryDict(query)} == {*PARAMETERS}


@pytest.mark.parametrize(("first", "last", "expected"), [
    # closed 2010–2012, single 2015, ongoing 2013–, start 2005, end 2008, two 1995–1996 and 2020–2021
    (None, None, ["closed", "single", "ongoing", "start", "end", "two", "no-years", "no-period", "ongoing-only"]),
    (2010, 2012, ["closed"]),
    (2012, 2012, ["closed"]),
    (2012, 2013, ["closed", "ongoing"]),
    (2009, 2009, []),
    (2009, 2010, ["closed"]),
    (2011, 2011, ["closed"]),
    (2015, 2015, ["single", "ongoing"]),
    (2014, 2014, ["ongoing"]),
    (2016, 2019, ["ongoing"]),
    (9999, 9999, ["ongoing"]),
    (2005, 2005, ["start"]),
    (2006, 2007, []),
    (2008, 2008, ["end"]),
    (1997, 2004, []),
    (1996, 2005, ["start", "two"]),
    (2021, 2021, ["ongoing", "two"]),
    (1000, 1994, []),
    (None, 1994, []),
    (None, 1995, ["two"]),
    (None, 2008, ["start", "end", "two"]),
    (2013, None, ["single", "ongoing", "two"]),
    (2022, None, ["ongoing"]),
    (1000, 9999, ["closed", "single", "ongoing", "start", "end", "two"]),
])  # fmt: skip
def test_years_match_where_a_period_overlaps_them(first, last, expected):
    spans = {
        "closed": [(2010, 2012, False)],
        "single": [(2015, 2015, False)],
        "ongoing": [(2013, None, True)],
        "start": [(2005, None, False)],
        "end": [(None, 2008, False)],
        "two": [(1995, 1996, False), (2020, 2021, False)],
        "no-years": [(None, None, False)],
        "no-period": [],
        # Ongoing, but since when is not said.
        "ongoing-only": [(None, None, True)],
    }
    for slug, periods in spans.items():
        case = CaseFactory(slug=slug)
        for start, end, is_ongoing in periods:
            PeriodFactory(case=case, start_year=start, end_year=end, is_ongoing=is_ongoing)
    years = {"from": first, "to": last}
    assert slugs(urlencode({name: year for name, year in years.items() if year is not None})) == expected


BAND_EDGES = [
    ("0", "USD", "under-250k"),
    ("249999.99", "USD", "under-250k"),
    ("250000", "USD", "250k-1m"),
    ("999999.99", "USD", "250k-1m"),
    ("1000000", "USD", "1m-10m"),
    ("9999999.99", "USD", "1m-10m"),
    ("10000000", "USD", "over-10m"),
    ("9999999999999.99", "USD", "over-10m"),
    # 2,439,024.39 × 0.1025 = 249,999.999975; one centime more is 250,000.001.
    ("2439024.39", "MAD", "under-250k"),
    ("2439024.40", "MAD", "250k-1m"),
    # 240,500.01 × 1.039501 = 250,000.0009; one centime less stays under.
    ("240500.00", "CHF", "under-250k"),
    ("240500.01", "CHF", "250k-1m"),
    # No rate, no band.
    ("500000", "XXX", "not-reported"),
]  # fmt: skip


@pytest.mark.parametrize(("total", "code", "band"), BAND_EDGES)
def test_a_total_lies_in_one_band_by_the_rate_of_its_currency(total, code, band):
    make_vocabularies()
    make_case("sum", budget=(total, code))
    matched = [
        value
        for value in ("under-250k", "250k-1m", "1m-10m", "over-10m", "not-reported")
        if slugs(f"budget={value}") == ["sum"]
    ]
    assert matched == [band]
    # The page links to the band that the filter matches.
    assert Budget.objects.get().band == ("" if band == "not-reported" else band)


def test_budgets_without_a_total_are_not_reported():
    make_vocabularies()
    for status in ("not-reported", "payer-only", "parts-only"):
        make_case(status, budget=status)
    make_case("no-budget-at-all")
    make_case("stated", budget=("5", "USD"))
    assert slugs("budget=not-reported") == ["not-reported", "payer-only", "parts-only", "no-budget-at-all"]


# A naive reading of the same rules, on plain data, against which random selections of random collections are held.

TERM_FACETS = ("level", "migration", "state", "trigger", "approach", "mechanism")
BANDS = (("under-250k", 0, 250_000), ("250k-1m", 250_000, 10**6), ("1m-10m", 10**6, 10**7), ("over-10m", 10**7, None))
Spec = Mapping[str, object]


def with_parents(vocabulary: str, found: set[str]) -> set[str]:
    return found | {TERMS[vocabulary][slug] for slug in found} - {None}


def flat(rows) -> set[str]:
    return {slug for row in rows for slug in row}


def held(vocabulary: str) -> Callable[[Spec], set[str]]:
    return lambda spec: with_parents(vocabulary, {slug for name, slug in spec["terms"] if name == vocabulary})


def band_of(spec: Spec) -> set[str]:
    budget = spec["budget"]
    if budget is None or isinstance(budget, str) or CURRENCIES[budget[1]] is None:
        return {"not-reported"}
    dollars = Decimal(budget[0]) * Decimal(CURRENCIES[budget[1]])
    return {name for name, low, high in BANDS if low <= dollars and (high is None or dollars < high)}


HELD: dict[str, Callable[[Spec], set[str]]] = {
    **{name: held(name) for name in TERM_FACETS},
    "country": lambda spec: {spec["code"]},
    "region": lambda spec: with_parents("region", {COUNTRIES[spec["code"]][1]}),
    "objective": lambda spec: with_parents("objective", flat(spec["objectives"])),
    "actor": lambda spec: with_parents("actor-type", flat(spec["actors"])),
    "beneficiary": lambda spec: with_parents("beneficiary", flat(spec["beneficiaries"])),
    "recommendation": lambda spec: {str(number) for number, _letter in spec["illustrates"]},
    "budget": band_of,
    "jmdi": lambda spec: {"yes" if spec["is_jmdi_supported"] else "no"},
}


def in_years(spec: Spec, first: int | None, last: int | None) -> bool:
    wanted = range(first or 1000, (last or 9999) + 1)
    for start, end, is_ongoing in spec["periods"]:
        if start is None and end is None:
            continue
        begin = start if start is not None else end
        finish = 9999 if is_ongoing else end if end is not None else start
        if any(begin <= year <= finish for year in (wanted.start, wanted.stop - 1)) or begin in wanted:
            return True
    return False


def expected(specs: dict[str, Spec], selection: dict) -> list[str]:
    first, last = selection.get("from"), selection.get("to")
    return [
        slug
        for slug, spec in specs.items()
        if all(HELD[name](spec) & set(values) for name, values in selection.items() if name not in ("from", "to"))
        and ((first is None and last is None) or in_years(spec, first, last))
    ]


def some(values, size: int = 2):
    return st.lists(st.sampled_from(sorted(values)), max_size=size, unique=True).map(tuple)


@st.composite
def periods(draw):
    start, end = draw(st.tuples(YEARS, YEARS))
    if start is not None and end is not None and end < start:
        start, end = end, start
    is_ongoing = draw(st.booleans()) and end is None
    return start, end, is_ongoing


YEARS = st.none() | st.integers(2000, 2006)
SPECS = st.fixed_dictionaries({
    "code": st.sampled_from(sorted(COUNTRIES)),
    "terms": some([(name, slug) for name in TERM_FACETS for slug in TERMS[name]], 5),
    "objectives": st.lists(some(TERMS["objective"]), max_size=2).map(tuple),
    "actors": st.lists(some(TERMS["actor-type"]), max_size=2).map(tuple),
    "beneficiaries": st.lists(some(TERMS["beneficiary"]), max_size=2).map(tuple),
    "illustrates": some([(1, ""), (2, ""), (14, ""), (14, "a"), (14, "b")], 3),
    "budget": st.sampled_from(
        [None, "not-reported", "parts-only", ("5", "XXX"), *((total, code) for total, code, band in BAND_EDGES)]
    ),
    "periods": st.lists(periods(), max_size=2).map(tuple),
    "is_jmdi_supported": st.booleans(),
})  # fmt: skip
OPTIONS = {
    **{name: list(TERMS[name]) for name in (*TERM_FACETS, "objective", "beneficiary", "region")},
    "actor": list(TERMS["actor-type"]),
    "country": list(COUNTRIES),
    "recommendation": ["1", "2", "14"],
    "budget": [*(name for name, _low, _high in BANDS), "not-reported"],
    "jmdi": ["yes", "no"],
}


@st.composite
def selections(draw):
    names = draw(st.lists(st.sampled_from(sorted(OPTIONS)), max_size=3, unique=True))
    chosen = {
        name: draw(st.lists(st.sampled_from(OPTIONS[name]), min_size=1, max_size=2, unique=True)) for name in names
    }
    years = dict(
        zip(("from", "to"), sorted(draw(st.lists(st.integers(1999, 2007), min_size=2, max_size=2))), strict=True)
    )
    return chosen | {name: years[name] for name in draw(st.lists(st.sampled_from(["from", "to"]), unique=True))}


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(SPECS, min_size=1, max_size=4), st.lists(selections(), min_size=8, max_size=8))
def test_any_selection_of_any_collection_is_what_a_naive_reading_gives(db, specs, chosen):
    with transaction.atomic():
        if not Case.objects.exists():
            make_reference()
        named = {f"case-{index}": spec for index, spec in enumerate(specs)}
        for index, (slug, spec) in enumerate(named.items(), 1):
            make_case(slug, ordinal=index, **spec)
        for selection in chosen:
            # Countries are an open list: only those of published cases can be chosen.
            offered = {spec["code"] for spec in specs}
            if "country" in selection:
                selection["country"] = [code for code in selection["country"] if code in offered]
            selection = {name: value for name, value in selection.items() if value != []}
            assert slugs(urlencode(selection, doseq=True)) == expected(named, selection)
        transaction.set_rollback(True)
