"""The thirteen cases in the files: who they are, what they cost, and the rules that each keeps."""

from __future__ import annotations

from decimal import Decimal

import pytest

from .files import SLUGS, Files, Row, files
from .rules import RULES, Rule, row_of
from .rules import every_row_has_a_place as placed
from .rules import every_section_has_a_narrative as narrated
from .rules import works_exist_and_are_listed as listed

# Number, country, whether the JMDI supports it.
CASES = {
    "quinte": (1, "CA", False),
    "upala": (2, "CR", True),
    "la-union": (3, "SV", True),
    "pichincha": (4, "EC", True),
    "nantes": (5, "FR", False),
    "kerala": (6, "IN", False),
    "milan": (7, "IT", False),
    "souss-massa-draa-loriental": (8, "MA", True),
    "bicol": (9, "PH", True),
    "sedhiou": (10, "SN", True),
    "barcelona": (11, "ES", False),
    "vaud": (12, "CH", False),
    "new-york-city": (13, "US", False),
}

# What is said, total, currency, what it covers, from year, to year, months.
BUDGETS = {
    "quinte": ("not-reported", None, "", "", None, None, None),
    "upala": ("stated", "310000", "USD", "whole", None, None, 20),
    "la-union": ("stated", "230000", "USD", "whole", None, None, 20),
    "pichincha": ("stated", "364440", "USD", "whole", 2014, 2016, 20),
    "nantes": ("payer-only", None, "", "", None, None, None),
    "kerala": ("not-reported", None, "", "", None, None, None),
    "milan": ("stated", "4050000", "EUR", "", 2007, 2014, None),
    "souss-massa-draa-loriental": ("stated", "305892", "USD", "whole", 2014, 2016, 22),
    "bicol": ("stated", "230000", "USD", "whole", 2014, 2016, 22),
    "sedhiou": ("stated", "375244", "USD", "whole", None, None, 18),
    "barcelona": ("stated", "6500000", "EUR", "per-year", None, None, None),
    "vaud": ("stated", "12400000", "CHF", "whole", 2014, 2017, None),
    "new-york-city": ("stated", "24529585", "USD", "one-year", 2015, 2015, None),
}

# Payer (empty: not named) and sum (None: not stated) of each contribution, in the paper's order.
CONTRIBUTIONS = {
    "upala": [("jmdi", "230000"), ("", "80000")],
    "la-union": [("jmdi", "230000")],
    "pichincha": [("jmdi", "230000"), ("gad-pichincha", "134440")],
    "nantes": [("municipality-of-nantes", None), ("european-commission", None)],
    "milan": [("municipality-of-milan", None), ("financial-institutions-milan", None), ("other-donors-milan", None)],
    "souss-massa-draa-loriental": [
        ("jmdi", "230041"),
        ("afd", "23017"),
        ("african-development-bank", "19723"),
        ("ado", "19835"),
        ("rural-communes-souss", "13275"),
    ],
    "bicol": [("jmdi", "230000")],
    "sedhiou": [("jmdi", "230000"), ("grdr", "102324"), ("ards-sedhiou", "42920")],
}
# Where the contributions do not add up to the total as stated: by how much they fall short.
SHORT = {"souss-massa-draa-loriental": 1}


def test_thirteen_cases():
    assert {
        row["slug"]: (row["ordinal"], row.link("country"), row.get("is_jmdi_supported", False))
        for row in files().of("case")
    } == CASES
    assert {row["status"] for row in files().of("case")} == {"published"}
    assert {row.link("collection") for row in files().of("case")} == {"white-paper-2015"}
    assert tuple(CASES) == SLUGS


@pytest.mark.parametrize("slug", SLUGS)
def test_budget_is_what_the_paper_states(slug):
    row = files().one("budget", slug)
    names = ("total", "period", "year_from", "year_to", "duration_months")
    total, period, *rest = (row.get(name, None) for name in names)
    found = (row.get("status", "not-reported"), total, row.link("currency"), period or "", *rest)
    assert found == BUDGETS[slug]
    assert row["note"]


@pytest.mark.parametrize("slug", SLUGS)
def test_contributions_are_what_the_paper_states(slug):
    rows = sorted(files().of("contribution", slug), key=lambda row: row["position"])
    assert [(row.link("payer"), row.get("amount", None)) for row in rows] == CONTRIBUTIONS.get(slug, [])
    sums = [Decimal(row["amount"]) for row in rows if row.get("amount")]
    if sums:
        assert {row.link("currency") for row in rows} == {BUDGETS[slug][2]}
        assert Decimal(BUDGETS[slug][1]) - sum(sums) == SHORT.get(slug, 0)


