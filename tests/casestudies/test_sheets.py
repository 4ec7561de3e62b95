"""Workbooks that come back: what they change, exactly; what they must not change; who was faster."""

from __future__ import annotations

import copy
import datetime

import pytest
from django.contrib.auth.models import User
from django.db.models import F
from django.utils import timezone

from casestudies.changes import held_back
from casestudies.collection.trees import read_tree
from casestudies.exports.tables import TABLES, TABLES_BY_NAME, WORKS
from casestudies.models import Case, Figure, HistoryEntry
from casestudies.revisions import start_revision
from casestudies.sheets import applying
from casestudies.sheets.mapping import field_of, is_writable, label_of_table
from tests import factories as f

from . import collection
from .workbooks import add, apply, cell, planned, row_of, sent, taken, taken_by_staff

pytestmark = pytest.mark.django_db
NEW_DAY = datetime.date(2016, 1, 2)


@pytest.fixture
def user(db) -> User:
    return User.objects.create_superuser("author", "author@example.org", "x")


@held_back()
def build() -> Case:
    """«vaud» with every kind of row, and what its rows may link to instead."""
    vaud = collection.build()
    f.CollectionFactory(slug="second", title="Second", number_prefix="4.")
    f.OrganizationFactory(slug="body-pipe", name="Body | X")
    f.SourceFactory(slug="work-x", title="The work X")
    f.CurrencyFactory(code="NOK")
    for vocabulary, slug in (("mechanism", "councils"), ("role", "hosts"), ("coordination-form", "council")):
        f.term(vocabulary, slug)
    f.PeriodFactory(case=vaud, key="open", start_year=2010, end_year=None)
    milan, lyon = f.CaseFactory(slug="milan", ordinal=2), f.CaseFactory(slug="lyon", ordinal=3)
    f.BudgetFactory(case=milan)
    f.CaseLinkFactory(case=vaud, key="public", other=milan)
    assert lyon.status == "published"
    return vaud


@held_back()
def small() -> Case:
    """«vaud» with a few rows, and «quinte», a draft."""
    vaud = f.CaseFactory(slug="vaud")
    f.CaseFactory(slug="quinte", status="draft")
    for key in ("first", "members"):
        f.FigureFactory(case=vaud, key=key)
    actors = [f.CaseActorFactory(case=vaud, key=key) for key in ("canton", "first")]
    f.CoordinationMechanismFactory(case=vaud, key="board", members=actors[:1])
    f.MilestoneFactory(case=vaud)
    return vaud


