"""Rows that many tests start from are made once in a process, and put back as they were for each further test.

A builder saves its rows one by one, with all that a save does: tenths of a second for a small collection. What it left
in the tables is remembered, and later calls write the same rows, a table at a time, in a few milliseconds. Each test
still has rows of its own, in a transaction of its own.
"""

from __future__ import annotations

import copy
import secrets
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

from django.apps import apps
from django.db import connection, models, transaction
from django.utils import timezone

from casestudies import changes
from casestudies.models import DataVersion

from . import factories
from .factories import ModelFactory

P = ParamSpec("P")
R = TypeVar("R")
#: The rows of these apps are remembered. A builder makes no others.
APPS = ("casestudies", "recommendations")
FACTORIES = [
    made
    for made in vars(factories).values()
    if isinstance(made, type) and issubclass(made, ModelFactory) and not made._meta.abstract
]


@dataclass(frozen=True)
class Made:
    """What a builder left: the statements that bring its rows back, how far factories had counted, what it returned."""

    statements: list[tuple[str, list[tuple]]]
    counts: tuple[int, ...]
    result: Any = None


def remembered(build: Callable[P, R]) -> Callable[P, R]:
    """Decorates a builder: its first call in a process makes the rows, later ones with the same arguments repeat them.

    Changes are noted once for the whole builder (`held_back`). It builds as ever, and nothing is remembered, where rows
    stand already, where the caller holds changes back, and for arguments that are no plain values. What it returned is
    returned as a copy, as it was when the builder ended.
    """
    known: dict[Hashable, Made] = {}

    @wraps(build)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        is_plain = all(isinstance(value, str | int | float | None) for value in (*args, *kwargs.values()))
        if not is_plain or _is_held_back() or not _is_empty():
            with changes.held_back():
                return build(*args, **kwargs)
        # Rows are named after how far their factory has counted.
        key = (args, tuple(sorted(kwargs.items())), counts())
        if key not in known:
            with changes.held_back():
                result = build(*args, **kwargs)
            known[key] = replace(remember(), result=copy.deepcopy(result))
            return result
        repeat(known[key])
        return copy.deepcopy(known[key].result)

    return wrapper


def remember() -> Made:
    """The rows that stand now."""
    statements = []
    with connection.cursor() as cursor:
        for model in _models():
            columns = ", ".join(
                connection.ops.quote_name(field.column)
                for field in model._meta.local_concrete_fields
                if not field.generated
            )
            cursor.execute(f"SELECT {columns} FROM {_table(model)}")
            rows = cursor.fetchall()
            if rows:
                values = ", ".join(["%s"] * len(rows[0]))
                statements.append((f"INSERT INTO {_table(model)} ({columns}) VALUES ({values})", rows))
        if connection.vendor == "postgresql":
            statements = [_script(cursor, statements)]
    return Made(statements, counts())


def repeat(made: Made) -> None:
    """Puts the rows back into tables that hold none. The version of the data is another one, of now."""
    with transaction.atomic(), connection.cursor() as cursor:
        DataVersion.objects.all().delete()
        for statement, rows in made.statements:
            if rows:
                cursor.executemany(statement, rows)
            else:
                cursor.execute(statement)
        DataVersion.objects.update(token=secrets.token_hex(8), changed_at=timezone.now())
    count_from(made.counts)


def counts() -> tuple[int, ...]:
    """How far each factory has counted."""
    return tuple(made._meta._counter.seq for made in FACTORIES)


def count_from(numbers: tuple[int, ...] | None = None) -> None:
    """Lets each factory count on from its number; without numbers all of them from the start."""
    for made, number in zip(FACTORIES, numbers or [0] * len(FACTORIES), strict=True):
        made.reset_sequence(number, force=True)


@cache
def _models() -> list[type[models.Model]]:
    return [model for model in apps.get_models(include_auto_created=True) if model._meta.app_label in APPS]


def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _script(cursor: Any, statements: list[tuple[str, list[tuple]]]) -> tuple[str, list[tuple]]:
    """All in one statement for PostgreSQL, to which each way costs; it counts on behind the rows."""
    parts = []
    for statement, rows in statements:
        start, _, values = statement.partition(" VALUES ")
        every = ", ".join(cursor.mogrify(values, row).decode() for row in rows)
        parts.append(f"{start} VALUES {every}")
    for model in _models():
        if isinstance(model._meta.pk, models.AutoField | models.BigAutoField):
            cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [_table(model), model._meta.pk.column])
            (sequence,) = cursor.fetchone()
            cursor.execute(f"SELECT last_value FROM {sequence}")
            (last,) = cursor.fetchone()
            parts.append(f"SELECT setval('{sequence}', GREATEST({last}, (SELECT last_value FROM {sequence})))")
    return "; ".join(parts), []


@cache
def _any_row() -> str:
    found = (f"EXISTS (SELECT 1 FROM {_table(model)})" for model in _models() if model is not DataVersion)
    return f"SELECT {' OR '.join(found)}"


def _is_empty() -> bool:
    """Whether nothing stands in the tables; the version of the data aside, which goes with no row."""
    with connection.cursor() as cursor:
        cursor.execute(_any_row())
        return not cursor.fetchone()[0]


def _is_held_back() -> bool:
    return getattr(changes._held, "changes", None) is not None
