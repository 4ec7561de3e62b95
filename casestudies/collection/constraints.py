"""The database's own constraints, told from a record alone: no query a row, and the name of the one that is broken."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator

from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from .schema import Fields, Key, collection_models, fields_of, key_of

LOOKUPS = {
    "exact": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "in": lambda value, options: value in options,
    "range": lambda value, ends: ends[0] <= value <= ends[1],
}


def typed(label: str, fields: Fields) -> dict[str, object]:
    """The fields as Python compares them: numbers as numbers, references and the row itself (`id`) as natural keys."""
    values: dict[str, object] = {"id": key_of(label, fields)}
    for name, field in fields_of(label).items():
        value = fields[name]
        values[name] = (tuple(value) if value is not None else None) if field.is_relation else field.to_python(value)
    values.setdefault("revises", None)
    return values


def holds(condition: Q, values: dict[str, object]) -> bool | None:
    """Whether a condition holds, as SQL has it: None where an unknown value leaves it open.

    Raises LookupError on a lookup that no constraint of ours uses yet.
    """
    results = [holds(c, values) if isinstance(c, Q) else _compare(*c, values) for c in condition.children]
    if condition.connector == Q.AND:
        result = False if False in results else None if None in results else True
    elif condition.connector == Q.OR:
        result = True if True in results else None if None in results else False
    else:
        raise LookupError(condition.connector)
    return not result if condition.negated and result is not None else result


def _compare(path: str, expected: object, values: dict[str, object]) -> bool | None:
    name, _underscores, lookup = path.partition("__")
    value = values[name]
    if lookup == "isnull":
        return (value is None) is expected
    if isinstance(expected, F):
        expected = values[expected.name]
    if value is None or expected is None:
        return None
    return LOOKUPS[lookup or "exact"](value, expected)


def broken_checks(label: str, fields: Fields) -> Iterator[CheckConstraint]:
    """The check constraints that a record breaks."""
    values = typed(label, fields)
    for constraint in collection_models()[label]._meta.constraints:
        if isinstance(constraint, CheckConstraint) and holds(constraint.condition, values) is False:
            yield constraint


def collisions(label: str, rows: dict[Key, Fields]) -> Iterator[tuple[str, list[Key]]]:
    """The groups of rows that a unique constraint would not let stand side by side, with the constraint's name."""
    for constraint in collection_models()[label]._meta.constraints:
        if isinstance(constraint, UniqueConstraint):
            for keys in _same(label, constraint, rows.items()):
                yield constraint.name, keys


def _same(label: str, constraint: UniqueConstraint, rows: Iterable[tuple[Key, Fields]]) -> list[list[Key]]:
    groups: dict[tuple, list[Key]] = {}
    for key, fields in rows:
        values = tuple(str(fields[name]) if fields[name] is not None else None for name in constraint.fields)
        if None in values and constraint.nulls_distinct is not False:
            continue
        if constraint.condition is None or holds(constraint.condition, typed(label, fields)):
            groups.setdefault(values, []).append(key)
    return [keys for keys in groups.values() if len(keys) > 1]