# Sheet -> what is written where: (key, column) -> the cell, and what the field is then.
CITED = {
    ("first", "place"): ("Part 4.12, Results", "Part 4.12, Results"),
    ("first", "source"): ("The work X", ["work-x"]),
    ("first", "source_detail"): (98, "98"),
}
SPAN = {
    ("first", "start_year"): ("2 001", 2001),
    ("first", "start_month"): (3, 3),
    ("first", "end_year"): (2016.0, 2016),
    ("first", "end_month"): ("4", 4),
}
EDITS = {
    "cases": {
        ("", "number"): ("4.7", 7),
        ("", "name"): (" Waadt ", "Waadt"),
        ("", "title"): ("Another title", "Another title"),
        ("", "country_code"): ("country no", ["NO"]),
        ("", "jmdi"): ("Yes", True),
        ("", "purpose"): ("One.\n\nTwo.", "One.\n\nTwo."),
        ("", "original_title"): ("= no formula", "= no formula"),
        ("", "contents_title"): ("Listed", "Listed"),
        ("", "acronym"): ("VD", "VD"),
        ("", "collection"): ("Second", ["second"]),
        ("", "last_checked"): (NEW_DAY, "2016-01-02"),
    },
    "periods": {
        ("first", "label"): ("Phase", "Phase"),
        ("first", "stated"): ("2001–2016", "2001–2016"),
        ("open", "ongoing"): (True, True),
        **SPAN,
        **CITED,
    },
    "places": {
        ("first", "name"): ("Morges", "Morges"),
        ("first", "original_name"): ("Morgues", "Morgues"),
        ("first", "kind"): ("town", "town"),
        ("first", "latitude"): (46.25, "46.25"),
        ("first", "longitude"): ("-6.5", "-6.5"),
        **CITED,
    },
    "narratives": {
        ("first", "section"): ("results", "results"),
        ("first", "text"): ("What came of it.", "What came of it."),
        **CITED,
    },
    "classifications": {
        ("first", "term"): ("Councils", ["mechanism", "councils"]),
        ("first", "evidence"): ("named in Part 2", "part-2"),
        ("first", "reason"): ("The council of 2011.", "The council of 2011."),
        **CITED,
    },
    "actors": {
        ("first", "organization"): ("Body / X", ["body-pipe"]),
        ("first", "name_stated"): ("The body", "The body"),
        ("first", "roles"): ("FUNDS | hosts", [["role", "funds"], ["role", "hosts"]]),
        ("first", "lead"): ("yes", True),
        ("first", "lead_note"): ("in money", "in money"),
        ("first", "count"): (" 1\u00a0200 ", 1200),
        ("first", "evidence"): ("editorial", "editorial"),
        ("first", "text"): ("Pays.", "Pays."),
        **CITED,
    },
    "objectives": {
        ("first", "text"): ("To stay.", "To stay."),
        ("first", "broad_objectives"): ("Rights based flows", [["objective", "rights-based-flows"]]),
        ("first", "evidence"): ("stated in the case", "stated"),
        **CITED,
    },
    "mechanisms": {
        ("first", "name"): ("Board", "Board"),
        ("first", "original_name"): ("Conseil", "Conseil"),
        ("first", "acronym"): ("B", "B"),
        ("first", "organization"): ("body-pipe", ["body-pipe"]),
        ("first", "form"): ("Council", ["coordination-form", "council"]),
        ("first", "direction"): ("Vertical", "vertical"),
        ("first", "levels"): ("national|Local", [["tier", "local"], ["tier", "national"]]),
        ("first", "members"): ("first|canton", [["canton"], ["first"]]),
        ("first", "members_stated"): ("two bodies", "two bodies"),
        ("first", "evidence"): ("part-2", "part-2"),
        ("first", "text"): ("Meets.", "Meets."),
        **CITED,
    },
    "beneficiaries": {
        ("first", "text"): ("Women", "Women"),
        ("first", "count"): (0, 0),
        ("first", "groups"): ("women", [["beneficiary", "women"]]),
        ("first", "evidence"): ("stated", "stated"),
        **CITED,
    },
    "key_elements": {("first", "title"): ("Title", "Title"), ("first", "text"): ("Text", "Text"), **CITED},
    "tiers": {
        ("first", "name"): ("Communes", "Communes"),
        ("first", "original_name"): ("communes", "communes"),
        ("first", "count"): (None, None),
        ("first", "count_stated"): ("some", "some"),
        ("first", "qualifier"): ("over", "over"),
        ("first", "period"): (2014, "2014"),
        ("first", "text"): ("Elected.", "Elected."),
        **CITED,
    },
    "competences": {
        ("first", "holder"): ("The Canton", "The Canton"),
        ("first", "organization"): ("canton", ["canton"]),
        ("first", "matter"): ("Schools", "Schools"),
        **CITED,
    },
    "components": {
        ("first", "section"): ("Overview", "overview"),
        ("a-child", "parent"): ("awkward-00", ["awkward-00"]),
        ("first", "title"): ("Item", "Item"),
        ("first", "text"): ("Its text", "Its text"),
        **CITED,
    },
    "figures": {
        ("first", "section"): ("Overview", "overview"),
        ("first", "label"): ("Cost", "Cost"),
        ("first", "low"): (5, "5"),
        ("first", "high"): (6.5, "6.5"),
        ("first", "qualifier"): ("about", "about"),
        ("first", "stated"): (6.5, "6.5"),
        ("first", "unit"): ("currency", "money"),
        ("first", "unit_label"): ("francs", "francs"),
        ("first", "currency"): ("nok", ["NOK"]),
        ("first", "base"): ("of all", "of all"),
        ("first", "period"): ("2014 to 2015", "2014 to 2015"),
        ("first", "year_from"): (2014, 2014),
        ("first", "year_to"): (2015, 2015),
        ("first", "where"): ("Vaud", "Vaud"),
        **CITED,
    },
    "budget": {
        ("", "total"): (99.5, "99.5"),
        ("", "currency"): ("NOK", ["NOK"]),
        ("", "period"): ("per year", "per-year"),
        ("", "year_from"): (2010, 2010),
        ("", "year_to"): (2011, 2011),
        ("", "duration_months"): (12, 12),
        ("", "note"): ("By the State.", "By the State."),
        **{("", header): value for (_key, header), value in CITED.items()},
    },
    "contributions": {
        ("first", "payer"): ("canton", ["canton"]),
        ("first", "payer_stated"): ("The State", "The State"),
        ("first", "amount"): ("1 000.50", "1000.5"),
        ("first", "currency"): ("NOK", ["NOK"]),
        ("first", "note"): ("Yearly.", "Yearly."),
        **CITED,
    },
    "milestones": {
        ("first", "section"): ("Results and sustainability", "results"),
        ("first", "date_stated"): ("2001 to 2016", "2001 to 2016"),
        **SPAN,
        ("first", "text"): ("It began.", "It began."),
        ("first", "bodies"): ("Body / X|canton", [["body-pipe"], ["canton"]]),
        ("first", "instrument"): ("Law", "Law"),
        ("first", "original_instrument"): ("Loi", "Loi"),
        **CITED,
    },
    "illustrations": {
        ("first", "recommendation"): (14, [14]),
        ("first", "subpoint"): ("a", [14, "a"]),
        ("first", "strength"): ("supporting", "supporting"),
        ("first", "reason"): ("It pooled funds.", "It pooled funds."),
        **CITED,
    },
    "notes": {
        ("first", "section"): ("Actors", "actors"),
        ("first", "kind"): ("clarification", "clarification"),
        ("first", "about"): ("figures/members", "figures/members"),
        ("first", "text"): ("Two numbers.", "Two numbers."),
        **CITED,
    },
    "links": {
        ("public", "other"): ("lyon", ["lyon"]),
        ("public", "text"): ("Sisters.", "Sisters."),
        **{("public", header): value for (_key, header), value in CITED.items()},
    },
    "case_sources": {
        ("first", "source"): ("work-x", ["work-x"]),
        ("first", "section"): ("Actors", "actors"),
        ("first", "notes"): ("99, 100", "99, 100"),
        ("first", "supports"): ("Numbers.", "Numbers."),
    },
}  # fmt: skip
# Cells that only help to find what another cell means.
HELPERS = {("classifications", "first", "vocabulary"): "mechanism"}
# A total is there exactly where one is stated, so the status is changed on another case.
STATUS = ("budget", "status")


