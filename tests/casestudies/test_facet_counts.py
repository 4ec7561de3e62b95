"""Counts beside options and chips: each is the length of the list that it leads to."""

from __future__ import annotations

import pytest
from django.http import QueryDict
from django.utils.http import urlencode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casestudies.facets import FACETS
from casestudies.models import Case
from casestudies.selection import SORTS, BadSelection, Dropped, FacetView, Selection, parse
from tests.factories import CaseFactory, NarrativeFactory
from tests.remembering import remembered

from .builders import country, make_case, make_collection, select, slugs
from .test_filters import OPTIONS, selections

pytestmark = pytest.mark.django_db

SEVERAL = ["level", "migration", "trigger", "objective", "actor", "mechanism", "recommendation", "beneficiary"]
SINGLE = ["region", "country", "state", "approach", "budget", "jmdi"]


@st.composite
def searched_selections(draw) -> list[tuple[str, str]]:
    """Parameters of a selection with a search, years, a sort, and «all of» for some facets."""
    chosen = draw(selections())
    for name in draw(st.lists(st.sampled_from(SEVERAL), max_size=2, unique=True)):
        values = draw(st.lists(st.sampled_from(OPTIONS[name]), min_size=1, max_size=3, unique=True))
        chosen[name] = values
        if draw(st.booleans()):
            chosen.setdefault("all", []).append(name)
    search = draw(st.sampled_from(["", "", "water", "mark", '"water market"', "nowhere"]))
    sort = draw(st.sampled_from(["", *SORTS, *(["relevance"] if search else [])]))
    return chosen | ({"q": search} if search else {}) | ({"sort": sort} if sort else {})


def read(pairs) -> Selection:
    """The selection of pairs, in which nothing may be dropped."""
    return parse(QueryDict(urlencode(pairs)), strict=True)


@remembered
def make_searched_collection() -> None:
    if Case.objects.exists():
        return
    make_collection()
    for slug, text in (("vaud", "Water."), ("souss", "Water market."), ("dakar", "A marketplace"), ("lyon", "Marks")):
        NarrativeFactory(case=Case.objects.get(slug=slug), text=text)
    # What is hidden counts nowhere.
    hidden = make_case(
        "hidden", status="draft", code="MA", terms=(("trigger", "policy-mismatch"), ("approach", "bottom-up")),
        illustrates=((1, ""),), budget=("5", "USD"), periods=((2003, None, True),), is_jmdi_supported=True,
    )  # fmt: skip
    NarrativeFactory(case=hidden, text="Water market")


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(searched_selections())
def test_every_count_is_the_length_of_the_list_that_it_leads_to(db, chosen):
    make_searched_collection()
    selection = read([(name, value) for name, values in chosen.items()
                      for value in (values if isinstance(values, list) else [values])])  # fmt: skip
    assert len(selection) == len(list(selection.cases()))
    for facet in selection.facets():
        for choice in facet.choices:
            rest = [pair for pair in selection.pairs() if facet.matches_all or pair[0] != facet.name]
            assert choice.cases == len(read([*rest, (facet.name, choice.value)])), (facet.name, choice.value)
            assert choice.is_selected == (choice.value in selection.values.get(facet.name, ()))
    for chip in selection.chips():
        without = parse(QueryDict(chip.query_without.removeprefix("?")), strict=True)
        assert chip.cases_without == len(without), chip
        # Chips lead to canonical addresses.
        assert without.query() == chip.query_without.removesuffix("?") or chip.query_without == "?"


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(searched_selections())
def test_addresses_are_canonical_and_read_back(db, chosen):
    make_searched_collection()
    selection = parse(QueryDict(urlencode(chosen, doseq=True)), strict=True)
    again = parse(QueryDict(selection.query().removeprefix("?")), strict=True)
    assert again == selection
    assert again.query() == selection.query()
    assert list(again.in_order) == list(selection.in_order)
    # Whatever order the parameters stood in.
    turned = urlencode(dict(reversed(chosen.items())), doseq=True)
    assert parse(QueryDict(turned), strict=True) == selection


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(searched_selections())
def test_all_of_narrows_and_any_of_widens(db, chosen):
    make_searched_collection()
    chosen = {name: value for name, value in chosen.items() if name not in ("all", "sort")}
    several = [name for name in chosen if name in SEVERAL]
    any_of = set(read_all(chosen))
    all_of = set(read_all(chosen | {"all": several}))
    assert all_of <= any_of
    each = [set(read_all({"q": chosen.get("q", "")} | {name: value})) for name in several for value in chosen[name]]
    assert all_of <= set.intersection(*each) if each else all_of == any_of


