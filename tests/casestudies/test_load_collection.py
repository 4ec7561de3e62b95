"""Files into a database in use: nothing twice, nothing half, and nothing over what staff did."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from casestudies import models
from casestudies.collection.state import read_state
from casestudies.revisions import start_revision
from casestudies.search import store
from tests import factories as f
from tests.casestudies.collection import Files, build, clear, load, run

pytestmark = pytest.mark.django_db
VAUD = "cases/4-12-vaud.yaml"
FIGURE = ("vaud", "members")


@pytest.fixture
def files(tmp_path: Path, settings) -> Files:
    """A collection that was loaded from its files."""
    settings.FIXTURE_DIRS = [tmp_path / "fixtures"]
    build()
    run("dump_collection", tmp_path / "fixtures")
    clear()
    load()
    return Files(tmp_path / "fixtures")


def everything() -> dict:
    """The whole live collection, with what the loader remembers."""
    state = read_state("default")
    rows = {(label, key): row.fields for label, rows in state.rows.items() for key, row in rows.items()}
    return {
        "rows": rows,
        "loaded": state.loaded,
        "cases": list(models.Case.objects.values_list("version", "updated_at")),
    }


def figure() -> models.Figure:
    return models.Figure.objects.get_by_natural_key(*FIGURE)


def test_what_was_loaded_can_be_searched_at_once(files):
    assert store.is_fresh()
    files.change(VAUD, "figure", FIGURE, label="Delegates")
    load(dry_run=True)
    assert store.is_fresh()
    load()
    assert store.is_fresh()
    assert " delegates " in models.SearchText.objects.get(kind="case", object_id=figure().case_id).words


def test_second_load_writes_nothing(files):
    before = everything()
    with CaptureQueriesContext(connection) as queries:
        report = load()
    rows = len(before["rows"])
    assert report == [f"0 created, 0 updated, {rows} unchanged, 0 kept, 0 removed."]
    assert [q["sql"] for q in queries if q["sql"].split()[0] in ("INSERT", "UPDATE", "DELETE")] == []
    # A query a model and a many-to-many field, the loader's own (working revisions, what was loaded, the lock), and
    # two to see that the words to search by are made.
    assert len(queries) <= 33 + 10 + 6 + 2
    assert everything() == before


def test_change_in_a_file_is_taken_and_moves_its_case(files):
    before = dict(models.Case.objects.values_list("slug", "version"))
    files.change(VAUD, "figure", FIGURE, label="Members")
    assert load()[-1].startswith("0 created, 1 updated, ")
    assert figure().label == "Members"
    assert dict(models.Case.objects.values_list("slug", "version")) == {**before, "vaud": before["vaud"] + 1}


def test_dry_run_writes_nothing(files):
    before = everything()
    files.change(VAUD, "figure", FIGURE, label="Members")
    assert "1 updated" in load(dry_run=True)[-1]
    assert everything() == before


def test_rows_loaded_otherwise_are_only_remembered(files):
    models.LoadedRecord.objects.all().delete()
    assert load()[-1].startswith("0 created, 0 updated, ")
    models.LoadedRecord.objects.filter(natural_key='["vaud", "members"]').delete()
    models.Figure.objects.filter(pk=figure().pk).update(label="Otherwise")
    assert load()[0] == (
        "kept     casestudies.figure [vaud, members]: differs from the file, and was not loaded from it: label"
    )
    assert figure().label == "Otherwise"


def test_field_that_staff_changed_is_kept_until_overwritten(files):
    models.Figure.objects.filter(pk=figure().pk).update(label="By staff")
    files.change(VAUD, "figure", FIGURE, label="Newer")
    assert load()[0] == "kept     casestudies.figure [vaud, members]: changed by staff: label"
    assert figure().label == "By staff"
    assert load(overwrite=True)[-1].startswith("0 created, 1 updated, ")
    assert figure().label == "Newer"


def test_many_to_many_that_staff_changed_is_kept(files):
    actor = models.CaseActor.objects.get_by_natural_key("vaud", "canton")
    actor.roles.set([f.term("role", "advises")])
    assert load()[0] == "kept     casestudies.caseactor [vaud, canton]: changed by staff: roles"
    assert [term.slug for term in actor.roles.all()] == ["advises"]
    load(overwrite=True)
    assert [term.slug for term in actor.roles.all()] == ["funds"]


def test_line_ends_of_a_browser_are_no_change(files):
    note = models.Budget.objects.get()
    models.Budget.objects.update(note=note.note.replace("\n", "\r\n"))
    assert ", 0 kept" in load()[-1]


def test_row_that_staff_added_is_kept(files):
    added = f.FigureFactory(case=models.Case.objects.get(slug="vaud"), key="by-hand")
    assert load()[0] == "kept     casestudies.figure [vaud, by-hand]: added by staff"
    load(overwrite=True)
    assert models.Figure.objects.filter(pk=added.pk).exists()


def test_row_that_staff_removed_stays_removed(files):
    figure().delete()
    assert load()[0] == "kept     casestudies.figure [vaud, members]: removed by staff"
    assert not models.Figure.objects.filter(key="members").exists()
    load(overwrite=True)
    assert figure().stated == "4.10"


def test_new_row_on_a_removed_one_is_kept_out(files):
    models.CaseTerm.objects.filter(key="approach").delete()
    models.Term.objects.filter(slug="mixed").delete()
    lines = load()
    assert lines[:-1] == [
        "kept     casestudies.term [approach, mixed]: removed by staff",
        "kept     casestudies.caseterm [vaud, approach]: removed by staff",
    ]
    key = {"case": ["quinte"], "key": "approach", "term": ["approach", "mixed"]}
    files.add("cases/4-01-quinte.yaml", "caseterm", **key)
    assert (
        "kept     casestudies.caseterm [quinte, approach]: refers to casestudies.term [approach, mixed], "
        "which is not there"
    ) in load()


def test_case_that_staff_removed_is_reported_once(files):
    models.Case.objects.get(slug="vaud").delete()
    lines = load()
    assert lines[:-1] == [
        "kept     casestudies.case [vaud]: removed by staff",
        "kept     casestudies.acronym [ccci-vaud]: changed by staff: cases",
    ]
    assert list(models.Case.objects.values_list("slug", flat=True)) == ["quinte"]
    load(overwrite=True)
    assert figure().case.slug == "vaud"


@pytest.mark.parametrize("redirected", [True, False])
def test_case_with_a_new_address_is_not_loaded_twice(files, redirected):
    case = models.Case.objects.get(slug="vaud")
    models.Case.objects.filter(pk=case.pk).update(slug="pic")
    if redirected:
        f.CaseRedirectFactory(case=case, old_slug="vaud")
        models.Case.objects.filter(pk=case.pk).update(ordinal=40, name="PIC", title="PIC")
    files.change(VAUD, "figure", FIGURE, label="Newer")
    lines = load()
    assert "kept     casestudies.case [vaud]: staff gave it another address: “pic”" in lines
    assert set(models.Case.objects.values_list("slug", flat=True)) == {"pic", "quinte"}
    assert models.Figure.objects.get(case=case, key="members").label == "Newer"
    load(overwrite=True)
    assert set(models.Case.objects.values_list("slug", flat=True)) == {"vaud", "quinte"}


def test_number_that_staff_gave_to_another_case(files):
    models.Case.objects.get(slug="vaud").delete()
    f.CaseFactory(slug="other", ordinal=12, collection=models.Collection.objects.get())
    models.LoadedRecord.objects.all().delete()
    assert "kept     casestudies.case [vaud]: casestudies.case [other] stands for the same" in load()
    assert set(models.Case.objects.values_list("slug", flat=True)) == {"other", "quinte"}


def test_row_that_stands_for_the_same_is_kept_until_overwritten(files):
    case = models.Case.objects.get(slug="vaud")
    mine = models.Illustration.objects.get(case=case)
    staff = f.IllustrationFactory(case=case, key="by-hand", recommendation=f.RecommendationFactory(number=99))
    load()
    fields = {"case": ["vaud"], "key": "r99", "recommendation": [99], "strength": "central", "reason": "So."}
    files.add(VAUD, "illustration", **fields)
    line = "kept     casestudies.illustration [vaud, r99]: casestudies.illustration [vaud, by-hand] stands for the same"
    assert line in load()
    load(overwrite=True)
    assert set(models.Illustration.objects.values_list("key", flat=True)) == {mine.key, "r99"}
    assert not models.Illustration.objects.filter(pk=staff.pk).exists()


def test_second_term_of_a_single_vocabulary_is_kept_out(files):
    approach = models.CaseTerm.objects.get(key="approach")
    f.CaseTermFactory(case=approach.case, key="by-hand", term=f.term("approach", "top-down"))
    approach.delete()
    files.remove(VAUD, "caseterm", ("vaud", "approach"))
    files.add(VAUD, "caseterm", case=["vaud"], key="mixed", term=["approach", "mixed"])
    line = "kept     casestudies.caseterm [vaud, mixed]: casestudies.caseterm [vaud, by-hand] stands for the same"
    assert line in load()
    assert [row.key for row in models.CaseTerm.objects.filter(term__vocabulary__slug="approach")] == ["by-hand"]


def test_clean_of_a_model_is_asked(files, monkeypatch):
    def clean(row: models.KeyElement) -> None:
        raise ValidationError({"title": f"“{row.title}” will not do."})

    before = everything()
    monkeypatch.setattr(models.KeyElement, "clean", clean)
    files.change(VAUD, "keyelement", ("vaud", "first"), title="Other")
    with pytest.raises(CommandError, match=r"keyelement \[vaud, first\]: title: “Other” will not do\."):
        load()
    assert everything() == before


def test_renamed_key_replaces_the_row(files):
    files.change(VAUD, "narrative", ("vaud", "first"), key="overview")
    assert load()[-1].startswith("1 created, 0 updated, ")
    assert list(models.Narrative.objects.values_list("key", flat=True)) == ["overview"]


def test_row_gone_from_the_files_is_removed_unless_changed(files):
    files.remove(VAUD, "figure", ("vaud", "first"))
    files.remove(VAUD, "milestone", ("vaud", "first"))
    models.Milestone.objects.filter(key="first").update(text="By staff")
    lines = load()
    assert lines[:2] == [
        "removed  casestudies.figure [vaud, first]",
        "kept     casestudies.milestone [vaud, first]: gone from the files, but changed by staff",
    ]
    assert set(models.Figure.objects.values_list("key", flat=True)) == {"members"}
    assert models.Milestone.objects.filter(key="first").exists()


@pytest.mark.parametrize("above", [None, "awkward-00", "new"])
def test_row_that_leaves_a_parent_which_goes_stays_the_same_row(files, above):
    """Its parent is gone from the files; it moves to another one, old or new, or to none, with what hangs off it."""
    child = models.Component.objects.get(key="a-child")
    below = f.ComponentFactory(case=child.case, key="below", parent=child)
    if above == "new":
        files.add(VAUD, "component", case=["vaud"], key="new", section="implementation", title="New")
    files.remove(VAUD, "component", ("vaud", "the-parent"))
    files.change(VAUD, "component", ("vaud", "a-child"), parent=above and ["vaud", above])
    lines = load()
    assert "removed  casestudies.component [vaud, the-parent]" in lines
    assert re.match(rf"{int(above == 'new')} created, 1 updated, \d+ unchanged, 1 kept, 1 removed\.", lines[-1])
    assert not models.Component.objects.filter(key="the-parent").exists()
    rows = models.Component.objects.filter(pk__in=[child.pk, below.pk]).values_list("key", "parent__key")
    assert set(rows) == {("a-child", above), ("below", "a-child")}
    assert load()[-1].startswith("0 created, 0 updated, ")


def test_row_goes_with_a_parent_that_it_does_not_leave(files):
    for key in ("the-parent", "a-child"):
        files.remove(VAUD, "component", ("vaud", key))
    lines = load()
    assert [line for line in lines if line.startswith("removed")] == [
        "removed  casestudies.component [vaud, a-child]",
        "removed  casestudies.component [vaud, the-parent]",
    ]
    assert not models.Component.objects.filter(key__in=("the-parent", "a-child")).exists()


def test_one_path_removes_nothing(files):
    files.remove(VAUD, "figure", ("vaud", "first"))
    assert load(files.folder / VAUD)[-1].endswith(", 0 removed.")
    assert models.Figure.objects.filter(key="first").exists()


def test_what_is_in_use_is_not_removed(files):
    quinte, office = models.Case.objects.get(slug="quinte"), models.Organization.objects.get(slug="office")
    f.CaseActorFactory(case=quinte, key="office", organization=office)
    revision = start_revision(models.Case.objects.get(slug="vaud"))
    body = f.OrganizationFactory(slug="loose")
    load()
    files.add("organizations.yaml", "organization", slug="spare", name="Spare")
    files.add("organizations.yaml", "organization", slug="used-by-revision", name="Used")
    load()
    revision.milestones.get(key="law").bodies.add(models.Organization.objects.get(slug="used-by-revision"))
    for slug in ("office", "spare", "used-by-revision"):
        files.remove("organizations.yaml", "organization", (slug,))
    lines = load()
    assert "removed  casestudies.organization [spare]" in lines
    assert ("kept     casestudies.organization [office]: gone from the files, but used by casestudies.caseactor "
            "[quinte, office]") in lines  # fmt: skip
    assert "kept     casestudies.organization [used-by-revision]: gone from the files, but still used" in lines
    assert set(models.Organization.objects.filter(slug__in=("office", "spare", "used-by-revision", "loose"))
               .values_list("slug", flat=True)) == {"office", "used-by-revision", body.slug}  # fmt: skip


def test_case_gone_from_the_files_goes_whole_or_stays_whole(files):
    (files.folder / VAUD).unlink()
    (files.folder / "case-links.yaml").unlink()
    files.change("glossary.yaml", "acronym", ("ccci-vaud",), cases=[["quinte"]])
    models.Figure.objects.filter(key="first").update(label="By staff")
    before = everything()["rows"]
    line = "kept     casestudies.case [vaud]: gone from the files, but staff changed or work on something of it"
    assert line in load()
    assert {ref: before[ref] for ref in before if ref not in everything()["rows"]} == {}
    models.Figure.objects.filter(key="first").update(label="Foreign residents")
    load()
    assert list(models.Case.objects.values_list("slug", flat=True)) == ["quinte"]


def test_working_revision_is_left_alone(files):
    revision = start_revision(models.Case.objects.get(slug="vaud"))
    files.change(VAUD, "figure", FIGURE, label="Newer")
    assert load()[-1].startswith("0 created, 1 updated, ")
    assert revision.figures.get(key="members").label == "Foreign residents"


def test_error_writes_nothing(files):
    before = everything()
    files.change(VAUD, "figure", FIGURE, label="Newer")
    files.change(VAUD, "figure", ("vaud", "first"), unit="miles")
    with pytest.raises(CommandError, match="Nothing was written"):
        load()
    assert everything() == before


def test_missing_path_is_said(files):
    with pytest.raises(CommandError, match=r"There is no .*nowhere"):
        load(files.folder / "nowhere")
