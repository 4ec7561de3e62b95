"""Likeness: each property that docs/likeness.md claims, worked by hand, and against a plain reading of the models."""

from __future__ import annotations

import re
import threading
from array import array
from collections import OrderedDict
from fractions import Fraction
from pathlib import Path

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from casestudies import index as indexes
from casestudies.facets import NOT_REPORTED, Option
from casestudies.index import Index
from casestudies.likeness import (
    ASPECTS,
    DEFAULT_WEIGHTS,
    Answers,
    Match,
    Ranked,
    Territory,
    _matches,
    _rank,
    comparable,
    read_territory,
    values_of,
)
from casestudies.models import Case, budget_band
from tests.factories import CaseFactory
from tests.remembering import remembered

from .builders import make_case, make_collection, make_reference

NAMES = [aspect.name for aspect in ASPECTS]
WEIGHTS = {
    "level": 2,
    "state": 1,
    "migration": 3,
    "trigger": 2,
    "objective": 3,
    "actor": 1,
    "beneficiary": 2,
    "budget": 1,
}


# A plain reading: sets, and nothing of the index.

Held = dict[str, frozenset[str]]


def jaccard(one: frozenset[str], other: frozenset[str]) -> Fraction:
    return Fraction(len(one & other), len(one | other))


def asked_share(wanted: frozenset[str], held: frozenset[str]) -> Fraction:
    return Fraction(len(wanted & held), len(wanted))


def plainly(wanted: Held, held: Held, weights: dict[str, int], share) -> tuple[Fraction | None, int]:
    """The score and the number of aspects compared; None where there is nothing to compare."""
    both = [name for name in NAMES if wanted.get(name) and held.get(name) and weights[name]]
    if not both:
        return None, 0
    sum_ = sum((weights[name] * share(wanted[name], held[name]) for name in both), Fraction(0))
    return sum_ / sum(weights[name] for name in both), len(both)


def plain_order(wanted: Held, cases: list[Held], weights: dict[str, int], share, fewest: int = 1) -> list[int]:
    scored = [(place, *plainly(wanted, held, weights, share)) for place, held in enumerate(cases)]
    ranked = [each for each in scored if each[2] >= fewest]
    return [place for place, _score, _compared in sorted(ranked, key=lambda each: (-each[1], -each[2], each[0]))]


class Sets(Index):
    """An index of cases that are nothing but sets of values."""

    def __init__(self, cases: list[Held]) -> None:
        self.pks = array("Q", range(len(cases)))
        self.position = {pk: pk for pk in self.pks}
        self.facets = {
            name: {
                value: BitMap([place for place, held in enumerate(cases) if value in held.get(name, ())])
                for value in sorted({value for held in cases for value in held.get(name, ())})
            }
            for name in NAMES
        }
        self.options = {name: [Option(value, value) for value in VALUES] for name in NAMES}
        self._kept, self._lock = OrderedDict(), threading.Lock()


VALUES = ["a", "b", "c", "d", "e"]
held_values = st.frozensets(st.sampled_from(VALUES), max_size=4)
holdings = st.dictionaries(st.sampled_from(NAMES), held_values)
weightings = st.fixed_dictionaries({name: st.integers(0, 3) for name in NAMES})
several = st.lists(holdings, min_size=1, max_size=6)
SHARES = {True: jaccard, False: asked_share}


def score(index: Index, place: int, wanted: Held, weights: dict[str, int], *, is_symmetric: bool) -> Ranked:
    return Ranked(place, _matches(index, place, wanted, weights, is_symmetric=is_symmetric))


@settings(max_examples=150, deadline=None)
@given(several, holdings, weightings, st.booleans(), st.integers(1, 3))
def test_scores_and_order_are_those_of_a_plain_reading(cases, wanted, weights, is_symmetric, fewest):
    index, share = Sets(cases), SHARES[is_symmetric]
    order = _rank(index, wanted, weights, is_symmetric=is_symmetric, fewest=fewest)
    assert list(order.positions) == plain_order(wanted, cases, weights, share, fewest)
    scores = [plainly(wanted, cases[place], weights, share)[0] for place in order.positions]
    assert order.alike == sum(each > 0 for each in scores)
    for place, expected in zip(order.positions, scores, strict=True):
        ranked = score(index, place, wanted, weights, is_symmetric=is_symmetric)
        assert (ranked.score, ranked.compared) == (expected, plainly(wanted, cases[place], weights, share)[1])