def read_all(chosen: dict) -> list[str]:
    return slugs(urlencode({name: value for name, value in chosen.items() if value != ""}, doseq=True))


# Literally.


def facet(query: str, name: str) -> FacetView:
    return next(view for view in select(query).facets() if view.name == name)


def counts(query: str, name: str) -> dict[str, int]:
    return {choice.value: choice.cases for choice in facet(query, name).choices}


def test_closed_lists_show_zeros_and_open_ones_what_cases_hold():
    make_collection()
    CaseFactory(slug="hidden", country=country("CH"), status="draft")
    Case.objects.get(slug="lyon").delete()
    assert counts("", "approach") == {"bottom-up": 0, "top-down": 1, "mixed": 1}
    assert counts("", "budget") == {"under-250k": 0, "250k-1m": 1, "1m-10m": 0, "over-10m": 1, "not-reported": 2}
    assert counts("", "country") == {"MA": 2, "SN": 1, "CH": 1}
    # Those of all published cases, also where the selection has none of them.
    assert counts("jmdi=yes", "country") == {"MA": 1, "SN": 1, "CH": 0}


def test_a_facet_ignores_what_is_chosen_in_it():
    make_collection()
    alone = {"national-legislation": 2, "policy-mismatch": 3, "missing-channels": 1, "easier-to-legislate-locally": 1}
    assert counts("trigger=missing-channels", "trigger") == alone
    assert counts("trigger=missing-channels", "jmdi") == {"yes": 1, "no": 0}
    assert counts("country=MA", "trigger") == alone | {"national-legislation": 1, "policy-mismatch": 2}


def test_all_of_counts_what_adding_gives():
    make_collection()
    query = "trigger=national-legislation&all=trigger"
    assert facet(query, "trigger").matches_all
    assert counts(query, "trigger") == {
        "national-legislation": 2, "policy-mismatch": 1, "missing-channels": 0, "easier-to-legislate-locally": 0,
    }  # fmt: skip
    assert slugs(f"{query}&trigger=policy-mismatch") == ["rabat"]
    # A case that has a child of a term has the term.
    assert slugs(
        "trigger=missing-channels&trigger=easier-to-legislate-locally&trigger=policy-mismatch&all=trigger"
    ) == ["souss"]
    assert slugs("trigger=national-legislation&trigger=policy-mismatch") == ["vaud", "souss", "dakar", "rabat"]


def test_what_to_loosen_where_nothing_is_found():
    make_searched_collection()
    selection = select("q=water&country=CH&jmdi=yes&from=2009&to=2011")
    assert len(selection) == 0
    assert [
        (str(chip.facet), str(chip.label), chip.query_without, chip.cases_without) for chip in selection.chips()
    ] == [
        ("Search", "water", "?country=CH&jmdi=yes&from=2009&to=2011", 0),
        ("Country", "Switzerland", "?q=water&jmdi=yes&from=2009&to=2011", 1),
        ("Supported by the JMDI", "Yes", "?q=water&country=CH&from=2009&to=2011", 1),
        ("From year", "2009", "?q=water&country=CH&jmdi=yes&to=2011", 0),
        ("To year", "2011", "?q=water&country=CH&jmdi=yes&from=2009", 0),
    ]


