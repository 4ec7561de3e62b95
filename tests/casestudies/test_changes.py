"""What moves the version of the data and marks words to be made anew: all that visitors see, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.core import serializers
from django.core.management import CommandError, call_command
from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db import models as db
from django.db.migrations.loader import MigrationLoader

from casestudies import changes, models
from casestudies.changes import held_back, note_changes, version
from casestudies.collection.loading import load_files
from casestudies.models.release import Kept
from casestudies.revisions import start_revision
from casestudies.search import store
from recommendations import models as part_3
from tests import factories as f

from .collection import Files, build, clear, load, run

pytestmark = pytest.mark.django_db

# The words that a row of each model changes: of which kind, and by which of its values; None: the version alone.
SILENT = "nothing at all"
WORDS_OF: dict[type[db.Model], tuple[str, str] | str | None] = {
    models.Case: ("case", "pk"),
    models.Budget: ("case", "case_id"),
    models.CaseRedirect: ("case", "case_id"),
    **dict.fromkeys(models.child_models(), ("case", "case_id")),
    models.Term: ("term", "pk"),
    models.Organization: ("organization", "pk"),
    models.OrganizationName: ("organization", "organization_id"),
    models.Source: ("source", "pk"),
    models.Country: ("country", "pk"),
    part_3.Recommendation: ("recommendation", "pk"),
    part_3.SubPoint: ("recommendation", "recommendation_id"),
    part_3.Group: None,
    models.Vocabulary: None,
    models.Collection: None,
    models.Currency: None,
    models.Acronym: None,
    models.SourceRedirect: None,
    models.AcceptedFinding: SILENT,
    models.LoadedRecord: SILENT,
    models.PreviewLink: SILENT,
    models.SheetImport: SILENT,
    models.Message: SILENT,
    models.Release: SILENT,
    models.ReleaseFile: SILENT,
    models.ReleasePiece: SILENT,
    models.SearchText: SILENT,
    models.DataVersion: SILENT,
    models.HistoryEntry: SILENT,
}
SHOWN = [model for model, words in WORDS_OF.items() if words != SILENT]
MANY = [field for model in SHOWN for field in model._meta.many_to_many]
FACTORIES = {made._meta.model: made for made in vars(f).values() if isinstance(made, type) and hasattr(made, "_meta")}


def number() -> int:
    return next(iter(models.DataVersion.objects.values_list("number", flat=True)), 0)


def marks() -> set[tuple[str, int]]:
    return set(models.SearchText.objects.filter(changes__gt=0).values_list("kind", "object_id"))


def noted(work: Callable[[], object]) -> tuple[int, set[tuple[str, int]]]:
    """By how much the work moves the version, and what it marks, all words being fresh before."""
    store.refresh()
    assert marks() == set()
    before = number()
    work()
    return number() - before, marks()


def words_of(row: db.Model) -> set[tuple[str, int]]:
    """What a change of the row is to mark."""
    words = WORDS_OF[type(row)]
    return {(words[0], getattr(row, words[1]))} if isinstance(words, tuple) else set()


def test_every_model_has_its_line():
    ours = {model for app in ("casestudies", "recommendations") for model in apps.get_app_config(app).get_models()}
    assert set(WORDS_OF) == ours


def name(model: type) -> str:
    return model.__name__


@pytest.mark.parametrize("model", SHOWN, ids=name)
def test_saving_a_row_moves_the_version_and_marks_its_words(model):
    vaud = build()
    rows = model.objects.filter(case=vaud) if isinstance(WORDS_OF[model], tuple) and "case_id" in WORDS_OF[model] else 0
    row = (rows or model.objects.order_by("pk")).first() or FACTORIES[model]()
    assert noted(row.save) == (1, words_of(row))


@pytest.mark.parametrize("model", SHOWN, ids=name)
def test_making_and_deleting_a_row_does_too(model):
    fields = {"case": f.CaseFactory()} if any(field.name == "case" for field in model._meta.fields) else {}
    if model is models.Case:
        fields = {"collection": f.CollectionFactory(), "country": f.CountryFactory()}
    prepared = FACTORIES[model].build(**fields)
    for field in model._meta.fields:
        # What it hangs off is there before.
        target = getattr(prepared, field.name) if field.is_relation else None
        if target is not None and target.pk is None:
            setattr(prepared, field.name, FACTORIES[field.related_model]())
    assert noted(prepared.save) == (1, words_of(prepared))
    before = words_of(prepared)
    assert noted(prepared.delete) == (1, before)
    store.refresh()
    kept = {("case", fields["case"].pk)} if "case" in fields else set()
    gone = before - kept - {("organization", getattr(prepared, "organization_id", 0))}
    gone -= {("recommendation", getattr(prepared, "recommendation_id", 0))}
    assert gone & set(models.SearchText.objects.values_list("kind", "object_id")) == set()


@pytest.mark.parametrize("model", [model for model, words in WORDS_OF.items() if words == SILENT], ids=name)
def test_bookkeeping_moves_nothing(model):
    f.CaseFactory()
    rows = {
        models.AcceptedFinding: f.AcceptedFindingFactory,
        models.LoadedRecord: f.LoadedRecordFactory,
        models.PreviewLink: f.PreviewLinkFactory,
        models.SheetImport: f.SheetImportFactory,
        models.HistoryEntry: f.HistoryEntryFactory,
        models.Message: f.MessageFactory,
        models.Release: f.ReleaseFactory,
        models.ReleaseFile: f.ReleaseFileFactory,
        models.ReleasePiece: f.ReleasePieceFactory,
        models.SearchText: lambda: models.SearchText.objects.first(),
        models.DataVersion: lambda: models.DataVersion.objects.first(),
    }

    def work() -> None:
        row = rows[model]()
        if not isinstance(row, Kept):
            row.save()

    assert noted(work) == (0, set())
    if model is not models.DataVersion and not issubclass(model, Kept):
        row = rows[model]()
        assert noted(row.delete) == (0, set())


# Many-to-many values, from both sides.


def tie(field: db.ManyToManyField, case: models.Case) -> tuple[db.Model, list[db.Model]]:
    """A row without values in the field, and three that it could have."""
    in_case = {"case": case} if hasattr(field.model, "case") else {}
    related = field.related_model
    others = {"case": case} if hasattr(related, "case") else {}
    return FACTORIES[field.model](**in_case), [FACTORIES[related](**others) for _ in range(3)]


@pytest.mark.parametrize("field", MANY, ids=str)
def test_many_values_are_noted_from_the_side_that_holds_them(field):
    row, (first, second, third) = tie(field, f.CaseFactory())
    values = getattr(row, field.name)
    for work, there in (
        (lambda: values.add(first, second), {first, second}),
        (lambda: values.remove(first), {second}),
        (lambda: values.set([second, third]), {second, third}),
        (lambda: values.clear(), set()),
    ):
        moved, marked = noted(work)
        assert (moved, marked) == (1, words_of(row))
        assert set(values.all()) == there


@pytest.mark.parametrize("field", MANY, ids=str)
def test_many_values_are_noted_from_the_far_side(field):
    case = f.CaseFactory()
    row, (value, _second, _third) = tie(field, case)
    other, _values = tie(field, f.CaseFactory())
    accessor = field.remote_field.get_accessor_name()
    rows = getattr(value, accessor)
    for work, touched in (
        (lambda: rows.add(row), {row}),
        (lambda: rows.set([other]), {row, other}),
        (lambda: rows.remove(other), {other}),
        (lambda: rows.add(row, other), {row, other}),
        (lambda: rows.clear(), set()),
    ):
        moved, marked = noted(work)
        assert moved > 0
        assert marked == words_of(value).union(*map(words_of, touched))


# What visitors do not see.


def hidden(state: str) -> models.Case:
    public = f.CaseFactory(slug="public")
    if state == "revision":
        return f.CaseFactory(revises=public)
    return f.CaseFactory(status=state)


@pytest.mark.parametrize("state", ["draft", "in-review", "archived", "revision"])
def test_nothing_of_a_hidden_case_moves_anything(state):
    case = hidden(state)
    rows = [made(case=case) for made in f.child_factories().values()]
    rows += [f.BudgetFactory(case=case), f.CaseRedirectFactory(case=case)]
    bound = f.term("objective", "welcome")

    def work() -> None:
        case.save()
        for row in rows:
            row.save()
        next(row for row in rows if isinstance(row, models.Objective)).broad_objectives.set([bound])
        for row in rows:
            row.delete()
        case.delete()

    assert noted(work) == (0, set())


def test_starting_a_working_revision_moves_nothing():
    vaud = build()
    assert noted(lambda: start_revision(vaud)) == (0, set())


# Coming and going.


@pytest.mark.parametrize(("before", "after", "moves"), [
    ("draft", "published", True), ("in-review", "published", True), ("archived", "published", True),
    ("published", "archived", True), ("published", "draft", True), ("published", "in-review", True),
    ("draft", "in-review", False), ("archived", "draft", False),
])  # fmt: skip
def test_what_comes_before_visitors_or_leaves_them_moves(before, after, moves):
    case = f.CaseFactory(status=before)

    def work() -> None:
        case.status = after
        case.save()

    assert noted(work) == ((1, {("case", case.pk)}) if moves else (0, set()))
    store.refresh()
    kept = models.SearchText.objects.filter(kind="case", object_id=case.pk).exists()
    assert kept is (after == "published")


def test_deleting_a_case_with_all_its_rows():
    vaud = build()
    pk = vaud.pk
    moved, marked = noted(vaud.delete)
    assert moved > 0
    assert marked == {("case", pk)}
    store.refresh()
    assert not models.SearchText.objects.filter(kind="case").exists()


def test_a_case_that_comes_or_goes_marks_the_cases_that_link_to_it():
    other, linking, draft = f.CaseFactory(status="draft"), f.CaseFactory(), f.CaseFactory(status="draft")
    for case in (linking, draft):
        f.CaseLinkFactory(case=case, other=other)

    def turn(status: str) -> Callable[[], None]:
        def work() -> None:
            other.status = status
            other.save()

        return work

    both = {("case", other.pk), ("case", linking.pk)}
    assert noted(other.save) == (0, set())
    assert noted(turn("published")) == (1, both)
    assert noted(other.save) == (1, {("case", other.pk)})
    assert noted(turn("archived")) == (1, both)


def test_a_name_that_goes_to_another_organization_changes_both():
    row = f.OrganizationNameFactory()
    former, row.organization = row.organization, f.OrganizationFactory()
    assert noted(row.save)[1] == {("organization", former.pk), ("organization", row.organization.pk)}


def test_before_words_were_made_every_case_counts_as_seen():
    """A database that was there before the search: nothing tells yet that the case was public."""
    collection, country = f.CollectionFactory(), f.CountryFactory()
    case = f.CaseFactory.build(collection=collection, country=country)
    models.Case.objects.bulk_create([case])
    before = version()
    case.status = "archived"
    case.save()
    assert version() != before


# Transactions.


def rolled_back(work: Callable[[], object]) -> None:
    with transaction.atomic():
        work()
        transaction.set_rollback(True)


def test_what_is_rolled_back_leaves_nothing():
    case = f.CaseFactory()
    token = version()
    assert noted(lambda: rolled_back(case.save)) == (0, set())
    assert version() == token


def test_the_version_never_comes_again():
    case, tokens = f.CaseFactory(), set()

    def work() -> None:
        case.save()
        tokens.add((number(), version()))

    rolled_back(work)
    rolled_back(work)
    work()
    # The same number three times, each time another token.
    assert len({number for number, _token in tokens}) == 1
    assert len(tokens) == 3


def test_without_a_change_there_is_no_version():
    assert version() == ""
    case = f.CaseFactory()
    assert len(version()) == 16
    token = version()
    case.save()
    assert version() not in ("", token)


# Many changes at once.


def test_held_back_changes_are_noted_once_at_the_end():
    case, term = f.CaseFactory(), f.TermFactory()
    middle = []

    def work() -> None:
        with held_back():
            for row in (case, case, term, f.VocabularyFactory()):
                row.save()
            with held_back():
                f.NarrativeFactory(case=case)
            middle.append((number(), marks()))

    before = number()
    assert noted(work) == (1, {("case", case.pk), ("term", term.pk)})
    assert middle == [(before, set())]


def test_a_held_back_block_without_changes_moves_nothing():
    def work() -> None:
        with held_back():
            f.CaseFactory.build()

    assert noted(work) == (0, set())


def test_held_back_changes_of_an_error_are_forgotten():
    case = f.CaseFactory()

    def fail() -> None:
        with transaction.atomic(), held_back():
            case.save()
            raise ValueError

    def work() -> None:
        with pytest.raises(ValueError):
            fail()

    assert noted(work) == (0, set())
    # And nothing is held back any more.
    assert noted(case.save) == (1, {("case", case.pk)})


def test_one_thread_does_not_hold_back_for_another(monkeypatch):
    noted_by = []
    monkeypatch.setattr(changes, "note_changes", lambda found, using: noted_by.append(found))
    with held_back():
        other = threading.Thread(target=changes.on_save, args=(models.Term, models.Term(pk=7), "default"))
        other.start()
        other.join()
        assert noted_by == [[("term", 7)]]
    assert len(noted_by) == 1


def test_what_passes_the_signals_is_noted_by_hand():
    case, draft = f.CaseFactory(), f.CaseFactory(status="draft")
    work = models.Case.objects.filter(pk__in=[case.pk, draft.pk]).update
    assert noted(lambda: work(purpose="Other")) == (0, set())
    both = [("case", case.pk), ("case", draft.pk)]
    assert noted(lambda: note_changes(both)) == (1, {("case", case.pk)})
    assert noted(lambda: note_changes([("case", draft.pk)])) == (0, set())
    assert noted(lambda: note_changes([None])) == (1, set())
    assert noted(lambda: note_changes([])) == (0, set())


def test_a_mark_is_another_one_at_every_change():
    """Who read the words before a change must not take its mark for theirs."""
    term = f.TermFactory()
    row = models.SearchText.objects.get(kind="term", object_id=term.pk)
    seen = []
    for _ in range(3):
        term.save()
        row.refresh_from_db()
        seen.append(row.changes)
        models.SearchText.objects.update(changes=0)
    assert len(set(seen)) == 3
    assert min(seen) > 0


def test_models_of_migrations_note_nothing():
    """Their tables are those of another day: the version may not be among them."""
    historical = MigrationLoader(connection).project_state().apps.get_model("casestudies", "Vocabulary")
    models.DataVersion.objects.all().delete()
    row = historical.objects.create(slug="old", label="Old")
    row.save()
    row.delete()
    assert not models.DataVersion.objects.exists()


# The loaders.


@pytest.fixture
def files(tmp_path: Path, settings) -> Files:
    """A collection that was loaded from its files."""
    settings.FIXTURE_DIRS = [tmp_path / "fixtures"]
    build()
    run("dump_collection", tmp_path / "fixtures")
    clear()
    load()
    return Files(tmp_path / "fixtures")


def test_loading_notes_once_what_it_wrote(files):
    def load(**options: bool) -> None:
        """What the command does before it makes the words anew."""
        load_files([], files.folder, using=DEFAULT_DB_ALIAS, **options)

    vaud = models.Case.objects.get(slug="vaud")
    assert noted(load) == (0, set())
    files.change("cases/4-12-vaud.yaml", "figure", ("vaud", "members"), label="Members")
    files.change("cases/4-12-vaud.yaml", "keyelement", ("vaud", "first"), title="Other")
    assert noted(lambda: load(dry_run=True)) == (0, set())
    assert noted(load) == (1, {("case", vaud.pk)})
    files.change("organizations.yaml", "organization", ("canton",), name="The Canton")
    canton = models.Organization.objects.get(slug="canton")
    assert noted(load) == (1, {("organization", canton.pk)})
    files.change("cases/4-01-quinte.yaml", "case", ("quinte",), purpose="A draft's.")
    assert noted(load) == (0, set())
    # Past the signals, in `_touch_cases`: the version of the case is not shown.
    assert models.Case.objects.get(slug="quinte").version == 2


def test_a_load_that_fails_notes_nothing(files):
    files.change("cases/4-12-vaud.yaml", "figure", ("vaud", "members"), label="Members")
    files.change("cases/4-12-vaud.yaml", "figure", ("vaud", "first"), unit="miles")

    def work() -> None:
        with pytest.raises(CommandError):
            load()

    assert noted(work) == (0, set())


def serialized(folder: Path) -> Path:
    """Every row of the collection as `dumpdata` writes it, but cases before the collection that they are of."""
    rows: Iterator[db.Model] = (row for model in SHOWN for row in model.objects.order_by("pk"))
    path = folder / "everything.json"
    options = {"use_natural_foreign_keys": False, "use_natural_primary_keys": False}
    path.write_text(serializers.serialize("json", rows, **options), encoding="utf-8")
    return path


def test_loaddata_notes_what_it_restores(tmp_path):
    vaud = build()
    path = serialized(tmp_path)
    clear()
    store.refresh()
    assert models.SearchText.objects.count() == 0
    moved, marked = noted(lambda: call_command("loaddata", path, verbosity=0))
    assert moved > 0
    expected = {("case", vaud.pk)}
    for model in (models.Term, models.Organization, models.Source, models.Country, part_3.Recommendation):
        expected |= {(WORDS_OF[model][0], pk) for pk in model.objects.values_list("pk", flat=True)}
    assert marked == expected