@settings(max_examples=100, deadline=None)
@given(holdings, holdings)
def test_likeness_is_symmetric_and_between_0_and_1(one, other):
    index = Sets([one, other])
    there = score(index, 1, one, WEIGHTS, is_symmetric=True)
    back = score(index, 0, other, WEIGHTS, is_symmetric=True)
    assert there.score == back.score
    assert 0 <= there.score <= 1
    assert [(m.aspect, m.shared, m.missing, m.besides) for m in there.matches if m.is_stated] == [
        (m.aspect, m.shared, m.besides, m.missing) for m in back.matches if m.is_stated
    ]


@settings(max_examples=60, deadline=None)
@given(holdings)
def test_likeness_is_1_for_the_same_and_0_for_none_in_common(held):
    stated = {name: values for name, values in held.items() if values}
    other = {name: frozenset(VALUES) - values for name, values in stated.items()}
    index = Sets([stated, other])
    assert score(index, 0, stated, WEIGHTS, is_symmetric=True).score == bool(stated)
    assert score(index, 1, stated, WEIGHTS, is_symmetric=True).score == 0


def answer(held: Held, wanted: Held, weights: dict[str, int]) -> Fraction:
    return score(Sets([held]), 0, wanted, weights, is_symmetric=False).score


@settings(max_examples=150, deadline=None)
@given(holdings, holdings, weightings, st.data())
def test_an_answer_never_falls_by_what_is_asked_for(held, wanted, weights, data):
    pairs = [(name, value) for name, values in wanted.items() for value in sorted(values) if held.get(name)]
    if not pairs:
        return
    name, value = data.draw(st.sampled_from(pairs))
    gained = held | {name: held[name] | {value}}
    assert answer(gained, wanted, weights) >= answer(held, wanted, weights)
    lost = held | {name: held[name] - {value}}
    if lost[name]:
        assert answer(lost, wanted, weights) <= answer(held, wanted, weights)


def test_the_first_value_that_is_stated_may_lower_an_answer():
    """As docs/likeness.md says: from then on the aspect is compared."""
    wanted = {"level": frozenset("a"), "trigger": frozenset("ab")}
    silent, telling = {"level": frozenset("a")}, {"level": frozenset("a"), "trigger": frozenset("a")}
    assert answer(silent, wanted, WEIGHTS) == 1
    # Level 1 of 1, triggers 1 of 2, both of weight 2.
    assert answer(telling, wanted, WEIGHTS) == Fraction(3, 4)


@settings(max_examples=100, deadline=None)
@given(several, holdings, weightings, st.sampled_from(NAMES), held_values)
def test_what_weighs_nothing_or_is_not_stated_changes_nothing(cases, wanted, weights, name, values):
    plain = {key: each for key, each in wanted.items() if key != name}
    expected = list(_rank(Sets(cases), plain, weights, is_symmetric=False, fewest=1).positions)
    # Asked for, but without weight.
    weightless = weights | {name: 0}
    found = _rank(Sets(cases), plain | {name: values}, weightless, is_symmetric=False, fewest=1)
    assert list(found.positions) == list(_rank(Sets(cases), plain, weightless, is_symmetric=False, fewest=1).positions)
    assert not any(m.aspect.name == name for m in _matches(Sets(cases), 0, plain | {name: values}, weightless,
                                                           is_symmetric=False))  # fmt: skip
    # Asked for, but stated by nobody.
    silent = [{key: each for key, each in held.items() if key != name} for held in cases]
    found = _rank(Sets(silent), plain | {name: values}, weights, is_symmetric=False, fewest=1)
    assert list(found.positions) == list(_rank(Sets(silent), plain, weights, is_symmetric=False, fewest=1).positions)
    # Not asked for, whatever it weighs.
    found = _rank(Sets(cases), plain | {name: frozenset()}, weights, is_symmetric=False, fewest=1)
    assert list(found.positions) == expected
    heavy = _rank(Sets(cases), plain, weights | {name: 3}, is_symmetric=False, fewest=1)
    assert list(heavy.positions) == expected