def test_figures_are_many_in_all_and_some_in_each():
    assert len(files().of("figure")) > 150
    assert {slug for slug in SLUGS if len(files().of("figure", slug)) >= 5} == set(SLUGS)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("slug", SLUGS)
def test_case_keeps(slug, rule):
    assert list(rule(files(), slug)) == []


# Each rule broken once, in a copy of Vaud: the rule, a row of it, other fields (None: taken out), what is found then.
BROKEN: dict[str, tuple[str, str, str, dict, list[str]]] = {
    "no place": ("every_row_has_a_place", "figure", "steps", {"place": ""}, ["vaud/figure/steps"]),
    "no budget's place": ("every_row_has_a_place", "budget", "", {"place": None}, ["vaud/budget"]),
    "other case": (
        "places_are_headings_of_the_case",
        "figure",
        "steps",
        {"place": "Part 4.12, Overview; Part 4.1, Overview"},
        ["vaud/figure/steps: Part 4.1, Overview"],
    ),
    "other heading": (
        "places_are_headings_of_the_case",
        "figure",
        "steps",
        {"place": "Part 2, Overview"},
        ["vaud/figure/steps: Part 2, Overview"],
    ),
    "section": ("sections_are_of_the_ten", "figure", "steps", {"section": "budget"}, ["vaud/figure/steps: budget"]),
    "narrative": (
        "every_section_has_a_narrative",
        "narrative",
        "results",
        {"section": "objectives"},
        ["objectives", "results"],
    ),
    "base": ("shares_have_a_base", "figure", "tenders-share", {"base": ""}, ["vaud/figure/tenders-share"]),
    "currency": ("money_has_a_currency", "budget", "", {"currency": None}, ["vaud/budget"]),
    "no such currency": ("money_has_a_currency", "budget", "", {"currency": ["XXX"]}, ["vaud/budget"]),
    "low and high": ("figures_are_in_order", "figure", "steps", {"low": "101"}, ["vaud/figure/steps"]),
    "share": ("figures_are_in_order", "figure", "tenders-share", {"high": "140"}, ["vaud/figure/tenders-share"]),
    "key": ("keys_are_unique", "figure", "steps", {"key": "steps-second"}, ["figure/steps-second"]),
    "file": (
        "rows_stand_in_the_file_of_their_case",
        "figure",
        "steps",
        {"case": ["vaud"], "file": "cases/4-11-barcelona.yaml"},
        ["vaud/figure/steps: cases/4-11-barcelona.yaml"],
    ),
    "parent": (
        "components_are_nested_in_their_section",
        "component",
        "liepr-chamber",
        {"parent": ["vaud", "pillars"]},
        ["vaud/component/liepr-chamber"],
    ),
    "about": (
        "notes_stand_beside_what_exists",
        "editorialnote",
        "steps-count",
        {"about": "figures/step"},
        ["vaud/editorialnote/steps-count: figures/step"],
    ),
    "no such term": (
        "terms_exist",
        "caseterm",
        "approach-top-down",
        {"term": ["approach", "sideways"]},
        ["vaud/caseterm/approach-top-down: approach/sideways"],
    ),
    "other vocabulary": (
        "terms_exist",
        "caseactor",
        "bci",
        {"roles": [["tier", "municipal"]]},
        ["vaud/caseactor/bci: tier/municipal"],
    ),
    "two approaches": (
        "terms_are_used_once",
        "caseterm",
        "state-federal",
        {"term": ["approach", "mixed"]},
        ["approach"],
    ),
    "term twice": (
        "terms_are_used_once",
        "caseterm",
        "mechanism-councils",
        {"term": ["mechanism", "participation"]},
        ["mechanism/participation"],
    ),
    "organization": (
        "organizations_exist",
        "caseactor",
        "bci",
        {"organization": ["bic"]},
        ["vaud/caseactor/bci: bic"],
    ),
    "member": (
        "members_are_actors_of_the_case",
        "coordinationmechanism",
        "ccci",
        {"members": [["vaud", "nobody"]]},
        ["vaud/coordinationmechanism/ccci: ['vaud', 'nobody']"],
    ),
    "no such work": (
        "works_exist_and_are_listed",
        "figure",
        "steps",
        {"source": ["fom-1914"]},
        ["vaud/figure/steps: fom-1914"],
    ),
    "work of another case": (
        "works_exist_and_are_listed",
        "figure",
        "steps",
        {"source": ["inec-2015"]},
        ["vaud/figure/steps: inec-2015"],
    ),
    "four sentences": (
        "illustrations_have_a_short_reason",
        "illustration",
        "r5",
        {"reason": "One. Two. Three. “Four.”"},
        ["vaud/illustration/r5"],
    ),
    "no reason": ("illustrations_have_a_short_reason", "illustration", "r5", {"reason": ""}, ["vaud/illustration/r5"]),
    "sub-point of another": (
        "illustrations_fit_their_recommendation",
        "illustration",
        "r5",
        {"subpoint": [14, "a"]},
        ["vaud/illustration/r5"],
    ),
    "no such recommendation": (
        "illustrations_fit_their_recommendation",
        "illustration",
        "r5",
        {"recommendation": [27]},
        ["vaud/illustration/r5"],
    ),
    "style": (
        "texts_keep_the_style",
        "caseterm",
        "approach-top-down",
        {"reason": "A program of 1,000 francs."},
        [
            "vaud/caseterm/approach-top-down: reason: thousands separator",
            "vaud/caseterm/approach-top-down: reason: American spelling: program",
        ],
    ),
    "full stop": (
        "texts_end_with_a_full_stop",
        "caseterm",
        "approach-top-down",
        {"reason": "It came from above"},
        ["vaud/caseterm/approach-top-down: reason: …It came from above"],
    ),
    "colon without parts": (
        "texts_end_with_a_full_stop",
        "component",
        "liepr-chamber",
        {"text": "Advises on:"},
        ["vaud/component/liepr-chamber: text: …Advises on:"],
    ),
    "too short": (
        "texts_are_of_a_fit_length",
        "narrative",
        "results",
        {"text": "Nothing came of it."},
        ["vaud/narrative/results: text: 19"],
    ),
}


