"""The quality report: each rule finds its fault and nothing else; what is accepted is explained; files are compared."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from casestudies import models, quality
from casestudies.admin.quality import CASES_A_PAGE
from casestudies.choices import Section
from casestudies.collection.comparing import Difference, case_differences, shared_differences
from casestudies.models import AcceptedFinding, Case, Cited, child_accessors
from casestudies.quality import RULES, TYPED, case_reports, shared_reports
from tests import factories as make
from tests.admin_forms import submitted
from tests.casestudies.collection import Files, build, run
from tests.remembering import remembered

from .admin_tree import full_case
from .reading import text

pytestmark = pytest.mark.django_db

LONG = "A narrative that says enough of the matter. " * 4
CITED = {"place": "Part 4.12, Overview"}


@remembered
def clean_case(slug: str = "vaud", ordinal: int = 12) -> Case:
    """A case in which the report finds nothing, with a row of every kind; nothing that it shares has a fault."""
    collection = make.CollectionFactory(source=make.SourceFactory(slug="paper"))
    case = make.CaseFactory(slug=slug, name=slug.title(), ordinal=ordinal, collection=collection)
    work = make.SourceFactory(slug="work")
    for number, section in enumerate(Section):
        make.NarrativeFactory(case=case, key=section, section=section, text=LONG, source=work, **CITED)
        make.CaseSourceFactory(case=case, key=section, section=section, source=work, position=number)
    canton = make.OrganizationFactory(slug="canton", types=[make.term("actor-type", "state")])
    payer = make.OrganizationFactory(slug="payer", types=[make.term("actor-type", "state")])
    for vocabulary in ("level", "migration", "state", "national-local-link", "trigger", "approach", "mechanism"):
        found = make.term(vocabulary, f"of-{vocabulary}")
        make.CaseTermFactory(case=case, key=vocabulary, term=found, reason="It says so.", **CITED)
    for factory, fields in (
        (make.PeriodFactory, {}),
        (make.CasePlaceFactory, {}),
        (make.FigureFactory, {"unit": "share", "base": "of all", "label": "Women", "stated": "40%"}),
        (make.MilestoneFactory, {}),
        (make.GovernmentTierFactory, {}),
        (make.CompetenceFactory, {}),
        (make.CaseActorFactory, {"organization": canton, "is_lead": True}),
        (make.CoordinationMechanismFactory, {"form": make.term("coordination-form", "council")}),
        (make.ObjectiveFactory, {"broad_objectives": [make.term("objective", "links")]}),
        (make.BeneficiaryGroupFactory, {"groups": [make.term("beneficiary", "women")]}),
        (make.ComponentFactory, {}),
        (make.KeyElementFactory, {}),
        (make.ContributionFactory, {"payer": payer}),
        (make.IllustrationFactory, {"recommendation": make.RecommendationFactory(number=1)}),
        (make.CaseLinkFactory, {"other": make.CaseFactory(collection=collection, slug=f"beside-{slug}", ordinal=90)}),
        (make.EditorialNoteFactory, {}),
    ):
        factory(case=case, key="one", **CITED, **fields)
    make.BudgetFactory(case=case, **CITED)
    models.Term.objects.update(definition="What it means.")
    return case


def report(slug: str = "vaud") -> quality.CaseReport:
    (found,) = case_reports(Case.objects.live().for_page().filter(slug=slug))
    return found


def findings() -> list[tuple[str, str]]:
    """Everything that is found in the case and in what cases share: by which rule, in what."""
    shared = [finding for each in shared_reports() for finding in each.findings]
    return [(finding.rule, finding.subject) for finding in [*report().findings, *shared]]


def row(accessor: str, key: str = "one"):
    return getattr(Case.objects.get(slug="vaud", revises=None), accessor).get(key=key)


def changed(accessor: str, key: str = "one", **fields: object) -> None:
    """Other values for one row of the case."""
    model = child_accessors()[accessor]
    assert model.objects.filter(case__slug="vaud", key=key).update(**fields) == 1


def test_a_case_without_faults_has_no_findings():
    """Else the tests below would find what was there before."""
    case = clean_case()
    assert findings() == []
    rows = {accessor for accessor in child_accessors() if getattr(case, accessor).exists()}
    assert rows == set(child_accessors())


# By each rule: a small change to the case without faults, and in what it is found.
FAULTS: dict[str, tuple[Callable[[], object], str]] = {
    "no-narrative": (lambda: row("narratives", "results").delete(), "vaud/results"),
    "thin-narrative": (lambda: changed("narratives", "results", text="x" * 139), "vaud/results"),
    "no-typed-values": (lambda: row("caseplaces").delete(), "vaud/overview: place"),
    "figure-uncited": (lambda: changed("figures", place=""), "vaud/figures/one"),
    "share-without-base": (lambda: changed("figures", base=""), "vaud/figures/one"),
    "illustration-unplaced": (lambda: changed("illustrations", place=""), "vaud/illustrations/one"),
    "illustration-reason": (
        lambda: changed("illustrations", reason="One. Two. Three. Four."),
        "vaud/illustrations/one",
    ),
    "row-unplaced": (lambda: changed("milestones", place=""), "vaud/milestones/one"),
    "term-without-reason": (lambda: changed("caseterms", "trigger", reason=""), "vaud/caseterms/trigger"),
    "milestone-untyped": (lambda: changed("milestones", start_year=None), "vaud/milestones/one"),
    "actor-without-type": (
        lambda: changed("caseactors", organization=make.OrganizationFactory(slug="spare", is_retired=True)),
        "vaud/caseactors/one",
    ),
    "no-lead": (lambda: changed("caseactors", is_lead=False), "vaud"),
    "objective-unclassed": (lambda: row("objectives").broad_objectives.clear(), "vaud/objectives/one"),
    "beneficiary-unclassed": (lambda: row("beneficiarygroups").groups.clear(), "vaud/beneficiarygroups/one"),
    "mechanism-without-form": (lambda: changed("coordinationmechanisms", form=None), "vaud/coordinationmechanisms/one"),
    "work-not-listed": (
        lambda: changed("figures", source=make.SourceFactory(slug="census", authors="Office")),
        "vaud/census",
    ),
    "acronym-unexplained": (lambda: changed("components", text="The CCCI."), "vaud/CCCI"),
    "acronym-not-used": (
        lambda: make.AcronymFactory(acronym="BCI", cases=[Case.objects.get(slug="vaud")]),
        "vaud/BCI",
    ),
    "source-unused": (lambda: make.SourceFactory(slug="spare"), "spare"),
    "organization-unused": (
        lambda: make.OrganizationFactory(slug="spare", types=[make.term("actor-type", "state")]),
        "spare",
    ),
    "term-undefined": (
        lambda: models.Term.objects.filter(slug="of-trigger").update(definition=""),
        "trigger/of-trigger",
    ),
}


def test_every_rule_has_its_fault():
    assert set(FAULTS) == set(RULES)


@pytest.mark.parametrize("rule", FAULTS)
def test_a_rule_finds_its_fault_and_no_other(rule):
    clean_case()
    change, subject = FAULTS[rule]
    change()
    expected = [(rule, subject)]
    if rule == "actor-without-type":
        # The actor that stood there is nobody's now.
        expected.append(("organization-unused", "canton"))
    assert findings() == expected


# -- What each rule holds for a fault, and what not


@pytest.mark.parametrize(("letters", "found"), [(0, True), (139, True), (140, False)])
def test_a_narrative_of_140_letters_is_not_thin(letters, found):
    clean_case()
    changed("narratives", "results", text="x" * letters)
    assert findings() == [("thin-narrative", "vaud/results")] * found


@pytest.mark.parametrize("section", Section)
def test_each_section_wants_a_narrative(section):
    clean_case()
    row("narratives", section).delete()
    assert findings() == [("no-narrative", f"vaud/{section}")]


# What to take away so that a typed value of a section is missing, by its name in the report.
TYPED_ROWS: dict[str, Callable[[], object]] = {
    "overview: level of government": lambda: row("caseterms", "level").delete(),
    "overview: period": lambda: row("periods").delete(),
    "overview: place": lambda: row("caseplaces").delete(),
    "overview: budget": lambda: models.Budget.objects.all().delete(),
    "migratory-context: migration profile": lambda: row("caseterms", "migration").delete(),
    "migratory-context: figures": lambda: changed("figures", section="results"),
    "institutional-background: milestones": lambda: row("milestones").delete(),
    "decentralization-context: kind of state": lambda: row("caseterms", "state").delete(),
    "decentralization-context: tiers of government": lambda: row("governmenttiers").delete(),
    "decentralization-context: competences": lambda: row("competences").delete(),
    "decentralization-context: national–local link": lambda: row("caseterms", "national-local-link").delete(),
    "triggering-factors: trigger": lambda: row("caseterms", "trigger").delete(),
    "triggering-factors: approach": lambda: row("caseterms", "approach").delete(),
    "actors: actors": lambda: row("caseactors").delete(),
    "coordination-mechanisms: mechanisms": lambda: row("coordinationmechanisms").delete(),
    "objectives: objectives": lambda: row("objectives").delete(),
    "objectives: beneficiaries": lambda: row("beneficiarygroups").delete(),
    "implementation: key mechanisms of Part 2": lambda: row("caseterms", "mechanism").delete(),
}


def test_every_typed_value_is_taken_away_once():
    assert set(TYPED_ROWS) == {f"{section}: {label}" for section, labels in TYPED.items() for label in labels}


@pytest.mark.parametrize("name", TYPED_ROWS)
def test_a_section_wants_each_of_its_typed_values(name):
    clean_case()
    TYPED_ROWS[name]()
    assert [(f.rule, f.subject) for f in report().findings] == [("no-typed-values", f"vaud/{name}")]


def test_a_figure_needs_a_base_only_where_it_is_a_share():
    clean_case()
    changed("figures", base="", unit="people")
    assert findings() == []


@pytest.mark.parametrize(("reason", "found"), [
    ("", True), ("No end", True), ("   ", True), ("One.", False), ("One!", False), ("One? Two! Three.", False),
    ("One. Two. Three. Four.", True), ("In 1.5 of e.g.x places.", False), ("One.\nTwo.\n", False),
])  # fmt: skip
def test_a_reason_has_one_to_three_sentences(reason, found):
    clean_case()
    changed("illustrations", reason=reason)
    assert findings() == [("illustration-reason", "vaud/illustrations/one")] * found


UNPLACED = [
    accessor
    for accessor, model in child_accessors().items()
    if issubclass(model, Cited) and accessor not in ("figures", "illustrations", "editorialnotes")
]


@pytest.mark.parametrize("accessor", UNPLACED)
def test_every_row_that_cites_needs_its_place(accessor):
    clean_case()
    key = {"narratives": "results", "caseterms": "trigger"}.get(accessor, "one")
    changed(accessor, key, place="")
    assert findings() == [("row-unplaced", f"vaud/{accessor}/{key}")]


def test_the_budget_is_a_row_among_others():
    clean_case()
    models.Budget.objects.update(place="", source=make.SourceFactory(slug="census"))
    assert findings() == [("row-unplaced", "vaud/budget"), ("work-not-listed", "vaud/census")]
    models.Budget.objects.all().delete()
    assert findings() == [
        ("no-typed-values", "vaud/overview: budget"), ("source-unused", "census"),
    ]  # fmt: skip


def test_a_note_of_the_editors_needs_no_place():
    clean_case()
    changed("editorialnotes", place="")
    assert findings() == []


@pytest.mark.parametrize(("fields", "found"), [
    ({"date_stated": "in 2008"}, True), ({"date_stated": "2008–2010"}, True), ({"date_stated": "the 1990s"}, True),
    ({"date_stated": "since long ago"}, False), ({"date_stated": "law 120085"}, False),
    ({"date_stated": "2008", "end_year": 2008}, False), ({"date_stated": "2008", "start_year": 2008}, False),
])  # fmt: skip
def test_a_year_that_is_stated_is_typed(fields, found):
    clean_case()
    changed("milestones", **{"start_year": None, "end_year": None} | fields)
    assert findings() == [("milestone-untyped", "vaud/milestones/one")] * found


def test_one_actor_that_leads_is_enough():
    case = clean_case()
    make.CaseActorFactory(case=case, organization=models.Organization.objects.get(slug="payer"), **CITED)
    assert findings() == []
    changed("caseactors", is_lead=False)
    assert findings() == [("no-lead", "vaud")]


def test_a_work_is_named_once_however_many_rows_cite_it():
    clean_case()
    census = make.SourceFactory(slug="census", authors="Office", year=2012, title="Census")
    for accessor in ("figures", "milestones", "periods"):
        changed(accessor, source=census)
    assert [(f.rule, f.subject, f.detail) for f in report().findings] == [
        ("work-not-listed", "vaud/census", "Office (2012). Census")
    ]
    make.CaseSourceFactory(case=Case.objects.get(slug="vaud"), source=census)
    assert findings() == []


CITING = [accessor for accessor, model in child_accessors().items() if issubclass(model, Cited)]


@pytest.mark.parametrize("accessor", CITING)
def test_every_row_that_cites_wants_its_work_in_the_list(accessor):
    clean_case()
    key = {"narratives": "results", "caseterms": "trigger"}.get(accessor, "one")
    changed(accessor, key, source=make.SourceFactory(slug="census"))
    assert findings() == [("work-not-listed", "vaud/census")]


@pytest.mark.parametrize(("words", "found"), [
    ("The CCCI.", ["CCCI"]), ("LGUs and an LGU.", ["LGU", "LGUs"]), ("(QLIP)", ["QLIP"]),
    ("GE@W, M&D", ["GE@W", "M&D"]), ("BCI-led, BCI’s", ["BCI"]), ("IDs", ["IDs"]), ("MoU", ["MoU"]),
    # What the glossary explains, in the plural too; currencies.
    ("The UN, UNs, CHF and EUR.", []),
    # Roman numbers, words, addresses.
    ("Part IV, XX, VI", []), ("A word, Another Word, McDonald, O", []), ("www.BCI.org, https://x/BCI, me@BCI", []),
])  # fmt: skip
def test_acronyms_are_words_of_two_capitals_that_nothing_explains(words, found):
    clean_case()
    make.AcronymFactory(acronym="UN")
    make.CurrencyFactory(code="CHF")
    make.CurrencyFactory(code="EUR")
    changed("components", text=words)
    assert findings() == [("acronym-unexplained", f"vaud/{name}") for name in found]


def test_an_acronym_of_another_case_explains_nothing():
    case = clean_case()
    changed("components", text="The CCCI.")
    row_of_other = make.AcronymFactory(acronym="CCCI", cases=[Case.objects.get(slug="beside-vaud")])
    assert findings() == [("acronym-unexplained", "vaud/CCCI")]
    row_of_other.cases.add(case)
    assert findings() == []


@pytest.mark.parametrize("change", [
    lambda: Case.objects.filter(slug="vaud").update(purpose="The BCI."),
    lambda: changed("narratives", "results", text=f"{LONG} BCI"),
    lambda: changed("caseterms", "trigger", reason="The BCI."),
    lambda: changed("milestones", text="The BCI."),
    lambda: changed("competences", matter="The BCI."),
    lambda: changed("coordinationmechanisms", members_stated="The BCI."),
    lambda: changed("illustrations", reason="The BCI."),
    lambda: changed("editorialnotes", text="The BCI."),
    lambda: changed("casesources", "results", supports="The BCI."),
    lambda: changed("contributions", note="The BCI."),
    lambda: changed("beneficiarygroups", text="The staff of the BCI."),
    lambda: models.Budget.objects.update(note="The BCI."),
])  # fmt: skip
def test_acronyms_are_looked_for_in_every_text(change):
    case = clean_case()
    change()
    assert findings() == [("acronym-unexplained", "vaud/BCI")]
    make.AcronymFactory(acronym="BCI", cases=[case])
    assert findings() == []


@pytest.mark.parametrize("change", [
    lambda: models.Organization.objects.filter(slug="canton").update(acronym="BCI"),
    lambda: changed("coordinationmechanisms", acronym="BCI"),
    lambda: Case.objects.filter(slug="vaud").update(acronym="BCI"),
    lambda: changed("components", text="The BCI."),
])  # fmt: skip
def test_an_acronym_is_used_in_texts_and_names(change):
    case = clean_case()
    make.AcronymFactory(acronym="BCI", cases=[case])
    assert findings() == [("acronym-not-used", "vaud/BCI")]
    change()
    assert findings() == []


# -- What cases share


def test_a_source_is_used_by_any_row_or_collection():
    clean_case()
    assert models.Collection.objects.get().source.slug == "paper"
    models.Collection.objects.update(source=None)
    assert findings() == [("source-unused", "paper")]
    models.Budget.objects.update(source=models.Source.objects.get(slug="paper"))
    assert findings() == [("work-not-listed", "vaud/paper")]


def test_an_organization_is_used_by_whatever_points_at_it():
    clean_case()
    types = [make.term("actor-type", "state")]
    spare = make.OrganizationFactory(slug="spare", types=types)
    make.OrganizationNameFactory(organization=spare)
    assert findings() == [("organization-unused", "spare")]
    row("milestones").bodies.add(spare)
    assert findings() == []
    row("milestones").bodies.clear()
    models.Organization.objects.filter(slug="canton").update(parent=spare)
    assert findings() == []


def test_what_is_retired_is_left_alone():
    clean_case()
    make.SourceFactory(is_retired=True)
    make.OrganizationFactory(is_retired=True)
    make.term("trigger", "old", is_retired=True)
    assert findings() == []


def test_regions_need_no_definition():
    clean_case()
    make.term("region", "africa")
    assert findings() == []


def test_shared_findings_stand_by_rule_and_name_and_say_how_many():
    for slug in ("b", "a", "c"):
        make.SourceFactory(slug=slug, authors=f"Author {slug}", title="Work")
        make.OrganizationFactory(slug=slug, name=f"Body {slug}")
        make.term("trigger", slug, label=f"Trigger {slug}")
    found = [
        (each.rule, each.total, [(f.subject, f.detail) for f in each.findings]) for each in shared_reports(limit=2)
    ]
    bodies = [("a", "Body a"), ("b", "Body b")]
    assert found == [
        ("source-unused", 3, [("a", "Author a (2014). Work"), ("b", "Author b (2014). Work")]),
        ("organization-unused", 3, bodies),
        ("term-undefined", 3, [("trigger/a", "Trigger a"), ("trigger/b", "Trigger b")]),
    ]
    assert [len(each.findings) for each in shared_reports(limit=None)] == [3, 3, 3]


# -- What is accepted


def test_what_is_accepted_is_explained():
    clean_case()
    row("narratives", "results").delete()
    row("narratives", "actors").delete()
    make.SourceFactory(slug="spare")
    make.AcceptedFindingFactory(rule="no-narrative", subject="vaud/results", reason="The paper is silent.")
    make.AcceptedFindingFactory(rule="thin-narrative", subject="vaud/actors", reason="Another rule.")
    make.AcceptedFindingFactory(rule="no-narrative", subject="upala/actors", reason="Another case.")
    make.AcceptedFindingFactory(rule="source-unused", subject="spare", reason="Of the whole paper.")
    assert [(f.subject, f.reason) for f in report().explained] == [("vaud/results", "The paper is silent.")]
    assert [(f.subject, f.reason) for f in report().open] == [("vaud/actors", "")]
    shared = shared_reports()[0]
    assert [(f.subject, f.reason, f.is_open) for f in shared.findings] == [("spare", "Of the whole paper.", False)]
    assert shared.open == []


def test_the_report_takes_as_many_queries_for_many_cases():
    clean_case()
    counts = []
    for number in (1, 3):
        for ordinal in range(number):
            if not Case.objects.filter(slug=f"more-{ordinal}").exists():
                full_case(2, slug=f"more-{ordinal}", ordinal=100 + ordinal)
        cases = list(Case.objects.live().for_page().filter(slug__startswith="more")[:number])
        with CaptureQueriesContext(connection) as queries:
            assert len(case_reports(cases)) == number
        counts.append(len(queries))
    # Acronyms that mean the same everywhere, currencies, the cases' own acronyms; what was accepted.
    assert counts == [4, 4]


def test_working_revisions_are_not_in_the_report():
    case = clean_case()
    make.CaseFactory(slug="vaud", ordinal=12, revises=case, status="draft")
    assert findings() == []
    assert [each.case.pk for each in case_reports(Case.objects.live().for_page().filter(slug="vaud"))] == [case.pk]


# -- The command


def command(*arguments: str) -> list[str]:
    out = StringIO()
    call_command("quality_report", *arguments, stdout=out)
    return out.getvalue().splitlines()


def faulty_cases() -> None:
    """`vaud` with a finding that is open and one that is explained; a work that is used nowhere; `upala`, bare."""
    clean_case()
    Case.objects.filter(slug="beside-vaud").delete()
    row("narratives", "results").delete()
    changed("figures", place="")
    make.SourceFactory(slug="spare", authors="Zoe", year=2001, title="Spare")
    make.AcceptedFindingFactory(rule="no-narrative", subject="vaud/results", reason="The paper is silent.")


OPEN = "  figure-uncited          vaud/figures/one (Women: 40%)"
EXPLAINED = "  no-narrative            vaud/results: The paper is silent."
SHARED_LINES = ["Shared: source that is used nowhere", "  source-unused           spare (Zoe (2001). Spare)"]


def test_the_command_lists_what_is_open():
    faulty_cases()
    assert command() == ["4.12 Vaud", OPEN, *SHARED_LINES, "1 cases, 2 open."]


def test_the_command_lists_what_is_accepted_when_asked():
    faulty_cases()
    assert command("--accepted") == ["4.12 Vaud", EXPLAINED, OPEN, *SHARED_LINES, "1 cases, 2 open."]


def test_the_command_takes_single_cases():
    faulty_cases()
    make.CaseFactory(slug="upala", ordinal=2, name="Upala", status="draft")
    make.CaseFactory(slug="unasked", ordinal=1)
    assert command("vaud") == ["4.12 Vaud", OPEN, "1 cases, 1 open."]
    # By their numbers, whatever the order that they were asked for in.
    lines = command("vaud", "upala")
    assert [line for line in lines if not line.startswith(" ")] == ["4.2 Upala", "4.12 Vaud", "2 cases, 29 open."]


def test_the_command_knows_no_other_cases():
    faulty_cases()
    with pytest.raises(CommandError, match=r"^There is no case milan, nantes\.$"):
        command("nantes", "vaud", "milan")


def test_the_check_fails_as_long_as_anything_is_open():
    faulty_cases()
    with pytest.raises(CommandError, match=r"^2 open\.$"):
        command("--check")
    changed("figures", place="Part 4.12, Results")
    with pytest.raises(CommandError, match=r"^1 open\.$"):
        command("--check")
    assert command("--check", "vaud") == ["1 cases, 0 open."]
    models.Source.objects.filter(slug="spare").delete()
    assert command("--check") == ["1 cases, 0 open."]


def test_the_command_goes_through_the_cases_in_slices(monkeypatch):
    monkeypatch.setattr("casestudies.management.commands.quality_report.CHUNK", 2)
    for ordinal in range(5, 0, -1):
        make.CaseFactory(slug=f"c{ordinal}", name=f"C{ordinal}", ordinal=ordinal)
    titles = [line for line in command() if not line.startswith((" ", "Shared"))]
    assert titles == ["4.1 C1", "4.2 C2", "4.3 C3", "4.4 C4", "4.5 C5", titles[-1]]
    assert titles[-1].startswith("5 cases, ")


# -- Database and files


VAUD = "cases/4-12-vaud.yaml"


@pytest.fixture
def files(tmp_path: Path, settings) -> Files:
    """A collection, and the files that hold the same."""
    settings.FIXTURE_DIRS = [tmp_path / "fixtures"]
    build()
    run("dump_collection", tmp_path / "fixtures")
    return Files(tmp_path / "fixtures")


def of_case(files: Files, slug: str = "vaud") -> list[Difference]:
    return case_differences(Case.objects.live().get(slug=slug), files.folder)


def test_what_was_written_to_files_is_alike(files):
    assert [of_case(files), of_case(files, "quinte"), shared_differences(files.folder)] == [[], [], []]


def test_a_case_differs_in_what_was_changed_added_and_removed_on_either_side(files):
    files.change(VAUD, "figure", ("vaud", "members"), label="Members", stated="4")
    files.change(VAUD, "case", ("vaud",), title="Another title")
    files.remove(VAUD, "objective", ("vaud", "one"))
    files.add(VAUD, "keyelement", case=["vaud"], key="new", title="New", text="New.")
    files.remove("case-links.yaml", "caselink", ("vaud", "first"))
    models.Milestone.objects.get(key="law").bodies.clear()
    models.Period.objects.filter(key="first").delete()
    make.CompetenceFactory(case=Case.objects.get(slug="vaud"), key="by-hand")
    assert of_case(files) == [
        Difference("casestudies.case [vaud]", "differs: title"),
        Difference("casestudies.caselink [vaud, first]", "only in the database"),
        Difference("casestudies.competence [vaud, by-hand]", "only in the database"),
        Difference("casestudies.figure [vaud, members]", "differs: label, stated"),
        Difference("casestudies.keyelement [vaud, new]", "only in the files"),
        Difference("casestudies.milestone [vaud, law]", "differs: bodies"),
        Difference("casestudies.objective [vaud, one]", "only in the database"),
        Difference("casestudies.period [vaud, first]", "only in the files"),
    ]
    # Nothing of that is another case's, or shared.
    assert [of_case(files, "quinte"), shared_differences(files.folder)] == [[], []]


def test_what_cases_share_differs_in_the_same_ways(files):
    files.change("organizations.yaml", "organization", ("bureau",), name="Another name")
    files.remove("organizations.yaml", "organizationname", ("canton", "etat"))
    files.add("sources.yaml", "source", slug="new", authors="Zoe", title="New")
    models.Acronym.objects.get(slug="ccci-vaud").cases.remove(Case.objects.get(slug="quinte"))
    models.AcceptedFinding.objects.all().delete()
    make.term("trigger", "by-hand")
    assert shared_differences(files.folder) == [
        Difference("casestudies.acceptedfinding [no-narrative, vaud/results]", "only in the files"),
        Difference("casestudies.acronym [ccci-vaud]", "differs: cases"),
        Difference("casestudies.organization [bureau]", "differs: name"),
        Difference("casestudies.organizationname [canton, etat]", "only in the database"),
        Difference("casestudies.source [new]", "only in the files"),
        Difference("casestudies.term [trigger, by-hand]", "only in the database"),
    ]
    assert [of_case(files), of_case(files, "quinte")] == [[], []]


def test_a_case_without_a_file_differs_in_all_that_it_has(files):
    (files.folder / VAUD).unlink()
    case = Case.objects.get(slug="vaud")
    found = of_case(files)
    assert {difference.reason for difference in found} == {"only in the database"}
    # The case, its budget, its former address and its rows, but for the links: these stand in a file of their own.
    rows = [row for accessor in child_accessors() if accessor != "caselinks" for row in getattr(case, accessor).all()]
    assert len(found) == 3 + len(rows)
    assert [difference.name for difference in found if "caselink" in difference.name] == []


def test_a_case_whose_name_ends_like_another_one_is_kept_apart(files):
    make.CaseFactory(slug="new-vaud", ordinal=40, collection=models.Collection.objects.get())
    run("dump_collection", files.folder)
    files.change("cases/4-40-new-vaud.yaml", "case", ("new-vaud",), title="Another title")
    assert of_case(files) == []
    assert of_case(files, "new-vaud") == [Difference("casestudies.case [new-vaud]", "differs: title")]


def test_line_ends_of_a_browser_are_no_difference(files):
    note = models.Budget.objects.get().note
    assert "\r\n" in note
    models.Budget.objects.update(note=note.replace("\r\n", "\n"))
    assert of_case(files) == []


def test_working_revisions_are_not_compared(files):
    case = Case.objects.get(slug="vaud")
    revision = make.CaseFactory(slug="vaud", ordinal=12, revises=case, collection=case.collection)
    make.FigureFactory(case=revision, key="members", label="Newer")
    assert of_case(files) == []


def test_comparing_writes_nothing(files):
    files.change(VAUD, "figure", ("vaud", "members"), label="Members")
    before = {path: path.read_bytes() for path in files.folder.rglob("*.yaml")}
    with CaptureQueriesContext(connection) as queries:
        of_case(files)
        shared_differences(files.folder)
    assert {query["sql"].split()[0] for query in queries} == {"SELECT"}
    assert {path: path.read_bytes() for path in files.folder.rglob("*.yaml")} == before


def test_more_rows_take_no_more_queries_to_compare(files):
    def counts() -> list[int]:
        found = []
        for compare in (lambda: of_case(files), lambda: shared_differences(files.folder)):
            with CaptureQueriesContext(connection) as queries:
                compare()
            found.append(len(queries))
        return found

    before, case = counts(), Case.objects.get(slug="vaud")
    for number in range(3):
        outer = make.ComponentFactory(case=case, key=f"outer-{number}")
        make.ComponentFactory(case=case, key=f"inner-{number}", parent=outer)
        mechanism = make.CoordinationMechanismFactory(case=case, key=f"mechanism-{number}")
        mechanism.members.set([make.CaseActorFactory(case=case, key=f"member-{number}")])
        mechanism.levels.set([make.term("tier", f"tier-{number}")])
        make.IllustrationFactory(case=case, key=f"illustration-{number}", subpoint=make.SubPointFactory())
        make.term("trigger", f"child-{number}", parent=make.term("trigger", f"parent-{number}"))
        make.OrganizationFactory(types=[make.term("actor-type", f"type-{number}")])
    assert counts() == before


def test_the_command_compares_with_the_files_when_asked(files):
    assert [line for line in command() if line.startswith("  files")] == []
    before = int(re.match(r"2 cases, (\d+) open\.", command("--files")[-1])[1])
    files.change(VAUD, "figure", ("vaud", "members"), label="Members")
    files.add(VAUD, "keyelement", case=["vaud"], key="new", title="New", text="New.")
    files.remove(VAUD, "objective", ("vaud", "one"))
    files.remove("organizations.yaml", "organizationname", ("canton", "etat"))
    lines = command("--files")
    assert [line for line in lines if line.startswith("  files")] == [
        "  files                   casestudies.figure [vaud, members]: differs: label",
        "  files                   casestudies.keyelement [vaud, new]: only in the files",
        "  files                   casestudies.objective [vaud, one]: only in the database",
        "  files                   casestudies.organizationname [canton, etat]: only in the database",
    ]
    # They are open, each of them.
    assert lines[-1] == f"2 cases, {before + 4} open."
    # Of single cases, not of what they share.
    assert [line[26:] for line in command("--files", "vaud") if line.startswith("  files")] == [
        "casestudies.figure [vaud, members]: differs: label",
        "casestudies.keyelement [vaud, new]: only in the files",
        "casestudies.objective [vaud, one]: only in the database",
    ]
    assert [line for line in command("--files", "quinte") if line.startswith("  files")] == []


def test_a_difference_fails_the_check(tmp_path, settings):
    settings.FIXTURE_DIRS = [tmp_path]
    clean_case()
    Case.objects.filter(slug="beside-vaud").delete()
    run("dump_collection", tmp_path)
    assert command("--check", "--files") == ["1 cases, 0 open."]
    changed("figures", label="Others")
    with pytest.raises(CommandError, match=r"^1 open\.$"):
        command("--check", "--files")
    assert command("--check") == ["1 cases, 0 open."]


# -- The admin


QUALITY = "/admin/casestudies/case/quality/"
SHARED_PAGE = "/admin/casestudies/case/quality/shared/"


def of(case: Case) -> str:
    return f"/admin/casestudies/case/{case.pk}/quality/"


def pages() -> list[str]:
    return [QUALITY, SHARED_PAGE, f"{SHARED_PAGE}?files", of(Case.objects.live().first())]


def staff(*permissions: str) -> Client:
    """A browser in which somebody of the staff is signed in who has these permissions only."""
    user = User.objects.create_user("clerk", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def content(client: Client, path: str) -> str:
    """The page's own part."""
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode().partition('<div id="content-main">')[2].partition("<footer")[0]