@settings(max_examples=60, deadline=None)
@given(holdings, holdings, weightings, st.sampled_from(NAMES))
def test_what_a_case_has_besides_changes_nothing_in_an_answer(held, wanted, weights, name):
    if not held.get(name):
        return
    more = held | {name: held[name] | (frozenset(VALUES) - wanted.get(name, frozenset()))}
    assert answer(more, wanted, weights) == answer(held, wanted, weights)


@settings(max_examples=60, deadline=None)
@given(holdings, holdings)
def test_weights_count_in_relation_to_each_other(held, wanted):
    ones, threes = dict.fromkeys(NAMES, 1), dict.fromkeys(NAMES, 3)
    assert answer(held, wanted, ones) == answer(held, wanted, threes)


@settings(max_examples=60, deadline=None)
@given(several, holdings, weightings, st.booleans(), st.randoms(use_true_random=False))
def test_the_order_of_aspects_and_cases_changes_nothing(cases, wanted, weights, is_symmetric, random):
    names = list(wanted)
    random.shuffle(names)
    order = _rank(Sets(cases), wanted, weights, is_symmetric=is_symmetric, fewest=1)
    turned = {name: frozenset(sorted(wanted[name], reverse=True)) for name in names}
    again = _rank(Sets(cases), turned, weights, is_symmetric=is_symmetric, fewest=1)
    assert order == again
    # The cases in another order: the same scores in the same order, and the same cases but for ties.
    places = list(range(len(cases)))
    random.shuffle(places)
    moved = [cases[place] for place in places]
    other = _rank(Sets(moved), wanted, weights, is_symmetric=is_symmetric, fewest=1)
    share = SHARES[is_symmetric]
    assert [plainly(wanted, cases[p], weights, share) for p in order.positions] == [
        plainly(wanted, moved[p], weights, share) for p in other.positions
    ]


def test_ties_are_broken_by_the_aspects_compared_then_by_the_number():
    a, b = frozenset("a"), frozenset("b")
    wanted = {"level": a, "state": a}
    cases = [{"level": a}, {"level": a, "state": a}, {"level": b}, {"level": a}, {"level": b, "state": b}, {}]
    order = _rank(Sets(cases), wanted, WEIGHTS, is_symmetric=False, fewest=1)
    # 1 states both and has both; 0 and 3 state one and have it; 4 states both and has none; 2 states one; 5 nothing.
    assert list(order.positions) == [1, 0, 3, 4, 2]
    assert order.alike == 3


@pytest.mark.parametrize(("share", "percent"), [
    ("0", 0), ("1", 100), ("1/2", 50), ("1/8", 13), ("3/8", 38), ("1/3", 33), ("2/3", 67), ("1/400", 1),
    ("399/400", 99),
])  # fmt: skip
def test_per_cents_are_rounded_and_only_a_full_score_is_100(share, percent):
    match = Match(ASPECTS[0], 2, (), (), (), Fraction(share))
    assert Ranked(0, (match,)).percent == percent


def test_a_score_is_the_weighted_mean_of_what_is_stated():
    matches = (
        Match(ASPECTS[0], 2, ("x",), (), (), Fraction(1)),
        Match(ASPECTS[2], 3, ("x",), ("y",), (), Fraction(1, 2)),
        Match(ASPECTS[4], 3, (), ("z",), (), None),
    )
    # (2 × 1 + 3 × ½) / (2 + 3)
    assert Ranked(0, matches).score == Fraction(7, 10)
    assert Ranked(0, matches).compared == 2
    assert Ranked(0, matches[2:]).score == 0


def test_an_aspect_matches_in_full_in_part_not_at_all_or_is_not_stated():
    index = Sets([{"level": frozenset("ab"), "state": frozenset("a"), "trigger": frozenset("abcd")}])
    wanted = {name: frozenset(v) for name, v in
              (("level", "ab"), ("state", "b"), ("migration", "a"), ("trigger", "ab"))}  # fmt: skip
    asked = score(index, 0, wanted, WEIGHTS, is_symmetric=False).matches
    assert [(m.aspect.name, m.kind, m.whole) for m in asked] == [
        ("level", "hit", 2), ("state", "miss", 0), ("migration", "unknown", 0), ("trigger", "hit", 2),
    ]  # fmt: skip
    # Beside a case, what the other has besides counts too.
    alike = score(index, 0, wanted, WEIGHTS, is_symmetric=True).matches
    assert [(m.kind, m.whole) for m in alike] == [("hit", 2), ("miss", 0), ("unknown", 0), ("part", 4)]


