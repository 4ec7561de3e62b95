"""A record as it stands in a file, and what can be wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from .schema import Fields, Key


@dataclass(frozen=True)
class Record:
    """One entry of a file, unchecked: `fields` as they were read."""

    file: str
    line: int
    model: str
    fields: dict


@dataclass(frozen=True)
class Checked:
    """A record that was found good: `fields` in normal form, defaults included."""

    record: Record
    key: Key
    fields: Fields


@dataclass(frozen=True, order=True)
class Problem:
    """Why a file cannot be loaded: where, in which record and field, and the reason."""

    file: str
    line: int
    record: str = ""
    field: str = ""
    reason: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}"
        return ": ".join(part for part in (where, self.record, self.field, self.reason) if part)


def name_of(model: str, key: Key) -> str:
    """How messages name a record: «casestudies.figure [vaud, members]»."""
    return f"{model} [{', '.join(str(part) for part in key)}]"