def items(html: str) -> list[str]:
    return [text(item) for item in re.findall(r"<li>(.*?)</li>", html, re.DOTALL)]


def test_who_may_see_cases_sees_the_report():
    full_case(1)
    viewer = staff("view_case")
    assert [viewer.get(path).status_code for path in pages()] == [200] * 4


def test_who_may_not_see_cases_is_refused():
    full_case(1)
    other = staff("view_source", "add_acceptedfinding", "view_acceptedfinding", "add_case")
    assert [other.get(path).status_code for path in pages()] == [403] * 4


def test_who_is_not_of_the_staff_is_asked_to_sign_in(visitor):
    full_case(1)
    member = Client()
    member.force_login(User.objects.create_user("member"))
    for client in (visitor, member):
        for path in pages():
            response = client.get(path)
            assert (response.status_code, response["Location"].partition("?")[0]) == (302, "/admin/login/")


def test_the_list_of_cases_leads_to_the_report(editor):
    assert f'<a href="{QUALITY}">Quality report</a>' in editor.get("/admin/casestudies/case/").content.decode()


def test_the_report_names_each_case_with_what_is_open(editor):
    faulty_cases()
    make.CaseFactory(slug="upala", name="Upala", ordinal=2, status="in-review")
    html = content(editor, QUALITY)
    assert [text(head) for head in re.findall(r"<h2>(.*?)</h2>", html)] == [
        "4.2 Upala in review · 28 open, 0 explained", "4.12 Vaud published · 1 open, 1 explained",
    ]  # fmt: skip
    vaud = html.partition("4.12 Vaud")[2]
    assert items(vaud) == ["figure without its place in the paper : vaud/figures/one Women: 40% Accept with a reason"]
    case = Case.objects.get(slug="vaud")
    assert f'<a href="{of(case)}">4.12 Vaud</a>' in html
    assert f'<a href="{SHARED_PAGE}">What cases share</a>' in html


