"""Loads records into a database in use: all or nothing, one load at a time, and never over what staff did."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connections, models, transaction
from django.db.models import F, ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from ..changes import held_back
from ..models import Case, LoadedRecord
from .planning import Plan, Ref, make_plan
from .reading import files_below, read_files
from .records import Problem, Record, name_of
from .rules import Found
from .schema import Fields, Key, collection_models, fields_of, in_tree, label_of, relations
from .state import CASE, State, read_state
from .validation import validate

# Two loads wait for each other under this number on PostgreSQL; on SQLite every writing transaction does.
LOCK = 0x6361736573


class LoadError(Exception):
    """Nothing was written. `problems` says why, all at once."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass
class Report:
    """What a load did. `kept` has the reason for each record that was left as staff have it."""

    created: list[str]
    updated: list[str]
    removed: list[str]
    kept: list[tuple[str, str]]
    unchanged: int


def load_files(paths: list[Path], root: Path, *, overwrite: bool = False, dry_run: bool = False, using: str) -> Report:
    """Loads YAML files and folders; the whole of `root` where none is given.

    What the files lack is removed only when `root` is loaded whole. Raises LoadError, and FileNotFoundError on a path
    that is not there.
    """
    whole = not paths or any(path.resolve() == root.resolve() for path in paths)
    files = {file.resolve(): file for path in paths or [root] for file in files_below(path)}
    records, problems = read_files(list(files.values()), root)
    return load_records(records, problems, overwrite=overwrite, dry_run=dry_run, whole=whole, using=using)


def load_records(
    records: list[Record],
    problems: list[Problem],
    *,
    using: str,
    overwrite: bool = False,
    dry_run: bool = False,
    whole: bool = False,
) -> Report:
    """Loads records of any origin, unless they or their reading have problems. Raises LoadError."""
    with transaction.atomic(using):
        _wait_for_turn(using)
        state = read_state(using, _file_cases(records), lock=True)
        found, wrong = validate(records, state)
        if problems or wrong:
            raise LoadError(sorted({*problems, *wrong}))
        plan = make_plan(found, state, overwrite=overwrite, whole=whole)
        with held_back(using):
            _Writer(found, state, plan, using).write()
        if dry_run:
            transaction.set_rollback(True, using)
    return _report(plan)


def _wait_for_turn(using: str) -> None:
    connection = connections[using]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _file_cases(records: list[Record]) -> dict[str, Fields]:
    """The cases of the files by slug, as far as they are well-formed: what is not is the validator's to say."""
    cases = {}
    for record in records:
        fields = record.fields
        collection = fields.get("collection")
        if record.model == CASE and isinstance(fields.get("slug"), str) and isinstance(collection, list) and collection:
            cases[fields["slug"]] = {
                "collection": [str(collection[0])],
                "ordinal": str(fields.get("ordinal")),
                "name": fields.get("name"),
                "title": fields.get("title"),
            }
    return cases


