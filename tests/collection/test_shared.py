"""What Part 2 and Part 3 say of which case, the works cited, the acronyms."""

from __future__ import annotations

import pytest

from .files import SLUGS, files

# The terms under which Part 2 itself names a case. All other classifications are the section's or ours.
PART_2 = {
    "quinte": {
        ("trigger", "up-scaling"),
        ("mechanism", "lead-institution"),
        ("mechanism", "new-institution"),
        ("mechanism", "thematic-working-groups"),
        ("mechanism", "sustainability"),
    },
    "upala": {("trigger", "particular-local-conditions")},
    "la-union": {("trigger", "up-scaling")},
    "pichincha": {("trigger", "migration-patterns")},
    "nantes": {("trigger", "migration-patterns"), ("national-local-link", "sub-national-tiers")},
    "kerala": {
        ("trigger", "regional-policy-cycle"),
        ("approach", "top-down"),
        ("mechanism", "lead-institution"),
        ("mechanism", "existing-institution"),
    },
    "milan": {("trigger", "up-scaling"), ("approach", "bottom-up"), ("mechanism", "decentralized-cooperation")},
    "souss-massa-draa-loriental": {
        ("approach", "bottom-up"),
        ("mechanism", "institutionalization"),
        ("national-local-link", "decentralization"),
    },
    "bicol": {
        ("trigger", "up-scaling"),
        ("mechanism", "data-collection"),
        ("national-local-link", "decentralization"),
        ("national-local-link", "dialogue"),
    },
    "sedhiou": {("trigger", "up-scaling"), ("mechanism", "data-collection"), ("mechanism", "institutionalization")},
    "barcelona": {("trigger", "migration-patterns")},
    "vaud": {
        ("trigger", "national-legislation"),
        ("approach", "top-down"),
        ("mechanism", "lead-institution"),
        ("mechanism", "councils"),
        ("mechanism", "capacity-building"),
        ("national-local-link", "decentralization"),
        ("national-local-link", "dialogue"),
        ("national-local-link", "sub-national-tiers"),
    },
    "new-york-city": {
        ("trigger", "policy-mismatch"),
        ("trigger", "easier-to-legislate-locally"),
        ("approach", "bottom-up"),
    },
}


@pytest.mark.parametrize("slug", SLUGS)
def test_what_part_2_names_stays_named_there(slug):
    named = [row for row in files().of("caseterm", slug) if row.get("evidence") == "part-2"]
    assert {tuple(row["term"]) for row in named} == PART_2[slug]
    assert [row.name for row in named if "Part 2, " not in row["place"]] == []


def test_single_valued_vocabularies():
    assert {row["slug"] for row in files().of("vocabulary") if row.get("is_single")} == {"approach", "state"}
    assert sorted(row.slug for row in files().of("caseterm") if row["term"][0] == "state") == sorted(SLUGS)


def test_terms_have_parents_of_their_own_vocabulary():
    top = {(row["vocabulary"][0], row["slug"]) for row in files().of("term") if not row.get("parent")}
    pairs = [(row["vocabulary"][0], tuple(row["parent"])) for row in files().of("term") if row.get("parent")]
    assert [parent for vocabulary, parent in pairs if parent not in top or parent[0] != vocabulary] == []


def test_organizations_refer_to_what_exists():
    known = {row["slug"] for row in files().of("organization")}
    types = {row["slug"] for row in files().of("term") if row["vocabulary"] == ["actor-type"]}
    countries = {row["code"] for row in files().of("country")}
    wrong = []
    for row in files().of("organization"):
        others = {row.link("parent"), row.link("successor")} - {""}
        is_typed = all(term[0] == "actor-type" and term[1] in types for term in row.get("types", []))
        if not (others <= known - {row["slug"]} and is_typed and {row.link("country")} - {""} <= countries):
            wrong.append(row["slug"])
    assert wrong == []
    assert {row.link("organization") for row in files().of("organizationname")} <= known


# Part 3