def test_the_page_of_a_case_parts_what_is_open_from_what_is_explained(editor, files):
    AcceptedFinding.objects.all().delete()
    case = clean_case(slug="milan", ordinal=7)
    case.narratives.get(key="results").delete()
    case.figures.update(place="")
    case.components.update(text="A <BCI>.")
    make.AcceptedFindingFactory(rule="no-narrative", subject="milan/results", reason="The <paper> is silent.")
    run("dump_collection", files.folder)
    case.figures.update(label="Others")
    html = content(editor, of(case))
    parts = {text(head): items(part) for head, part in re.findall(r"<h2>(.*?)</h2>(.*?)(?=<h2>|\Z)", html, re.DOTALL)}
    assert parts == {
        "Open": [
            "figure without its place in the paper : milan/figures/one Others: 40% Accept with a reason",
            "acronym that the glossary does not explain : milan/BCI Accept with a reason",
        ],
        "Explained": ["section without a narrative : milan/results Explained: The <paper> is silent."],
        "Database and files": ["casestudies.figure [milan, one] : differs: label"],
    }
    assert f'<a href="/admin/casestudies/case/{case.pk}/change/">Edit the case</a>' in html


def test_a_case_without_faults_says_so(editor, tmp_path, settings):
    settings.FIXTURE_DIRS = [tmp_path]
    case = clean_case()
    run("dump_collection", tmp_path)
    html = content(editor, of(case))
    assert [text(part) for part in re.findall(r"<h2>.*?(?=<h2>|</div>)", html, re.DOTALL)] == [
        "Open Nothing.", "Explained Nothing.", "Database and files The database and the files are alike.",
    ]  # fmt: skip