def test_which_facets_can_be_asked_for_all_of_their_values():
    assert [facet.name for facet in FACETS if facet.is_multiple] == SEVERAL
    assert sorted(facet.name for facet in FACETS) == sorted([*SEVERAL, *SINGLE])
    make_collection()
    assert [view.name for view in select("").facets() if view.can_match_all] == SEVERAL


ONE_VALUE = "A case has one value of this at most."
NO_FILTER = "There is no such filter."


@pytest.mark.parametrize(("query", "dropped", "canonical"), [
    *((f"all={name}", [("all", name, ONE_VALUE)], "") for name in SINGLE),
    ("all=jmdi&jmdi=yes", [("all", "jmdi", ONE_VALUE)], "?jmdi=yes"),
    ("all=colour", [("all", "colour", NO_FILTER)], ""),
    ("all=from&from=2000", [("all", "from", NO_FILTER)], "?from=2000"),
    # Without a value in its facet it says nothing.
    ("all=trigger", [], ""),
    ("all=trigger&trigger=", [], ""),
    ("all=trigger&level=municipal", [], "?level=municipal"),
    ("all=&trigger=policy-mismatch", [], "?trigger=policy-mismatch"),
    ("all=trigger&trigger=policy-mismatch", [], "?trigger=policy-mismatch&all=trigger"),
    ("all=mechanism&all=level&all=level&level=municipal&mechanism=councils", [],
     "?level=municipal&mechanism=councils&all=level&all=mechanism"),
    ("all=trigger&trigger=none", [("trigger", "none", "This filter has no such value.")], ""),
])  # fmt: skip
def test_all_of_where_it_means_something(query, dropped, canonical):
    make_collection()
    selection = parse(QueryDict(query))
    assert selection.dropped == tuple(Dropped(*each) for each in dropped)
    assert selection.query() == canonical
    if dropped:
        with pytest.raises(BadSelection):
            parse(QueryDict(query), strict=True)


NO_WORD = "There is no word in it."


@pytest.mark.parametrize(("query", "dropped", "canonical"), [
    ("q=vaud", [], "?q=vaud"),
    ("q=vaud+", [], "?q=vaud+"),
    ("q=+++a+++b++", [], "?q=a+b+"),
    ("q=", [], ""),
    ("q=+", [("q", " ", NO_WORD)], ""),
    ("q=%22%22", [("q", '""', NO_WORD)], ""),
    ("q=a&q=b", [("q", "b", "Only one search can be made.")], "?q=a"),
    ("q=*&q=b", [("q", "*", NO_WORD)], "?q=b"),
    ("q=a&sort=relevance", [], "?q=a"),
    ("q=a&sort=number", [], "?q=a&sort=number"),
    ("sort=relevance", [("sort", "relevance", "Only what was searched for can be sorted by this.")], ""),
    ("sort=number", [], ""),
    (f"q={'x' * 10_000}", [], f"?q={'x' * 200}"),
])  # fmt: skip
def test_a_search_in_the_address(query, dropped, canonical):
    make_collection()
    selection = parse(QueryDict(query))
    assert selection.dropped == tuple(Dropped(*each) for each in dropped)
    assert selection.query() == canonical
    assert parse(QueryDict(canonical.removeprefix("?")), strict=True).query() == canonical


def test_the_order_goes_with_the_search():
    make_collection()
    chips = {query: select(query).chips()[0].query_without for query in (
        "q=vaud", "q=vaud&sort=number", "q=vaud&sort=title", "q=vaud&jmdi=no&sort=number", "jmdi=no&q=vaud",
    )}  # fmt: skip
    assert chips == {
        "q=vaud": "?",
        "q=vaud&sort=number": "?",
        "q=vaud&sort=title": "?sort=title",
        "q=vaud&jmdi=no&sort=number": "?jmdi=no",
        "jmdi=no&q=vaud": "?jmdi=no",
    }
    # «All of» goes with the last value of its facet.
    chips = select("trigger=missing-channels&trigger=policy-mismatch&all=trigger").chips()
    assert chips[0].query_without == "?trigger=missing-channels&all=trigger"
    assert select("trigger=missing-channels&all=trigger").chips()[0].query_without == "?"
