"""The index: the same cases as the filters give, in the same order, and never those of another version of the data."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.db import connection, transaction
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils.http import urlencode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casestudies import index, models
from casestudies.filters import CaseFilterSet
from casestudies.index import Index, current
from casestudies.models import Case
from casestudies.search import store
from casestudies.selection import CHUNK, SORTS, SelectedCases, parse
from tests import factories as f

from .builders import country, currency, make_case, make_collection, make_reference, select, slugs
from .test_filters import SPECS, selections

pytestmark = pytest.mark.django_db
EVERY = ["vaud", "souss", "dakar", "rabat", "lyon"]


# The same as the filters.


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.tuples(SPECS, st.sampled_from(["published", "published", "draft", "archived"])), min_size=1, max_size=5
    ),
    st.lists(selections(), min_size=8, max_size=8),
    st.booleans(),
)
def test_the_index_gives_what_the_filters_give(db, specs, chosen, with_revision):
    with transaction.atomic():
        if not Case.objects.exists():
            make_reference()
        for number, (spec, status) in enumerate(specs, 1):
            case = make_case(f"case-{number}", ordinal=number, status=status, **spec)
        if with_revision:
            make_case("revision", **specs[0][0], revises=case)
        offered = set(Case.objects.published().values_list("country__code", flat=True))
        for selection in chosen:
            if "country" in selection:
                selection["country"] = [code for code in selection["country"] if code in offered]
            data = QueryDict(urlencode({name: value for name, value in selection.items() if value != []}, doseq=True))
            filters = CaseFilterSet(data, Case.objects.published())
            assert filters.is_valid(), filters.errors
            selected = parse(data, strict=True)
            pks = [selected.index.pks[position] for position in selected.positions]
            assert pks == list(filters.qs.values_list("pk", flat=True))
        transaction.set_rollback(True)


# Never out of date.


def case(slug: str) -> Case:
    return Case.objects.get(slug=slug)


def changed(row, **values: object) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.save()


def first(accessor: str, slug: str = "vaud"):
    return getattr(case(slug), accessor).first()


# What is changed -> a query string, what it gives before, what it gives after.
CHANGES: dict[str, tuple[str, list[str], list[str], Callable[[], object]]] = {
    "a case is published": ("jmdi=no", ["vaud", "rabat", "lyon"], ["vaud", "rabat", "lyon", "new"],
        lambda: f.CaseFactory(slug="new")),
    "a case is archived": ("", EVERY, EVERY[1:], lambda: changed(case("vaud"), status="archived")),
    "a case is deleted": ("", EVERY, EVERY[1:], lambda: case("vaud").delete()),
    "a field of a case": ("jmdi=yes", ["souss", "dakar"], ["souss"],
        lambda: changed(case("dakar"), is_jmdi_supported=False)),
    "the country of a case": ("region=europe", ["vaud", "lyon"], ["vaud"],
        lambda: changed(case("lyon"), country=country("SN"))),
    "the number of a case": ("", EVERY, [*EVERY[1:], "vaud"], lambda: changed(case("vaud"), ordinal=30_000)),
    "the title of a case": ("sort=title", ["dakar", "lyon", "rabat", "souss", "vaud"],
        ["vaud", "dakar", "lyon", "rabat", "souss"], lambda: changed(case("vaud"), title="Åarau")),
    "the name of a country": ("sort=country", ["lyon", "souss", "rabat", "dakar", "vaud"],
        ["souss", "rabat", "dakar", "vaud", "lyon"], lambda: changed(country("FR"), name="Überland")),
    "the region of a country": ("region=africa", ["souss", "dakar", "rabat"], ["dakar"],
        lambda: changed(country("MA"), region=f.term("region", "western-europe"))),
    "a parent of a term": ("trigger=policy-mismatch", ["souss", "dakar", "rabat"], ["dakar", "rabat"],
        lambda: [changed(f.term("trigger", slug), parent=None)
                 for slug in ("missing-channels", "easier-to-legislate-locally")]),
    "a classification is made": ("approach=bottom-up", [], ["lyon"],
        lambda: f.CaseTermFactory(case=case("lyon"), term=f.term("approach", "bottom-up"))),
    "a classification is another": ("approach=mixed", ["vaud"], [],
        lambda: changed(case("vaud").caseterms.get(term__slug="mixed"), term=f.term("approach", "top-down"))),
    "a classification is deleted": ("approach=mixed", ["vaud"], [],
        lambda: case("vaud").caseterms.get(term__slug="mixed").delete()),
    "an objective's terms": ("objective=decentralized-cooperation", ["rabat"], ["souss", "rabat"],
        lambda: first("objectives", "souss").broad_objectives.set([f.term("objective", "decentralized-cooperation")])),
    "an objective's terms, from the term": ("objective=decentralized-cooperation", ["rabat"], [],
        lambda: f.term("objective", "decentralized-cooperation").objectives.clear()),
    "the types of an actor": ("actor=civil-society", ["vaud", "rabat"], ["vaud"],
        lambda: first("caseactors", "rabat").organization.types.clear()),
    "the organization of an actor": ("actor=civil-society", ["vaud", "rabat"], ["vaud"],
        lambda: changed(first("caseactors", "rabat"), organization=f.OrganizationFactory())),
    "the groups that benefit": ("beneficiary=women", ["vaud"], ["vaud", "souss"],
        lambda: first("beneficiarygroups", "souss").groups.add(f.term("beneficiary", "women"))),
    "an illustration": ("recommendation=2", ["souss"], ["souss", "lyon"],
        lambda: f.IllustrationFactory(case=case("lyon"), recommendation=f.RecommendationFactory(number=2))),
    "a budget": ("budget=over-10m", ["vaud"], [], lambda: case("vaud").budget.delete()),
    "the rate of a currency": ("budget=over-10m", ["vaud"], ["vaud", "souss"],
        lambda: changed(currency("MAD"), usd_value=Decimal("2"))),
    "a period": ("from=2013&to=2013", ["vaud", "souss"], ["vaud"],
        lambda: changed(first("periods", "souss"), end_year=2012)),
    "the position of a collection": ("", EVERY, [*EVERY[:4], "other", "lyon"], lambda: (
        f.CaseFactory(slug="other", collection=f.CollectionFactory(slug="second", position=1)),
        changed(case("lyon"), collection=f.CollectionFactory(slug="third", position=2)))),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_no_change_is_missed(change):
    query, before, after, work = CHANGES[change]
    make_collection()
    assert slugs(query) == before
    kept = current()
    work()
    assert current() is not kept
    assert slugs(query) == after


def test_labels_of_options_follow_their_terms():
    make_collection()
    assert next(facet for facet in select("").facets() if facet.name == "approach").choices[0].label == "Bottom up"
    changed(f.term("approach", "bottom-up"), label="From below")
    assert next(facet for facet in select("").facets() if facet.name == "approach").choices[0].label == "From below"


def test_an_index_is_kept_as_long_as_nothing_changes(django_assert_num_queries):
    make_collection()
    draft = f.CaseFactory(status="draft")
    store.refresh()
    kept = current()
    with django_assert_num_queries(1):
        assert current() is kept
    draft.save()
    f.NarrativeFactory(case=draft)
    f.AcceptedFindingFactory()
    assert current() is kept


@pytest.mark.django_db(transaction=True)
def test_an_index_of_what_was_rolled_back_is_not_used():
    make_collection()
    before = current()
    with transaction.atomic():
        f.CaseFactory(slug="never")
        within = current()
        assert slugs("") == [*EVERY, "never"]
        transaction.set_rollback(True)
    after = current()
    assert after is not within
    assert slugs("") == EVERY
    assert list(after.pks) == list(before.pks)


def test_the_same_number_of_another_transaction_is_another_version():
    make_collection()
    for slug in ("one", "two"):
        with transaction.atomic():
            f.CaseFactory(slug=slug)
            assert slugs("") == [*EVERY, slug]
            transaction.set_rollback(True)


def test_what_is_taken_back_unnoticed_is_not_shown():
    """Rows are fetched through the gate, whatever the index holds."""
    make_collection()
    selection = select("")
    Case.objects.filter(slug="souss").update(status="draft")
    assert [case.slug for case in selection.cases()] == ["vaud", "dakar", "rabat", "lyon"]
    with pytest.raises(IndexError):
        selection.cases()[1]
    assert selection.neighbours(case("vaud")).after is None


# One index for all threads.


def test_threads_that_ask_at_once_get_one_index(monkeypatch):
    made, barrier = [], threading.Barrier(6)

    class Slow:
        def __init__(self, version: str) -> None:
            self.version = version
            made.append(self)

    def version() -> str:
        # Nobody goes on before all have seen that there is no index of this version.
        barrier.wait(10)
        return "now"

    monkeypatch.setattr(index, "_current", SimpleNamespace(version="before"))
    monkeypatch.setattr(index, "Index", Slow)
    monkeypatch.setattr(index.changes, "version", version)
    got: list[object] = []
    threads = [threading.Thread(target=lambda: got.append(current())) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 6
    assert len(set(map(id, got))) == len(made) == 1


def test_what_is_kept_is_made_once_and_the_least_asked_goes_first(monkeypatch):
    monkeypatch.setattr(index, "KEPT", 2)
    make_collection()
    kept, made = Index("x"), []
    for key in ("a", "b", "a", "c", "a", "b"):
        assert kept.keep(key, lambda key=key: made.append(key) or f"value of {key}") == f"value of {key}"
    assert made == ["a", "b", "c", "b"]


# Orders.


def names(found: Index, positions) -> list[str]:
    by_pk = dict(Case.objects.values_list("pk", "slug"))
    return [by_pk[found.pks[position]] for position in positions]


def test_orders_and_ranks_of_every_sort():
    """Two of a title, two of a start; ties by number."""
    f.CaseFactory(slug="e", ordinal=5, title="Same", country=f.CountryFactory(code="SN"))
    f.CaseFactory(slug="d", ordinal=4, title="same", country=f.CountryFactory(code="CH"))
    f.CaseFactory(slug="c", ordinal=3, title="Zeta", country=f.CountryFactory(code="MA"))
    f.CaseFactory(slug="b", ordinal=2, title="Éta", country=f.CountryFactory(code="SN"))
    f.CaseFactory(slug="a", ordinal=1, title="Same", country=f.CountryFactory(code="CH"))
    for slug, year in (("a", 2010), ("b", 2009), ("d", 2010), ("d", 2012)):
        f.PeriodFactory(case=case(slug), start_year=year)
    found = current()
    expected = {
        "number": ["a", "b", "c", "d", "e"],
        "title": ["b", "a", "d", "e", "c"],
        "country": ["c", "b", "e", "a", "d"],
        "start": ["b", "a", "d", "c", "e"],
    }
    assert {sort: names(found, found.order(sort)) for sort in SORTS} == expected
    for sort, ordered in expected.items():
        assert [found.rank(sort)[position] for position in range(5)] == [ordered.index(slug) for slug in "abcde"]
        # Few of many are sorted by rank, many are picked from the order; the result is the same.
        some = found.of([case(slug).pk for slug in "ade"])
        assert names(found, found.sorted(some, sort)) == [slug for slug in ordered if slug in "ade"]


def test_few_of_many_are_in_order_too():
    for number in range(1, 21):
        f.CaseFactory(slug=f"c{number}", ordinal=number, title=f"Title {99 - number}")
    found = current()
    few = found.of([case(slug).pk for slug in ("c3", "c20")])
    assert names(found, found.sorted(few, "title")) == ["c20", "c3"]


def test_an_order_knows_only_the_cases_of_its_index():
    """An order is asked for later than the rest: cases that came meanwhile are not in it, those that went are last."""
    make_collection()
    found = current()
    Case.objects.filter(slug="vaud").update(status="draft")
    models.Case.objects.bulk_create(
        [f.CaseFactory.build(slug="new", title="A", collection=case("lyon").collection, country=country("CH"))]
    )
    assert names(found, found.order("title")) == ["dakar", "lyon", "rabat", "souss", "vaud"]


@pytest.mark.parametrize(("first", "last", "expected"), [
    (None, None, ["closed", "ongoing", "single"]),
    (2012, 2012, ["closed"]),
    (2013, 2013, ["ongoing"]),
    (None, 2010, ["closed"]),
    (2015, None, ["ongoing", "single"]),
    (1000, 2009, []),
    (9999, 9999, ["ongoing"]),
])  # fmt: skip
def test_within_years(first, last, expected):
    for slug, start, end, is_ongoing in (
        ("closed", 2010, 2012, False), ("ongoing", 2013, None, True), ("single", None, 2015, False),
        ("unknown", None, None, True),
    ):  # fmt: skip
        f.PeriodFactory(case=f.CaseFactory(slug=slug), start_year=start, end_year=end, is_ongoing=is_ongoing)
    f.PeriodFactory(case=f.CaseFactory(slug="hidden", status="draft"), start_year=2010)
    f.CaseFactory(slug="none")
    found = current()
    assert names(found, found.within(first, last)) == expected


def test_what_a_case_has_that_is_not_in_the_index_is_left_out():
    make_collection()
    found = current()
    hidden = f.CaseFactory(status="draft")
    assert names(found, found.of([case("lyon").pk, hidden.pk, 10**9])) == ["lyon"]
    assert names(found, found.having("country", "MA")) == ["souss", "rabat"]
    assert list(found.having("country", "XX")) == []
    assert found.countries == 4


# Neighbours.


def around(query: str, slug: str) -> tuple | None:
    found = select(query).neighbours(case(slug))
    if found is None:
        return None
    return found.place, found.total, found.before and found.before.slug, found.after and found.after.slug


@pytest.mark.parametrize(("query", "ordered"), [
    ("", EVERY),
    ("sort=title", ["dakar", "rabat", "souss", "vaud", "lyon"]),
    ("sort=country", ["lyon", "souss", "rabat", "dakar", "vaud"]),
    ("sort=start", ["vaud", "souss", "dakar", "rabat", "lyon"]),
    ("country=MA&country=CH&sort=title", ["rabat", "souss", "vaud"]),
    ("jmdi=yes", ["souss", "dakar"]),
    ("country=FR", ["lyon"]),
    # Found in a title, in a purpose, in a figure.
    ("q=well", ["lyon", "dakar", "vaud"]),
    ("q=well&sort=number", ["vaud", "dakar", "lyon"]),
    ("q=well&jmdi=no", ["lyon", "vaud"]),
    ("q=nowhere", []),
])  # fmt: skip
def test_neighbours_in_every_order(query, ordered):
    make_collection()
    f.FigureFactory(case=case("vaud"), label="Wells dug")
    changed(case("dakar"), purpose="A well for all.")
    changed(case("lyon"), title="Lyon and its wells")
    assert slugs(query) == ordered
    for slug in EVERY:
        if slug in ordered:
            place = ordered.index(slug)
            before, _self, after = [None, *ordered, None][place : place + 3]
            assert around(query, slug) == (place + 1, len(ordered), before, after)
        else:
            assert around(query, slug) is None
    assert select(query).neighbours(f.CaseFactory(slug="hidden", status="draft")) is None


# The cases of a selection.


def test_selected_cases_are_a_sequence():
    make_collection()
    for query in ("", "sort=title"):
        ordered = slugs(query)
        found = select(query).cases()
        assert isinstance(found, SelectedCases)
        assert len(found) == 5
        assert [each.slug for each in found] == ordered
        for key in (slice(0, 2), slice(3, 99), slice(7, 9), slice(-2, None), slice(None, None, -1), slice(4, 0, -2)):
            assert [each.slug for each in found[key]] == ordered[key], key
        assert [found[place].slug for place in (0, 4, -1)] == [ordered[0], ordered[4], ordered[-1]]
        assert [each.slug for each in reversed(found)] == ordered[::-1]
        with pytest.raises(IndexError):
            found[5]
        assert case("rabat") in found


def test_a_slice_is_one_query_and_everything_comes_in_chunks(monkeypatch):
    make_collection()
    found = select("").cases(Case.objects.select_related("country"))
    with CaptureQueriesContext(connection) as queries:
        assert [each.country.code for each in found[1:4]] == ["MA", "SN", "MA"]
    assert len(queries) == 1
    with CaptureQueriesContext(connection) as queries:
        list(found)
    assert len(queries) == 1
    monkeypatch.setattr("casestudies.selection.CHUNK", 2)
    with CaptureQueriesContext(connection) as queries:
        assert [each.slug for each in found] == EVERY
    assert len(queries) == 3
    assert CHUNK == 500
    # What is asked for beside the index goes through the gate whatever was handed in.
    f.CaseFactory(slug="hidden", status="draft")
    assert [each.slug for each in select("").cases(Case.objects.all())] == EVERY