def test_every_writable_column_arrives_exactly_and_nothing_else(visitor, user):
    vaud = build()
    book, before = taken(visitor), read_tree(vaud)
    expected = copy.deepcopy(before)
    expected["casestudies.case"][""]["status"] = "draft"
    for sheet, edits in EDITS.items():
        table = TABLES_BY_NAME[sheet]
        by_header = {each.header: each for each in table.columns}
        for (key, header), (value, wanted) in edits.items():
            place = cell(book, sheet, key, header)
            # Text that looks like a formula is text.
            place.value = value
            if isinstance(value, str):
                place.data_type = "s"
            field = by_header[header].field
            assert field_of(table, by_header[header]).name == field
            assert expected[label_of_table(table)][key][field] != wanted, (sheet, header)
            expected[label_of_table(table)][key][field] = wanted
    for (sheet, key, header), value in HELPERS.items():
        cell(book, sheet, key, header).value = value
    cell(book, "budget", "", "status", case="milan").value = "payer named, no sum"
    written = {(sheet, header) for sheet, edits in EDITS.items() for _key, header in edits} | {STATUS}
    assert written == {(t.name, c.header) for t in TABLES for c in t.columns if is_writable(t, c)}

    row = sent(book, user)
    assert row.result["faults"] == []
    assert apply(row, user)[-2:] == ["Written: Milan", "Written: Vaud"]
    revision = Case.objects.get(revises=vaud)
    expected["casestudies.case"][""]["slug"] = "vaud"
    made = read_tree(revision)
    made.pop("casestudies.caseredirect", None)
    expected.pop("casestudies.caseredirect")
    assert made == expected
    assert read_tree(vaud) == before
    assert Case.objects.get(revises__slug="milan").budget.status == "payer-only"
    entries = HistoryEntry.objects.filter(of_id=vaud.pk, by=user).order_by("pk")
    assert [(entry.action, entry.comment) for entry in entries] == [
        ("revised", "cases.xlsx"),
        ("imported", "cases.xlsx"),
    ]


