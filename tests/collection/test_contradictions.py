"""Where the paper contradicts itself, a note says so: each place that is known, by what its note must mention."""

from __future__ import annotations

import pytest

from .files import Row, files

# Case, where the note stands, what it mentions.
CONTRADICTIONS = [
    ("quinte", "figures/council-members", ("22 organizations", "around 25", "21")),
    ("quinte", "components/fields", ("language training", "labour market", "social and legal", "economic development")),
    ("quinte", "budget", ("N/A", "CIC")),
    ("quinte", "caseactors/quis", ("Immigration Services", "Immigrant Services")),
    ("upala", "figures/local-share", ("25 per cent", "25.8")),
    ("upala", "milestones/model-approved", ("has approved", "institutionalized")),
    ("upala", "caseactors/ccci", ("Interinstitucional", "Institucional")),
    ("la-union", "figures/people-abroad-share", ("2.8 million", "25 per cent", "11.2 million")),
    ("la-union", "beneficiarygroups/inhabitants", ("department", "three municipalities")),
    ("pichincha", "caseactors/gadp", ("GADP ", "GADPP")),
    ("pichincha", "caseactors/ruminahui", ("Spain", "non-profit")),
    ("nantes", "figures/ngos", ("Around ten", "thirteen")),
    ("nantes", "caseactors/equality-diversity", ("EIC", "“of the CNCE”")),
    ("nantes", "budget", ("municipality", "EU", "Coprod")),
    ("kerala", "caseactors/norka", ("Part 2", "Planning Board", "Norka-Roots")),
    ("kerala", "components/pillars", ("Three", "six")),
    ("kerala", "budget", ("no data", "allocated budget")),
    ("kerala", "figures/keralites-abroad", ("2011", "2009")),
    ("kerala", "title", ("Of", "within")),
    ("kerala", "caseactors/moia", ("New York",)),
    ("milan", "figures/migrant-share", ("1.94 million",)),
    ("milan", "components/largest", ("Philippines, Egypt and China", "Africa and Latin America")),
    ("milan", "figures/positive-evaluation", ("63 out of 66", "98 per cent")),
    ("milan", "title", ("Milan for Co-Development", "Milan for co-development")),
    ("souss-massa-draa-loriental", "budget", ("305892", "305891")),
    ("souss-massa-draa-loriental", "coordinationmechanisms/steering-committee", ("MD", "ADO", "CNSS", "CRI")),
    ("bicol", "figures/lgus", ("15", "16", "six", "seven", "three")),
    ("bicol", "figures/towns", ("Major towns", "capital towns")),
    ("bicol", "figures/regions-ranked", ("17", "18", "Negros", "2015")),
    ("bicol", "milestones/pilot", ("2010–2012", "2011")),
    ("bicol", "title", ("in Bicol Region", "in the Bicol Region")),
    ("sedhiou", "caseactors/departmental-councils-sedhiou", ("Regional Council", "Regional Development Councils")),
    ("sedhiou", "caseplaces/italy", ("France, Spain and Italy", "only France and Spain")),
    ("sedhiou", "caseactors/grdr", ("GRDE", "GRDR")),
    ("barcelona", "title", ("Barcelona Intercultural Plan", "Immigration Work Plan")),
    ("barcelona", "figures/origin-asia", ("108.3 per cent",)),
    ("barcelona", "milestones/commission-2001", ("2001", "2011")),
    ("barcelona", "caseactors/mainstreaming-office", ("Catalan", "Barcelona")),
    ("vaud", "milestones/federal-law", ("2008", "2007")),
    ("vaud", "figures/steps-second", ("More than 100", "“the 100 steps”")),
    ("vaud", "caseactors/bci", ("BCI", "BIC", "full name")),
    ("vaud", "title", ("Vaud Cantonal Integration Programme", "Cantonal Integration Programme (Vaud PIC)")),
    ("vaud", "caseactors/ccci", ("CCCI", "Costa Rican")),
    ("new-york-city", "figures/age", ("all residents", "older than 14")),
    ("new-york-city", "caseactors/moia", ("MOIA coordinates", "HRA")),
    ("new-york-city", "milestones/study", ("Mayor", "2013", "Center for Popular Democracy")),
]
# Where the paper leaves something open and does not contradict itself.
OPEN = [
    ("upala", "periods/project", ("2012 and 2013", "not the project")),
    ("bicol", "figures/kuwait-qatar", ("5.3 per cent once", "Kuwait and Qatar")),
    ("new-york-city", "caseactors/moia", ("MOIA", "Indian ministry")),
]


def notes(rows: list[Row], kind: str, about: str, mentions: tuple[str, ...]) -> list[str]:
    """The keys of the notes of a kind that stand there and mention all of it."""
    return [
        row["key"]
        for row in rows
        if row.get("kind", "contradiction") == kind
        and row.get("about") == about
        and all(mention in row["text"] for mention in mentions)
    ]


def ident(value: object) -> str | None:
    return value if isinstance(value, str) else None


@pytest.mark.parametrize(("slug", "about", "mentions"), CONTRADICTIONS, ids=ident)
def test_contradiction_has_its_note(slug, about, mentions):
    assert len(notes(files().of("editorialnote", slug), "contradiction", about, mentions)) == 1


@pytest.mark.parametrize(("slug", "about", "mentions"), OPEN, ids=ident)
def test_what_is_left_open_has_its_note(slug, about, mentions):
    assert len(notes(files().of("editorialnote", slug), "clarification", about, mentions)) == 1


def test_note_of_another_kind_place_or_text_is_none():
    note = {"key": "size", "about": "figures/members", "text": "22 in one place, around 25 in another."}
    asked = ("contradiction", "figures/members", ("22", "25"))
    assert notes([Row("editorialnote", note)], *asked) == ["size"]
    for other in ({"kind": "ours"}, {"about": "figures/groups"}, {"text": "22 in one place."}):
        assert notes([Row("editorialnote", note | other)], *asked) == []