def test_the_weights_are_those_of_the_document():
    document = (Path(__file__).parents[2] / "docs" / "likeness.md").read_text(encoding="utf-8")
    stated = dict(re.findall(r"(?<=\| )([a-z ]+) \| (\d)(?= \|)", document))
    assert stated == {
        "level of government": "2", "broad objectives": "3", "kind of state": "1", "types of actors": "1",
        "migration profile": "3", "beneficiaries": "2", "triggers": "2", "size of the budget": "1",
    }  # fmt: skip
    assert WEIGHTS == DEFAULT_WEIGHTS


# The models.


def plain_values(case: Case, aspect: str) -> frozenset[str]:
    """What a case has in an aspect, row by row."""
    if aspect == "budget":
        budget = getattr(case, "budget", None)
        band = budget and budget_band(budget.total, budget.currency)
        return frozenset([str(band)] if band else [])
    terms = {
        "objective": [term for row in case.objectives.all() for term in row.broad_objectives.all()],
        "actor": [term for row in case.caseactors.all() for term in row.organization.types.all()],
        "beneficiary": [term for row in case.beneficiarygroups.all() for term in row.groups.all()],
    }.get(aspect)
    if terms is None:
        terms = [row.term for row in case.caseterms.all() if row.term.vocabulary.slug == aspect]
    return frozenset(slug for term in terms for slug in (term.slug, term.parent and term.parent.slug) if slug)


def plain_holdings(case: Case) -> Held:
    return {name: plain_values(case, name) for name in NAMES}


@remembered
def make_cases() -> None:
    """The five of the builders, a twin of the first, one that says hardly anything, and a draft."""
    if Case.objects.exists():
        return
    make_collection()
    make_case(
        "twin",
        code="FR",
        terms=(("trigger", "national-legislation"), ("migration", "immigration"), ("state", "federal"),
               ("level", "state-or-canton")),
        objectives=(("diaspora-opportunities", "socioeconomic-integration"),),
        actors=(("technical-services", "municipalities-and-councils", "civil-society"),),
        beneficiaries=(("returnees", "women"),),
        budget=("20000000", "USD"),
    )  # fmt: skip
    make_case("silent", terms=(("level", "municipal"), ("state", "federal")))
    make_case(
        "draft", status="draft", terms=(("level", "municipal"), ("state", "federal"), ("migration", "immigration"))
    )


@pytest.mark.django_db
def test_an_aspect_is_what_the_rows_of_a_case_say():
    make_cases()
    index = indexes.current()
    for case in Case.objects.published():
        for name in NAMES:
            assert values_of(index, index.position[case.pk], name) == plain_values(case, name), (case.slug, name)
    vaud = Case.objects.get(slug="vaud")
    assert {name: set(values_of(index, index.position[vaud.pk], name)) for name in NAMES} == {
        "level": {"state-or-canton"}, "state": {"federal"}, "migration": {"immigration"},
        "trigger": {"national-legislation"}, "objective": {"socioeconomic-integration", "diaspora-opportunities"},
        "actor": {"municipalities-and-councils", "technical-services", "local-government", "civil-society"},
        "beneficiary": {"women", "returnees"}, "budget": {"over-10m"},
    }  # fmt: skip


@pytest.mark.django_db
def test_no_total_is_no_size_of_a_budget():
    make_reference()
    told = {
        "unrated": ("5", "XXX"), "unreported": "not-reported", "without": None, "cheap": ("5", "USD"),
    }  # fmt: skip
    for slug, budget in told.items():
        make_case(slug, budget=budget)
    index = indexes.current()
    found = {c.slug: set(values_of(index, index.position[c.pk], "budget")) for c in Case.objects.published()}
    assert found == {"unrated": set(), "unreported": set(), "without": set(), "cheap": {"under-250k"}}
    territory = read_territory(QueryDict(f"budget=under-250k&budget={NOT_REPORTED}"), index)
    assert territory.wanted == {"budget": ("under-250k",)}
    assert [each.value for each in territory.dropped] == [NOT_REPORTED]
    assert [each.case.slug for each in Answers(territory, index)[:9]] == ["cheap"]


