"""Writes the collection back to its files: the same rows are the same bytes, on every database."""

from __future__ import annotations

import datetime
import re
import tempfile
from pathlib import Path

import yaml
from django.db import connections, models, transaction

from recommendations.models import Group, Recommendation, SubPoint

from ..models import (
    AcceptedFinding,
    Acronym,
    CaseLink,
    Collection,
    Country,
    Currency,
    Organization,
    OrganizationName,
    Source,
    Term,
    Vocabulary,
)
from .emitting import emit
from .reading import Loader
from .schema import Fields, Key, collection_models, default_of, fields_of, in_tree, is_required, key_fields, label_of
from .state import CASE, Row, State, read_state

# Files that hold the rows of whole models.
SHARED = {
    "countries.yaml": (Country,),
    "currencies.yaml": (Currency,),
    "sources.yaml": (Source,),
    "organizations.yaml": (Organization, OrganizationName),
    "recommendations.yaml": (Group, Recommendation, SubPoint),
    "collections.yaml": (Collection,),
    # Not with their cases: `loaddata` wants both cases of a link before it.
    "case-links.yaml": (CaseLink,),
    "glossary.yaml": (Acronym,),
    "accepted-findings.yaml": (AcceptedFinding,),
}

#: The order in which `loaddata` can load the files into an empty database.
LOADDATA_ORDER = (
    "vocabularies/*.yaml",
    "countries.yaml",
    "currencies.yaml",
    "sources.yaml",
    "organizations.yaml",
    "recommendations.yaml",
    "collections.yaml",
    "cases/*.yaml",
    "case-links.yaml",
    "glossary.yaml",
    "accepted-findings.yaml",
)

# What lies where this module writes is its own: a file there that it does not write is stale. A shared file can have
# been written by hand in parts (sources-4-12.yaml): those are stale as well.
OWN = re.compile(
    rf"((vocabularies|cases)/[^/]+|({'|'.join(name.removesuffix('.yaml') for name in SHARED)})(-[^/]+)?)\.yaml\Z"
)


class EmptyCollection(Exception):
    """The database holds nothing: writing that would delete every file."""


def dump_texts(using: str) -> dict[str, str]:
    """The text of every file by its path. Raises EmptyCollection."""
    outermost = not connections[using].in_atomic_block
    with transaction.atomic(using):
        if outermost and connections[using].vendor == "postgresql":
            # Rows of one moment, while others write. On SQLite the transaction is enough.
            with connections[using].cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        state = read_state(using)
    files = collection_files(state)
    if not files:
        raise EmptyCollection
    return {name: _checked_text(name, records) for name, records in files.items()}


def differing(folder: Path, texts: dict[str, str]) -> list[str]:
    """The files of a folder that are not as they would be written, stale ones included."""
    changed = [name for name, text in texts.items() if _read(folder / name) != text.encode()]
    return sorted([*changed, *stale(folder, texts)])


def write(folder: Path, texts: dict[str, str]) -> list[str]:
    """Writes the files that differ, each in one step, and removes stale ones. Returns their names."""
    names = differing(folder, texts)
    for name in names:
        if name in texts:
            _replace(folder / name, texts[name])
        else:
            (folder / name).unlink()
    return names


def stale(folder: Path, texts: dict[str, str]) -> list[str]:
    """Files of our own layout that would not be written."""
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*.yaml"))
    return [name for name in names if OWN.match(name) and name not in texts]


def collection_files(state: State) -> dict[str, list[tuple[str, Fields]]]:
    """Which records stand in which file, in order, with the fields that are written."""
    files: dict[str, list[tuple[str, Fields]]] = {}
    shared = {label_of(model): name for name, models_ in SHARED.items() for model in models_}
    for label in collection_models():
        for key, row in sorted(state.rows[label].items(), key=in_order):
            name = shared.get(label) or _own_file(label, key, row, state)
            files.setdefault(name, []).append((label, written(label, row.fields)))
    return files


def written(label: str, fields: Fields) -> Fields:
    """A row's fields as they stand in a file: without those that are as the model has them by itself."""
    kept = {}
    for name, field in fields_of(label).items():
        value = fields[name]
        identifies = name in key_fields(label) or is_required(label, name)
        if identifies or value != default_of(label, name):
            is_date = isinstance(field, models.DateField) and value is not None
            kept[name] = datetime.date.fromisoformat(value) if is_date else value
    return kept


def case_file(state: State, slug: str) -> str:
    """«cases/4-12-vaud.yaml»: the collection's prefix, the number, the slug."""
    fields = state.rows[CASE][(slug,)].fields
    collection = state.rows[label_of(Collection)][tuple(fields["collection"])].fields
    prefix = re.sub(r"[^A-Za-z0-9]", "-", collection["number_prefix"])
    return f"cases/{prefix}{fields['ordinal']:02d}-{slug}.yaml"


def _own_file(label: str, key: Key, row: Row, state: State) -> str:
    if label in (label_of(Vocabulary), label_of(Term)):
        return f"vocabularies/{key[0]}.yaml"
    return case_file(state, row.fields["case"][0] if in_tree(label) else key[0])


def in_order(item: tuple[Key, Row]) -> tuple:
    """By position, then by natural key in code points: the same on every database."""
    key, row = item
    return row.fields.get("position", 0), key


def _checked_text(name: str, records: list[tuple[str, Fields]]) -> str:
    """The text of a file, read back to be sure of it."""
    text = emit(records)
    if yaml.load(text, Loader) != [{"model": model, "fields": fields} for model, fields in records]:  # noqa: S506
        raise AssertionError(f"{name} would not read back as it was.")
    return text


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _replace(path: Path, text: str) -> None:
    """The whole file or none of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        temporary = Path(file.name)
        try:
            file.write(text.encode())
            file.flush()
            temporary.chmod(0o644)
            temporary.replace(path)
        except BaseException:
            temporary.unlink()
            raise