def test_there_is_no_report_on_what_is_no_live_case(editor):
    case = make.CaseFactory()
    revision = make.CaseFactory(revises=case, slug=case.slug)
    paths = [of(revision), *(f"/admin/casestudies/case/{pk}/quality/" for pk in (0, "x", "1/2", "9" * 30, "-1"))]
    assert [editor.get(path).status_code for path in paths] == [404] * len(paths)


def test_what_cases_share_is_on_a_page_of_its_own(editor, files, monkeypatch):
    monkeypatch.setattr(quality, "LISTED", 2)
    monkeypatch.setattr("casestudies.quality.shared_reports.__defaults__", (2,))
    models.Term.objects.update(definition="What it means.")
    models.Term.objects.filter(slug="mixed").update(definition="")
    models.Organization.objects.filter(types=None).update(is_retired=True)
    models.Source.objects.all().update(is_retired=True)
    for slug in ("c", "b", "a"):
        make.SourceFactory(slug=slug, authors=f"Author {slug}", title="<Work>")
    html = content(editor, SHARED_PAGE)
    assert [text(part) for part in re.findall(r"<h2>.*?(?=<h2>|</div>)", html, re.DOTALL)] == [
        "Source that is used nowhere 3 in all "
        "source that is used nowhere : a Author a (2014). <Work> Accept with a reason "
        "source that is used nowhere : b Author b (2014). <Work> Accept with a reason "
        "The first of them; the command quality_report lists all.",
        "Organization that is used nowhere 0 in all Nothing.",
        "Term without a definition 1 in all term without a definition : approach/mixed Mixed Accept with a reason",
        "Database and files Compare them",
    ]
    assert '<a href="?files">Compare them</a>' in html