def test_a_workbook_that_comes_back_as_it_was_changes_nothing(visitor):
    vaud = build()
    quinte = Case.objects.get(slug="quinte")
    with held_back():
        revision = start_revision(vaud)
        Figure.objects.filter(case=revision, key="members").update(label="In the revision only")
    turned = taken(visitor)
    assert cell(turned, "mechanisms", "board", "levels").value == "Local|National"
    cell(turned, "mechanisms", "board", "levels").value = "national | Local"
    for book in (taken(visitor), turned, taken(visitor, "?q=milan"), taken_by_staff(vaud, revision, quinte)):
        plan = planned(book)
        assert (plan.faults, plan.cases) == ([], [])
    assert cell(taken_by_staff(vaud, revision), "figures", "members", "label").value == "In the revision only"
    about = {a.value: b.value for a, b in taken_by_staff(revision, quinte)["citation"].iter_rows(min_row=2)}
    assert (about["edition:vaud"], about["edition:quinte"]) == ("revision 1 draft", "case 1 draft")


def test_what_only_tells_is_not_changed(visitor):
    vaud = build()
    f.FigureFactory(case=vaud, key="cites", source=f.SourceFactory(slug="work-x"))
    book = taken(visitor)
    expected = set()
    for table in TABLES:
        key = "work-x" if table is WORKS else next(iter(EDITS[table.name]))[0]
        for each in table.columns:
            if not is_writable(table, each) and each.header not in ("key", "case", "slug", "vocabulary"):
                cell(book, table.name, key, each.header).value = "changed"
                expected.add((table.name, each.header))
    add(book, "works", slug="work-y", title="New")
    plan = planned(book)
    found = [(fault.sheet, fault.header) for fault in plan.faults]
    assert sorted(found) == sorted([*expected, ("works", "slug")])
    assert len(expected) > 50
    reasons = dict(zip(found, (fault.reason for fault in plan.faults), strict=True))
    assert "sheet “classifications”" in reasons["cases", "level"]
    assert "column “organization”" in reasons["actors", "organization_name"]
    # Left empty, or following a cell that was changed, it is no matter.
    book = taken(visitor)
    cell(book, "actors", "first", "organization").value = "body-pipe"
    cell(book, "actors", "first", "organization_name").value = "Body | X"
    cell(book, "cases", "", "level").value = None
    assert planned(book).faults == []


def test_errors_say_where_they_are_all_at_once(visitor):
    build()
    book = taken(visitor)
    wrong = {
        ("figures", "first", "low"): NEW_DAY,
        ("figures", "first", "section"): "Overvew",
        ("figures", "members", "high"): -99,
        ("actors", "first", "roles"): "Funds|Hots",
        ("actors", "first", "organization"): "bodypipe",
        ("mechanisms", "first", "members"): "nobody",
        ("cases", "", "number"): 4.11,
        ("cases", "", "title"): None,
        ("milestones", "first", "start_month"): 13,
        ("milestones", "first", "date_stated"): NEW_DAY,
        ("components", "a-child", "parent"): "nobody",
        ("links", "public", "other"): "vaud",
    }
    for (sheet, key, header), value in wrong.items():
        cell(book, sheet, key, header).value = value
    number = add(book, "figures", case="nowhere", label="x")
    plan = planned(book)
    # Two are found in the row as a whole: the high below the low, the case that links to itself.
    whole = {("figures", "members"), ("links", "public")}
    expected = {
        (sheet, row_of(book, sheet, key), "" if (sheet, key) in whole else header) for sheet, key, header in wrong
    } | {("figures", number, "case")}
    assert {(fault.sheet, fault.row, fault.header) for fault in plan.faults} == expected
    assert len(plan.faults) == len(expected)
    by_place = {(fault.sheet, fault.header): fault for fault in plan.faults}
    assert by_place["figures", "section"].reason.endswith("Nearest: “Overview”.")
    assert by_place["figures", "section"].column == "G"
    assert by_place["actors", "roles"].reason.startswith("“Hots”: There is no such term in the vocabulary “role”.")
    assert "body-pipe" in by_place["actors", "organization"].reason
    assert by_place["cases", "number"].value == "4.11"