def test_twenty_six_recommendations_in_seven_groups():
    groups = {}
    for row in files().of("recommendation"):
        groups.setdefault(row.link("group"), []).append(row["number"])
    assert groups == {
        "conceptual": [1, 2, 3, 4],
        "mainstreaming-mechanisms": [5, 6, 7, 8, 9],
        "national-authorities": [10, 11, 12],
        "local-and-regional-authorities": [13, 14, 15, 16, 17],
        "civil-society": [18, 19, 20, 21],
        "cross-cutting": [22, 23],
        "international": [24, 25, 26],
    }
    assert {row["slug"] for row in files().of("group")} == set(groups)
    points = [(row["recommendation"], row["letter"]) for row in files().of("subpoint")]
    assert points == [([14], "a"), ([14], "b"), ([14], "c")]


def test_recommendation_that_no_case_illustrates_is_left_a_gap():
    illustrated = {row["recommendation"][0] for row in files().of("illustration")}
    assert set(range(1, 27)) - illustrated == {25}


def test_illustrations_say_how_strongly():
    assert {row["strength"] for row in files().of("illustration")} == {"central", "supporting"}
    assert [slug for slug in SLUGS if not files().of("illustration", slug)] == []


# The works cited

NEVER_CITED = {
    "ajuntament-de-barcelona-2015",
    "barcelona-city-council-2009",
    "colectivo-2003",
    "gouvernement-francais-2014",
}
# Cited in notes, or in the text of Parts 1 and 2, and not in the paper's bibliography.
NOT_IN_BIBLIOGRAPHY = {
    "gmg-2010",
    "grdr-nd",
    "habitat-iii-2015",
    "herrera-2012",
    "insee-nd",
    "irudaya-rajan-2012",
    "jmdi-nd-e-discussion",
    "mremh-2015",
    "sustainable-development-platform-nd",
    "united-nations-2015",
}
THE_PAPER = "white-paper-2015"


def test_works_never_cited_are_marked():
    mark = "In the bibliography only: no note of the paper cites it."
    assert {row["slug"] for row in files().of("source") if mark in row.get("note")} == NEVER_CITED
    # A case may list one, and a note of ours tell of it; no fact rests on it.
    resting = [row for row in files().rows if row.slug and row.model not in ("editorialnote", "casesource")]
    assert {row.link("source") for row in resting} & NEVER_CITED == set()


def test_works_missing_from_the_bibliography_are_marked():
    missing = {row["slug"] for row in files().of("source") if not row.get("in_bibliography", True)}
    assert missing == NOT_IN_BIBLIOGRAPHY | {THE_PAPER}
    assert files().one("collection").link("source") == THE_PAPER


def test_work_is_cited_or_explained():
    """Every work but the paper itself is listed by a case, or accepted as used by none."""
    listed = {row.link("source") for row in files().of("casesource")}
    accepted = {row["subject"] for row in files().of("acceptedfinding") if row["rule"] == "source-unused"}
    assert {row["slug"] for row in files().of("source")} - listed - {THE_PAPER} == accepted


# The acronyms


def test_two_acronyms_mean_two_things_each():
    meanings = {}
    for row in files().of("acronym"):
        meanings.setdefault(row["acronym"], {})[row.get("cases", [[""]])[0][0]] = row["meaning"]
    assert {acronym: found for acronym, found in meanings.items() if len(found) > 1} == {
        "CCCI": {
            "upala": "Cantonal Council for Inter-institutional Coordination",
            "vaud": "Cantonal Consultative Chamber of Foreigners",
        },
        "MOIA": {
            "kerala": "Ministry of Overseas Indian Affairs",
            "new-york-city": "Mayor's Office of Immigrant Affairs",
        },
    }
    assert sum(map(len, meanings.values())) == len(files().of("acronym"))


@pytest.mark.parametrize("ghost", ["CADU", "NDKa", "DIC", "0.51"])
def test_ghost_of_the_scan_is_no_acronym(ghost):
    assert [row["slug"] for row in files().of("acronym") if row["acronym"].lower() == ghost.lower()] == []


def test_acronyms_refer_to_what_exists():
    organizations = {row["slug"] for row in files().of("organization")}
    for row in files().of("acronym"):
        assert {case[0] for case in row.get("cases", [])} <= set(SLUGS), row["slug"]
        assert {row.link("organization")} - {""} <= organizations, row["slug"]
        assert all((row["acronym"], row["meaning"])), row["slug"]
