"""The files of the collection as plain data: no model, no database."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2] / "fixtures"
# The fast parser, where libyaml is there.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

SLUGS = (
    "quinte",
    "upala",
    "la-union",
    "pichincha",
    "nantes",
    "kerala",
    "milan",
    "souss-massa-draa-loriental",
    "bicol",
    "sedhiou",
    "barcelona",
    "vaud",
    "new-york-city",
)

#: The running texts of a case, and how many characters each has at least and at most.
TEXTS: dict[str, dict[str, tuple[int, int]]] = {
    "case": {"purpose": (40, 350)},
    "budget": {"note": (15, 300)},
    "contribution": {"note": (10, 200)},
    "narrative": {"text": (140, 1600)},
    "component": {"text": (3, 350)},
    "milestone": {"text": (12, 320)},
    "governmenttier": {"text": (15, 260)},
    "competence": {"matter": (10, 280)},
    "caseterm": {"reason": (30, 400)},
    "caseactor": {"text": (10, 480)},
    "coordinationmechanism": {"text": (20, 380)},
    "objective": {"text": (25, 300)},
    "keyelement": {"text": (70, 420)},
    "illustration": {"reason": (60, 360)},
    "editorialnote": {"text": (30, 480)},
    "caselink": {"text": (60, 300)},
}
#: Phrases of a case: no sentence, so no full stop.
PHRASES: dict[str, dict[str, tuple[int, int]]] = {
    "component": {"title": (2, 120)},
    "figure": {"label": (4, 150), "base": (8, 90), "unit_label": (3, 40)},
    "caseactor": {"lead_note": (10, 100)},
    "coordinationmechanism": {"members_stated": (8, 400)},
    "beneficiarygroup": {"text": (3, 200)},
    "keyelement": {"title": (8, 90)},
    "casesource": {"supports": (12, 160)},
}
#: The running texts of what cases share. Notes of sources are left out: they quote addresses.
SHARED_TEXTS: dict[str, dict[str, tuple[int, int]]] = {
    "organization": {"description": (6, 240)},
    "term": {"definition": (10, 1300), "usual_role": (20, 180)},
    "vocabulary": {"definition": (10, 1100)},
    "recommendation": {"text": (40, 420)},
    "subpoint": {"text": (40, 200)},
    "group": {"introduction": (40, 150)},
    "acronym": {"note": (6, 180)},
    "organizationname": {"note": (5, 140)},
    "acceptedfinding": {"reason": (30, 180)},
}


@dataclass
class Row:
    """One record of the files."""

    model: str
    fields: dict
    file: str = ""

    def __getitem__(self, name: str) -> object:
        return self.fields[name]

    def get(self, name: str, default: object = "") -> object:
        return self.fields.get(name, default)

    @property
    def slug(self) -> str:
        """The case that the row belongs to; empty for what cases share."""
        return self.get("slug") if self.model == "case" else self.get("case", [""])[0]

    @property
    def name(self) -> str:
        """How a finding names the row."""
        own = self.get("key") or self.get("slug") or self.get("subject") or self.get("number")
        return "/".join(str(part) for part in (self.get("case", [""])[0], self.model, own) if part)

    def link(self, name: str) -> str:
        """What a reference names, without the case or vocabulary before it; empty where there is none."""
        return str(self.get(name)[-1]) if self.get(name) else ""


@dataclass
class Files:
    """Every record, and the records by model."""

    rows: list[Row]
    by_model: dict[str, list[Row]] = field(init=False)

    def __post_init__(self) -> None:
        self.by_model = {}
        for row in self.rows:
            self.by_model.setdefault(row.model, []).append(row)

    def of(self, model: str, slug: str = "") -> list[Row]:
        """The rows of a model, of one case or of all."""
        return [row for row in self.by_model.get(model, []) if not slug or row.slug == slug]

    def one(self, model: str, slug: str = "") -> Row:
        (row,) = self.of(model, slug)
        return row

    def case(self, slug: str) -> list[Row]:
        """Every row of a case, the case's own first."""
        return [row for row in self.rows if row.slug == slug]

    def copy_of(self, slug: str) -> Files:
        """One case and what all share, to be broken."""
        cases = {"case", *TEXTS, *PHRASES}
        shared = [row for row in self.rows if not row.slug and row.model not in cases]
        return Files([*copy.deepcopy(self.case(slug)), *shared])


@cache
def files() -> Files:
    """The collection as it is. Tests only read it."""
    rows = []
    for path in sorted(ROOT.rglob("*.yaml")):
        name = path.relative_to(ROOT).as_posix()
        for record in yaml.load(path.read_text(encoding="utf-8"), LOADER) or []:  # noqa: S506 (both loaders are safe)
            rows.append(Row(record["model"].partition(".")[2], record["fields"], name))
    return Files(rows)


def texts(rows: list[Row], kinds: dict[str, dict[str, tuple[int, int]]]) -> Iterator[tuple[Row, str, str]]:
    """The texts of these kinds: row, field, text."""
    for row in rows:
        for name in kinds.get(row.model, {}):
            if name in row.fields:
                yield row, name, row[name]


def places(row: Row) -> list[tuple[str, str]]:
    """Where a row stands in the paper: part and heading of each place."""
    return [tuple(place.split(", ", 1)) for place in re.split(r"; ", row.get("place")) if place]
