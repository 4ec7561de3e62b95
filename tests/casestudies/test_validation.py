"""The one validator: every kind of problem, with file, line, record, field and reason, and all at once."""

from __future__ import annotations

import pytest

from casestudies.collection.constraints import holds
from casestudies.collection.reading import read_text
from casestudies.collection.records import Problem
from casestudies.collection.state import read_state
from casestudies.collection.validation import validate
from casestudies.models import Case
from tests import factories as f
from tests.casestudies.collection import build

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world() -> None:
    build()
    f.term("trigger", "old", is_retired=True)
    f.term("region", "africa")
    f.CaseActorFactory(case=Case.objects.get(slug="quinte"), key="other")
    f.SubPointFactory(recommendation__number=3, letter="b")


def problems(text: str) -> list[str]:
    """What reading and checking one file finds."""
    read = list(read_text(text, "x.yaml"))
    records = [found for found in read if not isinstance(found, Problem)]
    _found, wrong = validate(records, read_state("default"))
    return [str(problem) for problem in sorted([*wrong, *(found for found in read if isinstance(found, Problem))])]


def record(model: str, **fields: str) -> str:
    """One record, its values as YAML."""
    lines = [f"- model: casestudies.{model}", "  fields:", *(f"    {name}: {value}" for name, value in fields.items())]
    return "\n".join(lines) + "\n"


def figure(**fields: str) -> str:
    base = {"case": "[vaud]", "key": "k", "section": "overview", "label": "x", "low": "'1'", "high": "'1'"}
    given = {**base, "stated": "'1'", "unit": "people", **fields}
    return record("figure", **{name: value for name, value in given.items() if value})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [", ["x.yaml:2: is no valid YAML: did not find expected node content"]),
        ("a: b", ["x.yaml:1: is not a list of records"]),
        ("- x", ["x.yaml:1: is not a record with “model” and “fields”"]),
        ("- model: casestudies.figure\n  fields: [x]", ["x.yaml:1: is not a record with “model” and “fields”"]),
        ("- model: a.b\n  pk: 1\n  fields: {}",
         ["x.yaml:1: a.b: pk: records are found by their natural key: leave it out"]),
        ("- model: a.b\n  more: 1\n  fields: {}", ["x.yaml:1: a.b: more: a record has “model” and “fields” only"]),
        ("- model: a.b\n  fields: {}", ["x.yaml:1: a.b: is no model of the collection"]),
        ("- model: casestudies.loadedrecord\n  fields: {}",
         ["x.yaml:1: casestudies.loadedrecord: is no model of the collection"]),
        ("", []),
    ],
)  # fmt: skip
def test_form(text, expected):
    assert problems(text) == expected


K = "x.yaml:1: casestudies.figure [vaud, k]: "


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, []),
        ({"nonsense": "1"}, ["nonsense: is no field of this model"]),
        ({"label": ""}, ["label: is required"]),
        ({"label": "''"}, ["label: is required"]),
        ({"stated": "4.10"}, ["stated: is number 4.1, but must be text: put it in quotes"]),
        ({"stated": "no"}, ["stated: is yes/no False, but must be text: put it in quotes"]),
        ({"stated": "2014-01-01"}, ["stated: is date 2014-01-01, but must be text: put it in quotes"]),
        ({"stated": "null"}, ["stated: is nothing (null), but must be text: put it in quotes"]),
        ({"low": "0.5"}, ["low: is number 0.5, but must be digits in quotes, such as '4.10'"]),
        ({"low": "'1,000'"}, ["low: is text 1,000, but must be digits in quotes, such as '4.10'"]),
        ({"low": "'0.12345'"}, ["low: Ensure that there are no more than 2 decimal places."]),
        ({"year_from": "'2014'"}, ["year_from: is text 2014, but must be a whole number, not in quotes"]),
        ({"year_from": "true"}, ["year_from: is yes/no True, but must be a whole number, not in quotes"]),
        ({"year_from": "99"}, ["year_from: Ensure this value is greater than or equal to 1000."]),
        ({"unit": "miles"}, ["unit: Value 'miles' is not a valid choice."]),
        ({"place": "Part IV"}, ["place: Write «Part 4.12, Implementation»; join several places with «; »."]),
        ({"key": "Capital"}, None),
        ({"currency": "CHF"}, ["currency: is text CHF, but must be the natural key [text]"]),
        ({"currency": "[XXX]"}, ["currency: there is no casestudies.currency [XXX]"]),
        ({"low": "'2'"}, ["Constraint “figure_low_not_above_high” is violated."]),
        ({"unit": "share", "high": "'101'"}, ["Constraint “figure_share_within_0_100” is violated."]),
        ({"unit": "money"}, ["Constraint “figure_money_with_currency” is violated."]),
        ({"year_from": "2014", "year_to": "2013"}, ["Constraint “figure_end_not_before_start” is violated."]),
    ],
)
def test_field(fields, expected):
    if expected is None:
        assert problems(figure(**fields)) == [
            "x.yaml:1: casestudies.figure [vaud, Capital]: key: Lower-case letters, digits and hyphens only."
        ]
    else:
        assert problems(figure(**fields)) == [K + reason for reason in expected]