@pytest.mark.django_db
def test_comparable_cases_are_the_most_alike_of_a_plain_reading():
    make_cases()
    index = indexes.current()
    cases = list(Case.objects.published().order_by("ordinal"))
    held = [plain_holdings(case) for case in cases]
    shown = {}
    for place, case in enumerate(cases):
        order = plain_order(held[place], held, WEIGHTS, jaccard, fewest=3)
        scores = [(other, plainly(held[place], held[other], WEIGHTS, jaccard)[0]) for other in order if other != place]
        expected = [(cases[other].slug, each) for other, each in scores if each > 0][:3]
        found = comparable(index, case)
        assert [(each.case.slug, each.score) for each in found] == expected
        shown[case.slug] = [each.case.slug for each in found]
    # By hand: the twin has all that Vaud has; a case that states one or two aspects stands beside none.
    assert shown["vaud"][0] == "twin"
    assert shown["twin"][0] == "vaud"
    assert shown["silent"] == []
    assert shown["lyon"] == []
    assert all("silent" not in others and "draft" not in others for others in shown.values())


@pytest.mark.django_db
def test_likeness_by_hand():
    make_cases()
    index = indexes.current()
    vaud, souss = Case.objects.get(slug="vaud"), Case.objects.get(slug="souss")
    (found,) = [each for each in comparable(index, vaud, most=9) if each.case == souss]
    told = {m.aspect.name: (m.shared, m.missing, m.besides, m.share) for m in found.matches}
    assert told["migration"] == (("Immigration",), (), ("Emigration",), Fraction(1, 2))
    assert told["objective"] == (("Diaspora opportunities",), ("Socioeconomic integration",), (), Fraction(1, 2))
    assert told["beneficiary"] == (("Returnees",), ("Women",), (), Fraction(1, 2))
    assert told["actor"] == (
        ("Local government", "Municipalities and councils", "Technical services"), ("Civil society",), (),
        Fraction(3, 4),
    )  # fmt: skip
    assert {name: told[name][3] for name in ("level", "state", "trigger", "budget")} == {
        "level": 0, "state": 0, "trigger": 0, "budget": 0,
    }  # fmt: skip
    # (3 × ½ + 3 × ½ + 1 × ¾ + 2 × ½) / (2 + 1 + 3 + 2 + 3 + 1 + 2 + 1)
    assert found.score == Fraction(19, 4) / 15
    assert found.percent == 32


@pytest.mark.django_db
def test_one_case_more_or_less_changes_no_likeness():
    make_cases()
    vaud = Case.objects.get(slug="vaud")
    before = {each.case.slug: each.score for each in comparable(indexes.current(), vaud, most=9)}
    make_case("other", terms=(("level", "municipal"), ("state", "federal"), ("migration", "emigration")))
    after = {each.case.slug: each.score for each in comparable(indexes.current(), vaud, most=9)}
    assert {slug: after[slug] for slug in before} == before
    assert set(after) == {*before, "other"}


@pytest.mark.django_db
def test_a_case_that_is_not_public_has_no_comparable_cases():
    make_cases()
    assert comparable(indexes.current(), Case.objects.get(slug="draft")) == []
    # What was hidden after the index was made is not shown either.
    index = indexes.current()
    vaud = Case.objects.get(slug="vaud")
    assert comparable(index, vaud)[0].case.slug == "twin"
    Case.objects.filter(slug="twin").update(status="archived")
    assert "twin" not in [each.case.slug for each in comparable(index, vaud)]


