"""The database as plain records: one query a model and one a many-to-many field, however many rows there are."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from django.db import models

from ..models import Case, CaseLink, CaseRedirect, LoadedRecord
from .schema import Fields, Key, collection_models, fields_of, in_tree, key_fields, label_of, normal, with_defaults

CASE = label_of(Case)


@dataclass
class Row:
    """A row of the database, its fields in normal form."""

    pk: int
    fields: Fields


@dataclass
class State:
    """The live collection: its rows and what was last loaded, by model and natural key.

    A case whose address staff changed goes under the one that the files have: `moved` has the address it has now.
    """

    rows: dict[str, dict[Key, Row]]
    loaded: dict[str, dict[Key, Fields]] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    # The cases that somebody works on in a working revision.
    revised: set[Key] = field(default_factory=set)

    def row(self, label: str, key: Key) -> Row | None:
        return self.rows.get(label, {}).get(key)

    def last(self, label: str, key: Key) -> Fields | None:
        """The fields as last loaded, or None where the record was never loaded."""
        return self.loaded.get(label, {}).get(key)

    def changed_by_staff(self, label: str, key: Key) -> bool:
        """Whether a row is not what was last loaded."""
        row = self.row(label, key)
        return row is not None and row.fields != self.last(label, key)


def read_state(using: str, file_cases: dict[str, Fields] | None = None, *, lock: bool = False) -> State:
    """Reads every live row. `file_cases` are the cases of the files by slug, to find those that moved.

    `lock` holds the cases until the transaction ends, so that no editor saves in between.
    """
    values = {label: _values(label, using, lock) for label in collection_models()}
    moved = _moved(values, file_cases or {})
    keys = _keys(values, moved)
    sets = {label: _sets(label, using, keys) for label in collection_models()}
    rows = {
        label: {keys[label][pk]: Row(pk, _fields(label, pk, given, keys, sets[label])) for pk, given in found.items()}
        for label, found in values.items()
    }
    addresses = {slug: values[CASE][pk]["slug"] for pk, slug in moved.items()}
    revised = Case.objects.using(using).filter(revises__isnull=False).values_list("revises", flat=True)
    return State(rows, _loaded(using), addresses, {keys[CASE][pk] for pk in revised})


def _live(label: str, using: str) -> models.QuerySet:
    """The rows without those of working revisions."""
    queryset = collection_models()[label]._base_manager.using(using)
    if label == CASE:
        return Case.objects.using(using).live()
    live = Case.objects.using(using).live()
    if label == label_of(CaseLink):
        # One that leads to a working revision has no place in the files, which know none.
        queryset = queryset.filter(other__in=live)
    return queryset.filter(case__in=live) if in_tree(label) else queryset


def _values(label: str, using: str, lock: bool) -> dict[int, dict]:
    columns = [field.attname for field in fields_of(label).values() if not field.many_to_many]
    queryset = _live(label, using).order_by()
    if lock and label == CASE:
        queryset = queryset.select_for_update()
    return {row.pop("pk"): row for row in queryset.values("pk", *columns)}


def _moved(values: dict[str, dict[int, dict]], file_cases: dict[str, Fields]) -> dict[int, str]:
    """The cases that the files have under another slug: primary key -> slug in the files.

    A former address tells for sure; else the same number in the same collection, with the same name or title.
    """
    cases = values[CASE]
    slugs = {case["slug"] for case in cases.values()}
    former = {row["old_slug"]: row["case_id"] for row in values[label_of(CaseRedirect)].values()}
    collections = {row["slug"]: pk for pk, row in values["casestudies.collection"].items()}
    numbers = {(case["collection_id"], str(case["ordinal"])): pk for pk, case in cases.items()}
    moved = {}
    for slug, fields in file_cases.items():
        if slug in slugs:
            continue
        pk = former.get(slug) or numbers.get((collections.get(fields["collection"][0]), fields["ordinal"]))
        if pk in cases and cases[pk]["slug"] not in file_cases and pk not in moved:
            same = any(cases[pk][name] == fields[name] for name in ("name", "title"))
            if slug in former or same:
                moved[pk] = slug
    return moved


def _keys(values: dict[str, dict[int, dict]], moved: dict[int, str]) -> dict[str, dict[int, Key]]:
    """The natural key of every row by primary key. Keys depend on models that come earlier only."""
    keys: dict[str, dict[int, Key]] = {}
    for label, rows in values.items():
        keys[label] = {pk: _key(label, row, keys) for pk, row in rows.items()}
        if label == CASE:
            keys[label] |= {pk: (slug,) for pk, slug in moved.items()}
    return keys


def _key(label: str, row: dict, keys: dict[str, dict[int, Key]]) -> Key:
    parts: list[str | int] = []
    for name in key_fields(label):
        each = fields_of(label)[name]
        parts += keys[label_of(each.related_model)][row[each.attname]] if each.is_relation else [row[name]]
    return tuple(parts)


def _sets(label: str, using: str, keys: dict[str, dict[int, Key]]) -> dict[str, dict[int, list]]:
    """The many-to-many values of a model: field -> primary key -> natural keys, sorted."""
    found: dict[str, dict[int, list]] = {}
    for name, each in fields_of(label).items():
        if each.many_to_many:
            targets = keys[label_of(each.related_model)]
            source, target = f"{each.m2m_field_name()}_id", f"{each.m2m_reverse_field_name()}_id"
            found[name] = {}
            for pk, other in each.remote_field.through._base_manager.using(using).values_list(source, target):
                if pk in keys[label] and other in targets:
                    found[name].setdefault(pk, []).append(list(targets[other]))
    return found


def _fields(label: str, pk: int, given: dict, keys: dict, sets: dict[str, dict[int, list]]) -> Fields:
    fields: Fields = {}
    for name, each in fields_of(label).items():
        if each.many_to_many:
            fields[name] = sorted(sets[name].get(pk, []))
        elif each.is_relation:
            other = given[each.attname]
            fields[name] = None if other is None else list(keys[label_of(each.related_model)][other])
        else:
            fields[name] = normal(given[each.attname])
    return fields


def _loaded(using: str) -> dict[str, dict[Key, Fields]]:
    """What was last loaded; a field that the model got since then was its default."""
    loaded: dict[str, dict[Key, Fields]] = {}
    for label, key, fields in LoadedRecord.objects.using(using).values_list("model", "natural_key", "fields"):
        if label in collection_models():
            loaded.setdefault(label, {})[tuple(json.loads(key))] = with_defaults(label, fields)
    return loaded