def test_what_cases_share_is_compared_with_the_files_when_asked(editor, files):
    part = content(editor, f"{SHARED_PAGE}?files").partition("<h2>Database and files</h2>")[2]
    assert text(part) == "The database and the files are alike."
    files.change("organizations.yaml", "organization", ("bureau",), name="Another name")
    part = content(editor, f"{SHARED_PAGE}?files").partition("<h2>Database and files</h2>")[2]
    assert items(part) == ["casestudies.organization [bureau] : differs: name"]


def test_a_finding_leads_to_the_form_that_accepts_it(editor):
    clean_case()
    Case.objects.filter(slug="beside-vaud").delete()
    changed("components", text="The M&D.")
    html = content(editor, QUALITY)
    (link,) = re.findall(r'<a href="(/admin/casestudies/acceptedfinding/add/[^"]*)">', html.partition("4.12 Vaud")[2])
    assert link == "/admin/casestudies/acceptedfinding/add/?rule=acronym-unexplained&amp;subject=vaud/M%26D"
    url = unescape(link)
    fields = submitted(editor.get(url).content.decode(), "acceptedfinding_form")
    assert (fields["rule"], fields["subject"], fields["reason"]) == (["acronym-unexplained"], ["vaud/M&D"], [""])
    assert editor.post(url, fields | {"reason": ["A street."]}).status_code == 302
    assert [(f.subject, f.reason) for f in report().findings] == [("vaud/M&D", "A street.")]
    assert items(content(editor, QUALITY).partition("4.12 Vaud")[2]) == []