def test_new_rows_and_new_cases(visitor, user):
    vaud = build()
    book = taken(visitor)
    add(book, "figures", case="vaud", section="Overview", label="Schools", low=4, high=4, stated="four", unit="number")
    add(book, "components", case="vaud", key="outer", section="Overview", title="Outer")
    add(book, "components", case="vaud", key="inner", section="Overview", title="Inner", parent="outer")
    shared = {"collection": "White Paper", "country_code": "CH"}
    add(book, "cases", slug="rome", name="Rome", title="Of Rome", **shared)
    add(book, "cases", slug="bern", name="Bern", title="Of Bern", number="4.40", **shared)
    add(book, "actors", case="rome", key="city", organization="canton")
    add(book, "mechanisms", case="rome", name="Table", members="city")
    add(book, "budget", case="rome", status="not reported")
    row = sent(book, user)
    assert row.result["faults"] == []
    apply(row, user)
    revision = Case.objects.get(revises=vaud)
    figure = revision.figures.get(label="Schools")
    assert (figure.low, figure.key[0], figure.position) == (4, "k", 4)
    assert revision.components.get(key="inner").parent.key == "outer"
    rome = Case.objects.get(slug="rome")
    # The next number behind all others, those of the file included.
    assert (rome.status, rome.ordinal, Case.objects.get(slug="bern").ordinal) == ("draft", 41, 40)
    assert [each.key for each in rome.coordinationmechanisms.get().members.all()] == ["city"]
    assert rome.budget.status == "not-reported"
    assert HistoryEntry.objects.get(object_id=rome.pk).action == "imported"


def test_a_new_case_takes_no_address_number_or_key_that_is_taken(visitor):
    build()
    book = taken(visitor)
    shared = {"collection": "White Paper", "country_code": "CH"}
    first = add(book, "cases", slug="canton-de-vaud", name="A", title="A", **shared)
    second = add(book, "cases", slug="rome", name="B", title="B", number="4.12", **shared)
    third = add(book, "cases", slug="Bad Slug", name="C", title="C", level="Local", **shared)
    # A key that was changed looks like a row that is gone and a new one.
    cell(book, "figures", "first", "key").value = "fist"
    fourth = 2 + [each.value for each in book["figures"]["D"]][1:].index("fist")
    assert [(fault.sheet, fault.row, fault.header) for fault in planned(book).faults] == [
        ("cases", first, "slug"), ("cases", second, "number"), ("cases", third, "slug"), ("cases", third, "level"),
        ("figures", fourth, "key"),
    ]  # fmt: skip


def test_rows_that_are_gone_are_removed_only_on_demand(visitor, user):
    vaud = small()
    book = taken(visitor)
    book["figures"].delete_rows(row_of(book, "figures", "first"))
    book["actors"].delete_rows(row_of(book, "actors", "canton"))
    del book["milestones"]
    (case,) = planned(book).cases
    assert not case.is_written
    assert {(c.kind, c.sheet, c.key) for c in case.changes} == {
        ("gone", "figures", "first"),
        ("gone", "actors", "canton"),
    }
    # The board has the canton among its members.
    (fault,) = planned(book, remove_gone=True).faults
    assert (fault.sheet, fault.row, fault.header) == ("mechanisms", row_of(book, "mechanisms", "board"), "members")
    cell(book, "mechanisms", "board", "members").value = None
    # Of a case that does not stand in «cases» nothing is gone.
    without = taken(visitor)
    without["figures"].delete_rows(row_of(without, "figures", "first"))
    without["cases"].delete_rows(row_of(without, "cases", ""))
    assert planned(without, remove_gone=True).cases == []
    row = sent(book, user, remove_gone=True)
    assert row.result["faults"] == []
    apply(row, user)
    revision = Case.objects.get(revises=vaud)
    assert sorted(revision.figures.values_list("key", flat=True)) == ["members"]
    assert sorted(revision.caseactors.values_list("key", flat=True)) == ["first"]
    assert revision.milestones.count() == vaud.milestones.count() > 0


