"""The OpenAPI document arranged for readers: what the page at `/api/v1/docs/` shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

#: Of longer lists of values the page shows so many; the document has them all.
SHOWN_VALUES = 12


@dataclass(frozen=True)
class ReadParameter:
    """A parameter: what it is, which values it takes (the first of them), and whether it can be repeated."""

    name: str
    description: str
    kind: str
    values: tuple[str, ...]
    more: int
    is_repeatable: bool


@dataclass(frozen=True)
class ReadField:
    """A field of a record; `path` leads to it from the record."""

    path: str
    description: str
    kind: str
    may_be_null: bool


@dataclass(frozen=True)
class Operation:
    """One address: what it gives, what it takes, what its records hold, what it answers."""

    id: str
    path: str
    summary: str
    description: str
    parameters: tuple[ReadParameter, ...]
    fields: tuple[ReadField, ...]
    answers: tuple[tuple[str, str], ...]


def _resolved(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema that a reference names; any other as it is."""
    if "$ref" in schema:
        return document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _types(schema: Mapping[str, Any]) -> list[str]:
    kind = schema.get("type", [])
    return [kind] if isinstance(kind, str) else list(kind)


def _parameter(parameter: Mapping[str, Any]) -> ReadParameter:
    schema = parameter["schema"]
    is_repeatable = "items" in schema
    schema = schema.get("items", schema)
    values = tuple(str(value) for value in schema.get("enum", ()))
    return ReadParameter(
        parameter["name"],
        parameter.get("description", ""),
        " ".join(_types(schema)),
        values[:SHOWN_VALUES],
        max(0, len(values) - SHOWN_VALUES),
        is_repeatable,
    )


def _fields(schema: Mapping[str, Any], document: Mapping[str, Any], above: str = "") -> Iterator[ReadField]:
    """The fields of a record, each followed by those of the records within it."""
    for name, of in _resolved(schema, document).get("properties", {}).items():
        within = _resolved(of.get("items", {}), document)
        types = [kind for kind in _types(of) if kind != "null"]
        kind = "".join(types) if not within else "".join(f"{one}[]" for one in _types(within))
        yield ReadField(f"{above}{name}", of.get("description", ""), kind, "null" in _types(of))
        yield from _fields(within, document, f"{above}{name}[].")


def _record(operation: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of the records of an answer: of a page, what its results are."""
    (media,) = operation["responses"]["200"]["content"].values()
    schema = _resolved(media["schema"], document)
    results = schema["properties"].get("results")
    return schema if results is None else results["items"]


def operations(document: Mapping[str, Any]) -> list[Operation]:
    """Every address of the document, in its order."""
    return [
        Operation(
            operation["operationId"],
            path,
            operation["summary"],
            operation["description"],
            tuple(_parameter(each) for each in operation.get("parameters", ())),
            tuple(_fields(_record(operation, document), document)),
            tuple((status, answer["description"]) for status, answer in operation["responses"].items()),
        )
        for path, methods in document["paths"].items()
        for operation in methods.values()
    ]