def test_the_report_asks_as_many_queries_for_two_cases_as_for_five(editor):
    counts, cases = {}, []
    for number in (2, 5):
        cases += [full_case(2) for _case in range(number - len(cases))]
        Case.objects.exclude(pk__in=[case.pk for case in cases]).delete()
        for case in cases:
            models.CaseLink.objects.get_or_create(case=case, other=cases[case == cases[0]], defaults={"text": "Alike."})
        with CaptureQueriesContext(connection) as queries:
            html = content(editor, QUALITY)
        assert html.count('<section class="casebook-quality">') == number
        counts[number] = len(queries)
    assert counts[2] == counts[5]


def test_many_cases_stand_on_pages(editor):
    for ordinal in range(1, CASES_A_PAGE + 3):
        make.CaseFactory(ordinal=ordinal, name=f"C{ordinal}")
    shown = []
    for query in ("", "?page=2", "?page=9"):
        html = content(editor, f"{QUALITY}{query}")
        shown.append([int(n) for n in re.findall(r'quality/">4\.(\d+) C\d+</a>', html)])
    assert shown == [[*range(1, 21)], [21, 22], [*range(1, 21)]]
    assert re.findall(r'<a href="(\?page=\d)">', content(editor, QUALITY)) == ["?page=2"]


def test_a_report_without_cases_says_so(editor):
    assert "<p>There is no case yet.</p>" in content(editor, QUALITY)


def test_the_pages_of_the_report_write_nothing(editor):
    full_case(1)
    with CaptureQueriesContext(connection) as queries:
        for path in pages():
            editor.get(path)
    assert {query["sql"].split()[0] for query in queries} == {"SELECT"}