def edited(case: Case, key: str, label: str) -> None:
    """Somebody changes a figure in the admin."""
    with held_back():
        row = case.figures.get(key=key)
        row.label = label
        row.save()
        Case.objects.filter(pk=case.pk).update(version=F("version") + 1, updated_at=timezone.now())


def test_who_was_faster_is_not_overwritten(visitor):
    vaud = small()
    quinte = Case.objects.get(slug="quinte")
    f.FigureFactory(case=quinte, key="first", label="Old")
    public, staff = taken(visitor), taken_by_staff(quinte)
    edited(vaud, "members", "By somebody else")
    edited(quinte, "first", "By somebody else")
    for book, slug in ((public, "vaud"), (staff, "quinte")):
        cell(book, "figures", "first", "label", slug).value = "From the file"
        faults = planned(book).faults
        assert {(fault.header, fault.value) for fault in faults} >= {("label", "From the file")}
        assert all(fault.reason.startswith("The case was changed since this file was taken.") for fault in faults)
    assert [fault.reason.endswith("“By somebody else”.") for fault in planned(public).faults].count(True) == 1
    plan = planned(public, take_file=True)
    assert plan.faults == []
    assert {(c.old, c.new) for c in plan.cases[0].changes} == {
        ("Foreign residents", "From the file"), ("By somebody else", "Foreign residents"),
    }  # fmt: skip
    # Without the sheet that says when it was taken nobody can tell.
    book = taken(visitor)
    cell(book, "figures", "first", "label").value = "From the file"
    assert planned(book).faults == []
    del book["citation"]
    assert [fault.header for fault in planned(book).faults] == ["label"]


def test_a_working_revision_keeps_what_the_file_does_not_know(visitor, user):
    vaud = small()
    book = taken(visitor)
    with held_back():
        revision = start_revision(vaud)
    edited(revision, "members", "In the revision")
    cell(book, "figures", "first", "label").value = "From the file"
    row = sent(book, user)
    assert row.result["faults"] == []
    apply(row, user)
    assert {each.key: each.label for each in revision.figures.all()} == {
        "first": "From the file", "members": "In the revision",
    }  # fmt: skip
    revision.refresh_from_db()
    assert (revision.version, revision.status) == (3, "draft")
    # What both changed is for people to decide; and a text in review is not changed at all.
    cell(book, "figures", "members", "label").value = "From the file"
    (fault,) = planned(book).faults
    assert fault.reason == "The working revision says something else here: “In the revision”."
    assert planned(book, take_file=True).faults == []
    Case.objects.filter(pk=revision.pk).update(status="in-review")
    assert "in review" in planned(book, take_file=True).faults[0].reason


def test_only_what_was_shown_is_applied_and_once(visitor, user):
    vaud = small()
    book = taken(visitor)
    cell(book, "figures", "first", "label").value = "From the file"
    row = sent(book, user)
    edited(vaud, "first", "In the meantime")
    with pytest.raises(applying.Refused, match="cases have changed"):
        apply(row, user)
    assert not Case.objects.filter(revises=vaud).exists()
    for _step in applying.check(row):
        pass
    assert row.result["total"] == 1
    with pytest.raises(applying.Refused, match="checked again"):
        apply(row, user)
    row = sent(book, user, take_file=True)
    edited(vaud, "members", "Once more")
    with pytest.raises(applying.Refused, match="cases have changed"):
        apply(row, user)
    row = sent(book, user, take_file=True)
    with pytest.raises(applying.Refused, match="checked again"):
        list(applying.apply(row.pk, "another", user))
    apply(row, user)
    with pytest.raises(applying.Refused, match="already"):
        apply(row, user)
    assert Case.objects.get(revises=vaud).figures.get(key="first").label == "From the file"