OFFERED = {
    "level": ["municipal", "provincial-or-regional", "state-or-canton"],
    "state": ["centralized", "federal"],
    "migration": ["emigration", "immigration"],
    "trigger": ["national-legislation", "policy-mismatch", "missing-channels", "easier-to-legislate-locally"],
    "objective": ["socioeconomic-integration", "diaspora-opportunities", "decentralized-cooperation"],
    "actor": ["local-government", "municipalities-and-councils", "technical-services", "civil-society"],
    "beneficiary": ["returnees", "women"],
    "budget": ["under-250k", "250k-1m", "1m-10m", "over-10m"],
}
descriptions = st.fixed_dictionaries(
    {}, optional={n: st.lists(st.sampled_from(v), min_size=1, max_size=3, unique=True) for n, v in OFFERED.items()}
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(descriptions, weightings)
def test_answers_are_those_of_a_plain_reading(db, wanted, weights):
    make_cases()
    index = indexes.current()
    data = QueryDict(mutable=True)
    for name, values in wanted.items():
        data.setlist(name, values)
    for name, weight in weights.items():
        data[f"weight-{name}"] = str(weight)
    territory = read_territory(data, index)
    assert territory.dropped == ()
    assert {name: set(values) for name, values in territory.wanted.items()} == {n: set(v) for n, v in wanted.items()}
    assert territory.weights == weights
    sets = {name: frozenset(values) for name, values in wanted.items()}
    cases = list(Case.objects.published().order_by("ordinal"))
    held = [plain_holdings(case) for case in cases]
    order = plain_order(sets, held, weights, asked_share)
    scores = [plainly(sets, held[place], weights, asked_share) for place in order]
    answers = Answers(territory, index)
    assert len(answers) == len(order)
    assert territory.is_empty == (not any(weights[name] for name in wanted))
    assert [(each.case, each.score, each.compared) for each in answers[:99]] == [
        (cases[place], *scored) for place, scored in zip(order, scores, strict=True)
    ]
    best = [cases[place] for place, (each, _compared) in zip(order, scores, strict=True) if each > 0]
    assert [each.case for each in answers.best(4)] == best[:4]
    for each, place in zip(answers[:99], order, strict=True):
        for match in each.matches:
            asked, has = sets[match.aspect.name], held[place][match.aspect.name]
            assert (len(match.shared), len(match.missing)) == (len(asked & has), len(asked - has))
            assert match.is_stated == bool(has)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(descriptions, weightings, st.randoms(use_true_random=False))
def test_an_address_holds_the_description_in_one_order(db, wanted, weights, random):
    make_cases()
    index = indexes.current()
    pairs = [(name, value) for name, values in wanted.items() for value in values]
    pairs += [(f"weight-{name}", str(weight)) for name, weight in weights.items()]
    random.shuffle(pairs)
    data = QueryDict(mutable=True)
    for name, value in pairs:
        data.appendlist(name, value)
    territory = read_territory(data, index)
    again = read_territory(QueryDict(territory.query().removeprefix("?")), index)
    assert (again.wanted, again.weights) == (territory.wanted, territory.weights)
    assert again.query() == territory.query()
    # Only weights that were changed stand there.
    assert {name for name, _value in again.pairs() if name.startswith("weight-")} == {
        f"weight-{name}" for name, weight in weights.items() if weight != WEIGHTS[name]
    }


@pytest.mark.django_db
def test_what_is_not_understood_is_dropped_with_its_reason():
    make_cases()
    data = QueryDict(
        "level=municipal&level=moon&level=&colour=red&weight-level=4&weight-state=-1&weight-trigger=1.5&weight-actor=²"
        "&weight-budget=00&weight-moon=2&weight-migration=0&weight-migration=2&weight-objective=&page=7"
    )
    territory = read_territory(data, indexes.current())
    assert territory.wanted == {"level": ("municipal",)}
    assert territory.weights == WEIGHTS | {"migration": 0}
    weight = "A weight is a whole number from 0 to 3."
    assert {(each.parameter, each.value): str(each.reason) for each in territory.dropped} == {
        ("level", "moon"): "There is no such value.",
        ("colour", "red"): "There is no such question.",
        ("weight-moon", "2"): "There is no such question.",
        ("weight-level", "4"): weight,
        ("weight-state", "-1"): weight,
        ("weight-trigger", "1.5"): weight,
        ("weight-actor", "²"): weight,
        ("weight-budget", "00"): weight,
        ("weight-migration", "2"): weight,
    }


def test_a_description_without_weight_is_empty():
    assert Territory({}, DEFAULT_WEIGHTS).is_empty
    assert Territory({"level": ("municipal",)}, DEFAULT_WEIGHTS | {"level": 0}).is_empty
    assert not Territory({"level": ("municipal",)}, DEFAULT_WEIGHTS).is_empty


@pytest.mark.django_db
def test_an_empty_collection_answers_nothing():
    make_reference()
    index = indexes.current()
    answers = Answers(read_territory(QueryDict("level=municipal"), index), index)
    assert len(answers) == 0
    assert answers.best(3) == []
    assert comparable(index, CaseFactory.build(pk=9)) == []
