"""What differs between the database and the files, for one case or for what cases share. Reads both, writes neither."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.db import models
from django.utils.translation import gettext as _

from ..models import Case
from .dumping import SHARED
from .reading import files_below, read_files
from .records import Record, name_of
from .schema import (
    Fields,
    Key,
    collection_models,
    fields_of,
    in_tree,
    key_of,
    label_of,
    normal,
)
from .trees import with_keys
from .validation import check_record

CASE = label_of(Case)
Rows = dict[tuple[str, Key], Fields]


@dataclass(frozen=True, order=True)
class Difference:
    """A record that the database and the files do not have alike: its name, and in what they differ."""

    name: str
    reason: str


def case_differences(case: Case, root: Path) -> list[Difference]:
    """What differs between a live case with its tree and its file below `root`. About as many queries as models."""
    own = {file.resolve() for file in files_below(root) if _may_hold(file, case.slug)}
    found = _records(read_files(sorted(own), root)[0], lambda label, fields: _case_of(label, fields) == case.slug)
    rows: Rows = {(CASE, (case.slug,)): _fields(case)}
    for label, model in collection_models().items():
        if in_tree(label):
            for row in with_keys(label, model._base_manager.filter(case=case)):
                rows[label, row.natural_key()] = _fields(row)
    return sorted(_differences(rows, found))


def shared_differences(root: Path) -> list[Difference]:
    """What differs in what belongs to no case: vocabularies, organizations, sources, recommendations, the glossary."""
    labels = {label for label in collection_models() if label != CASE and not in_tree(label)}
    files = [file for file in files_below(root) if "cases" not in file.relative_to(root).parts]
    found = _records(read_files(files, root)[0], lambda label, fields: label in labels)
    rows: Rows = {}
    for label in labels:
        for row in with_keys(label, collection_models()[label]._base_manager.all()):
            rows[label, row.natural_key()] = _fields(row)
    return sorted(_differences(rows, found))


def _may_hold(file: Path, slug: str) -> bool:
    """A case's own file, or one of those that hold rows of several cases."""
    shared = {name.removesuffix(".yaml") for name, kinds in SHARED.items() if any(in_tree(label_of(k)) for k in kinds)}
    return file.stem.endswith(slug) or any(file.stem.startswith(name) for name in shared)


def _case_of(label: str, fields: Fields) -> str | None:
    if label == CASE:
        return str(fields["slug"])
    return fields["case"][0] if label in collection_models() and in_tree(label) else None


def _records(records: Iterable[Record], wanted) -> Rows:
    """The records in normal form, by model and natural key."""
    found: Rows = {}
    for record in records:
        checked, _problems = check_record(record)
        if checked is not None and wanted(record.model, checked.fields):
            found[record.model, key_of(record.model, checked.fields)] = checked.fields
    return found


def _fields(row: models.Model) -> Fields:
    """A row in normal form, as `schema` defines it."""
    fields: Fields = {}
    for name, field in fields_of(label_of(type(row))).items():
        if field.many_to_many:
            fields[name] = sorted(list(other.natural_key()) for other in getattr(row, name).all())
        elif field.is_relation:
            other = getattr(row, name)
            fields[name] = None if other is None else list(other.natural_key())
        else:
            fields[name] = normal(getattr(row, name))
    return fields


def _differences(rows: Rows, found: Rows) -> Iterator[Difference]:
    for ref in rows.keys() | found.keys():
        if ref not in found:
            yield Difference(name_of(*ref), _("only in the database"))
        elif ref not in rows:
            yield Difference(name_of(*ref), _("only in the files"))
        elif rows[ref] != found[ref]:
            names = [name for name in rows[ref] if rows[ref][name] != found[ref][name]]
            yield Difference(name_of(*ref), _("differs: %(fields)s") % {"fields": ", ".join(names)})