def broken(model: str, key: str, fields: dict) -> Files:
    """A copy of Vaud, one row of it with other fields."""
    copied = files().copy_of("vaud")
    row = row_of(copied, model, key)
    row.file = fields.get("file", row.file)
    row.fields = {name: value for name, value in (row.fields | fields).items() if value is not None and name != "file"}
    return Files(copied.rows)


@pytest.mark.parametrize("name", BROKEN)
def test_rule_finds_what_breaks_it(name):
    rule, model, key, fields, found = BROKEN[name]
    check: Rule = next(one for one in RULES if one.__name__ == rule)
    assert list(check(files().copy_of("vaud"), "vaud")) == []
    assert list(check(broken(model, key, fields), "vaud")) == found


def test_every_rule_is_broken_once():
    assert {rule.__name__ for rule in RULES} == {rule for rule, *_ in BROKEN.values()}


@pytest.mark.parametrize("model", ["term", "organization", "source"])
def test_retired_row_is_found(model):
    name = {"term": "approach", "organization": "bci", "source": "canton-of-vaud-2013"}[model]
    copied = files().copy_of("vaud")
    rows = [
        Row(model, row.fields | {"is_retired": True}) if row.model == model and row.get("slug") else row
        for row in copied.rows
    ]
    rules = {"term": "terms_exist", "organization": "organizations_exist", "source": "works_exist_and_are_listed"}
    check = next(one for one in RULES if one.__name__ == rules[model])
    assert any(name in finding for finding in check(Files(rows), "vaud"))


def test_accepted_gaps_pass():
    """A narrative that is missing and accepted is no fault; a missing place is one all the same."""
    copied = files().copy_of("vaud")
    gone = row_of(copied, "narrative", "results")
    rows = [row for row in copied.rows if row is not gone]
    assert list(narrated(Files(rows), "vaud")) == ["results"]
    rows.append(Row("acceptedfinding", {"rule": "no-narrative", "subject": "vaud/results", "reason": "So."}))
    assert list(narrated(Files(rows), "vaud")) == []
    assert list(placed(Files(rows), "vaud")) == []


def test_work_that_the_case_does_not_list_is_found():
    copied = files().copy_of("vaud")
    rows = [row for row in copied.rows if row.model != "casesource"]
    found = {finding.rpartition(": ")[2] for finding in listed(Files(rows), "vaud")}
    assert "canton-of-vaud-2013" in found