def row(model: str, **fields: str) -> str:
    return record(model, case="[vaud]", key="k", **fields)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (record("case", collection="[white-paper-2015]", ordinal="3", slug="a", name="a", title="a", country="[NO]"),
         "1: casestudies.case [a]: country: is list [False], but must be the natural key [text]"),
        (record("case", collection="[white-paper-2015]", ordinal="3", slug="a", name="a", title="a", country="[CH]",
                revises="[vaud]"), "1: casestudies.case [a]: revises: is no field of this model"),
        (record("case", collection="[white-paper-2015]", ordinal="3", slug="a", name="a", title="a", country="[CH]",
                last_checked_on="2015-13-45"), "1: is no valid YAML: month must be in 1..12"),
        (row("figure", label="a", section="overview", low="'1'", high="'1'", stated="a", unit="people", label_="a")
         + "    label: b\n", "12: label: stands twice"),
        (row("caseactor", organization="[canton]", roles="[[role, nobody]]"),
         "1: casestudies.caseactor [vaud, k]: roles: there is no casestudies.term [role, nobody]"),
        (row("caseactor", organization="[canton]", roles="[[role, funds], [role, funds]]"),
         "1: casestudies.caseactor [vaud, k]: roles: has ['role', 'funds'] twice"),
        (row("caseactor", organization="[canton]", roles="role"),
         "1: casestudies.caseactor [vaud, k]: roles: is text role, but must be a list of natural keys"),
        (row("caseactor", organization="[canton]", roles="[[tier, local]]"),
         "1: casestudies.caseactor [vaud, k]: roles: ['tier', 'local'] is not of the vocabulary “role”"),
        (row("coordinationmechanism", name="a", form="[tier, local]"),
         "1: casestudies.coordinationmechanism [vaud, k]: form: ['tier', 'local'] is not of the vocabulary "
         "“coordination-form”"),
        (row("coordinationmechanism", name="a", members="[[quinte, other]]"),
         "1: casestudies.coordinationmechanism [vaud, k]: members: ['quinte', 'other'] belongs to another case"),
        (record("country", code="XX", alpha3="XXX", name="x", region="[tier, local]"),
         "1: casestudies.country [XX]: region: ['tier', 'local'] is not of the vocabulary “region”"),
        (row("caseterm", term="[trigger, old]"),
         "1: casestudies.caseterm [vaud, k]: term: casestudies.term [trigger, old] is retired"),
        (row("editorialnote", text="a", about="figures/none"),
         "1: casestudies.editorialnote [vaud, k]: about: there is no casestudies.figure [vaud, none]"),
        (row("editorialnote", text="a", about="nothing/none"),
         "1: casestudies.editorialnote [vaud, k]: about: “nothing/none” is nothing that a case has"),
        (row("illustration", recommendation="[14]", subpoint="[3, b]", strength="central", reason="a"),
         "1: casestudies.illustration [vaud, k]: subpoint: is no sub-point of recommendation 14"),
        (row("component", section="results", title="a", parent="[vaud, the-parent]"),
         "1: casestudies.component [vaud, k]: parent: stands in another section: “implementation”"),
        (record("term", vocabulary="[role]", slug="new", label="New", parent="[tier, local]"),
         "1: casestudies.term [role, new]: parent: is a term of another vocabulary"),
        (record("organization", slug="bureau", name="a", successor="[office]"),
         "1: casestudies.organization [bureau]: successor: leads back to the record itself"),
        (row("caseterm", term="[approach, mixed]").replace("key: k", "key: a") +
         row("caseterm", term="[approach, mixed]"),
         "6: casestudies.caseterm [vaud, k]: is the same as casestudies.caseterm [vaud, a] (caseterm_unique)"),
        (figure() + figure(), "11: casestudies.figure [vaud, k]: is there already: x.yaml:1"),
    ],
)  # fmt: skip
def test_whole(text, expected):
    found = problems(text)
    assert f"x.yaml:{expected}" in found
    assert len(found) == (2 if "caseterm_unique" in expected or "label_" in text else 1)


def test_second_term_of_a_single_vocabulary():
    f.term("approach", "top-down")
    text = record("caseterm", case="[quinte]", key="a", term="[approach, mixed]")
    text += record("caseterm", case="[quinte]", key="b", term="[approach, top-down]")
    assert problems(text) == [
        "x.yaml:6: casestudies.caseterm [quinte, b]: term: is the case's second of “approach”, after “a”"
    ]


def test_all_problems_are_found_at_once():
    text = figure(unit="miles", stated="4.10") + record("nothing").replace("fields:", "fields: {}")
    assert problems(text) == [
        K + "stated: is number 4.1, but must be text: put it in quotes",
        K + "unit: Value 'miles' is not a valid choice.",
        "x.yaml:11: casestudies.nothing: is no model of the collection",
    ]


def test_link_to_a_retired_term_that_was_there_may_stay():
    f.CaseTermFactory(case=Case.objects.get(slug="vaud"), key="k", term=f.term("trigger", "old"))
    assert problems(row("caseterm", term="[trigger, old]")) == []


def test_conditions_are_those_of_the_database():
    """What the check constraints say of rows that the database took: nothing."""
    from casestudies.collection.constraints import broken_checks

    rows = read_state("default").rows
    assert [c.name for label in rows for r in rows[label].values() for c in broken_checks(label, r.fields)] == []


def test_unknown_values_leave_a_condition_open():
    from django.db.models import Q

    assert holds(Q(a=1), {"a": None}) is None
    assert holds(~Q(a=1), {"a": None}) is None
    assert holds(Q(a=1) | Q(b=2), {"a": None, "b": 2}) is True
    assert holds(Q(a=1, b=2), {"a": None, "b": 3}) is False