class _Writer:
    """Writes a plan. Rows are saved one by one, so that signals run as they do for an editor."""

    def __init__(self, found: Found, state: State, plan: Plan, using: str) -> None:
        self.found, self.state, self.result, self.using = found, state, plan, using
        self.pks: dict[str, dict[Key, int]] = {
            label: {key: row.pk for key, row in state.rows.get(label, {}).items()} for label in collection_models()
        }

    def write(self) -> None:
        """Rows of trees go first, so that what takes their place fits in; what they used goes last."""
        self._let_go()
        self._delete([ref for ref in self.result.delete if in_tree(ref[0])])
        for label in collection_models():
            self._write_model(label)
        self._delete([ref for ref in self.result.delete if not in_tree(ref[0])])
        self._clean()
        self._touch_cases()
        self._remember()

    def _let_go(self) -> None:
        """Rows that leave a parent which is deleted let it go first: else they would be deleted with it."""
        gone = set(self.result.delete)
        for label, key in self.result.update:
            row = self.state.row(label, key)
            for name, field in relations(label).items():
                is_parent = field.related_model is field.model and not field.many_to_many
                if is_parent and row.fields[name] is not None and (label, tuple(row.fields[name])) in gone:
                    field.model._base_manager.using(self.using).filter(pk=row.pk).update(**{name: None})

    def _write_model(self, label: str) -> None:
        updates = {key: fields for (model, key), fields in self.result.update.items() if model == label}
        creates = {key: fields for (model, key), fields in self.result.create.items() if model == label}
        model = collection_models()[label]
        there = model._base_manager.using(self.using).in_bulk([self.pks[label][key] for key in updates])
        for key in _targets_first(label, {**updates, **creates}, creates):
            instance = model() if key in creates else there[self.pks[label][key]]
            self._save(label, key, instance, (updates | creates)[key])

    def _save(self, label: str, key: Key, instance: models.Model, fields: Fields) -> None:
        """One row with its many-to-many values. Raises LoadError where the database refuses it."""
        for name, field in fields_of(label).items():
            if field.is_relation and not field.many_to_many:
                setattr(instance, field.attname, self._pk(field, fields[name]))
            elif not field.many_to_many:
                setattr(instance, name, field.to_python(fields[name]))
        try:
            with transaction.atomic(self.using):
                instance.save(using=self.using)
        except IntegrityError as error:
            raise LoadError([self._problem((label, key), "", str(error).strip())]) from error
        self.pks[label][key] = instance.pk
        for name, field in relations(label).items():
            if field.many_to_many and ((label, key) in self.result.update or fields[name]):
                getattr(instance, name).set([self._pk(field, other) for other in fields[name]])

    def _pk(self, field: models.Field, key: list | None) -> int | None:
        return None if key is None else self.pks[label_of(field.related_model)][tuple(key)]

    def _delete(self, refs: list[Ref]) -> None:
        """Last written, first deleted. What a working revision still uses is kept."""
        by_model = {label: {key: self.state.rows[label][key].fields for each, key in refs if each == label}
                    for label in collection_models()}  # fmt: skip
        ordered = [(label, key) for label, rows in by_model.items() for key in _targets_first(label, rows, rows)]
        for label, key in reversed(ordered):
            rows = collection_models()[label]._base_manager.using(self.using)
            instance = rows.filter(pk=self.pks[label][key]).first()
            if instance is None:  # went with its parent
                continue
            try:
                if not in_tree(label) and label != CASE and _is_used(instance, self.using):
                    raise ProtectedError("", set())
                instance.delete()
            except ProtectedError:
                self.result.delete.remove((label, key))
                self.result.forget.remove((label, key))
                self.result.kept[label, key] = _("gone from the files, but still used")

    def _clean(self) -> None:
        """The models' own `clean()` on what was written: a net under the validator. Raises LoadError."""
        problems = []
        written = [*self.result.create, *self.result.update]
        for label, model in collection_models().items():
            keys = {self.pks[label][key]: key for ref_label, key in written if ref_label == label}
            if not keys or model.clean is models.Model.clean:
                continue
            single = [name for name, field in relations(label).items() if not field.many_to_many]
            for row in model._base_manager.using(self.using).select_related(*single).filter(pk__in=keys):
                try:
                    row.clean()
                except ValidationError as error:
                    problems += self._cleaned((label, keys[row.pk]), error)
        if problems:
            raise LoadError(sorted(problems))

    def _cleaned(self, ref: Ref, error: ValidationError) -> list[Problem]:
        by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        return [self._problem(ref, field, reason) for field, reasons in by_field.items() for reason in reasons]

    def _problem(self, ref: Ref, field: str, reason: str) -> Problem:
        record = self.found[ref[0]][ref[1]].record
        return Problem(record.file, record.line, name_of(*ref), field, reason)

    def _touch_cases(self) -> None:
        """A case that was there before moves on when something of its tree was written."""
        refs = [*self.result.create, *self.result.update, *self.result.delete]
        cases = {key for label, key in refs if label == CASE}
        cases |= {self._case_of(label, key) for label, key in refs if in_tree(label)}
        pks = [self.pks[CASE][key] for key in cases if self.state.row(CASE, key) is not None]
        if pks:
            existing = Case.objects.using(self.using).filter(pk__in=pks)
            existing.update(updated_at=timezone.now(), version=F("version") + 1)

    def _case_of(self, label: str, key: Key) -> Key:
        row, checked = self.state.row(label, key), self.found[label].get(key)
        return tuple((checked.fields if checked else row.fields)["case"])

    def _remember(self) -> None:
        manager = LoadedRecord.objects.using(self.using)
        gone = {(label, _text(key)) for label, key in self.result.forget}
        if gone:
            there = manager.values_list("pk", "model", "natural_key")
            manager.filter(pk__in=[pk for pk, *ref in there if tuple(ref) in gone]).delete()
        if not self.result.remember:
            return
        now = timezone.now()
        manager.bulk_create(
            [
                LoadedRecord(model=label, natural_key=_text(key), fields=fields, loaded_at=now)
                for (label, key), fields in self.result.remember.items()
            ],
            batch_size=500,
            update_conflicts=True,
            unique_fields=["model", "natural_key"],
            update_fields=["fields", "loaded_at"],
        )


def _text(key: Key) -> str:
    return json.dumps(key, ensure_ascii=False)


def _targets_first(label: str, rows: dict[Key, Fields], new: dict[Key, Fields]) -> list[Key]:
    """The rows in their order, but none before a new one of the same model that it points at."""
    own = [n for n, f in relations(label).items() if f.related_model is f.model and not f.many_to_many]
    ordered: dict[Key, None] = {}

    def visit(key: Key) -> None:
        if key in ordered:
            return
        for name in own:
            if rows[key][name] is not None and tuple(rows[key][name]) in new:
                visit(tuple(rows[key][name]))
        ordered[key] = None

    for key in rows:
        visit(key)
    return list(ordered)


def _is_used(instance: models.Model, using: str) -> bool:
    """Whether any row at all points at this one, those of working revisions included."""
    return any(
        relation.related_model._base_manager.using(using).filter(**{relation.field.name: instance.pk}).exists()
        for relation in instance._meta.related_objects
    )


def _report(plan: Plan) -> Report:
    return Report(
        created=[name_of(*ref) for ref in plan.create],
        updated=[name_of(*ref) for ref in plan.update],
        removed=[name_of(*ref) for ref in plan.delete],
        kept=[(name_of(*ref), reason) for ref, reason in plan.kept.items()],
        unchanged=len(plan.unchanged),
    )
