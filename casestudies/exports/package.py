"""A selection as a Frictionless data package: plain CSV tables, their description, codebook and README, in one ZIP.

Tables are written to temporary files in one pass over the cases, then packed: memory stays flat at any size. Entries
have a fixed time and order, so that the same data packed again on the same day give the same file.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from ..selection import Selection
from .codebook import ENTRY_HEADERS, ENTRY_MEANINGS, codebook_rows
from .declaring import SEPARATOR, Column, Type
from .provenance import LICENCE, NAME, Provenance
from .rows import every_row
from .tables import TABLES, Table

# The first moment that a ZIP can name.
EPOCH = (1980, 1, 1, 0, 0, 0)
CODEBOOK, README, DESCRIPTION = "codebook.csv", "README.md", "datapackage.json"
# Table Schema has no list that every reader knows: such a cell is text, and says how it is split.
FIELD_TYPES = {Type.LIST: "string"}


class Part:
    """A file of the package while it is written: counts its rows and bytes and takes its checksum on the way."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.rows = self.bytes = 0
        self._hash = hashlib.sha256()

    def __enter__(self) -> Part:
        self._file = tempfile.TemporaryFile()
        self._writer = csv.writer(self, lineterminator="\r\n")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, text: str) -> None:
        """Text at the end of the file, in UTF-8."""
        data = text.encode()
        self._hash.update(data)
        self.bytes += len(data)
        self._file.write(data)

    def add(self, cells: Sequence[Any]) -> None:
        """A row of a table (RFC 4180)."""
        self._writer.writerow(cells)
        self.rows += 1

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def pack(self, archive: zipfile.ZipFile) -> None:
        """The file as an entry of the archive."""
        self._file.seek(0)
        entry = zipfile.ZipInfo(self.path, EPOCH)
        entry.compress_type = zipfile.ZIP_DEFLATED
        # A plain file of a Unix system, whatever this one is.
        entry.create_system, entry.external_attr = 3, 0o644 << 16
        with archive.open(entry, "w", force_zip64=self.bytes > zipfile.ZIP64_LIMIT // 2) as target:
            shutil.copyfileobj(self._file, target)


@dataclass(frozen=True)
class Resource:
    """A table of the package with its description: a table of the exports, or the codebook."""

    part: Part
    name: str
    title: str
    description: str
    schema: dict[str, Any]

    def described(self) -> dict[str, Any]:
        """As `datapackage.json` has it."""
        return {
            "name": self.name,
            "type": "table",
            "path": self.part.path,
            "title": self.title,
            "description": self.description,
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "bytes": self.part.bytes,
            "hash": f"sha256:{self.part.sha256}",
            "dialect": {"csv": {"delimiter": ",", "lineTerminator": "\r\n", "quoteChar": '"', "doubleQuote": True}},
            "schema": self.schema,
        }


def field_of(column: Column, is_key: bool) -> dict[str, Any]:
    """A column as Table Schema describes it."""
    described: dict[str, Any] = {
        "name": column.header,
        "type": FIELD_TYPES.get(column.type, column.type.value),
        "description": str(column.description),
    }
    if column.label:
        described["title"] = str(column.label)
    if column.type is Type.BOOLEAN:
        described |= {"trueValues": ["yes"], "falseValues": ["no"]}
    if column.type is Type.LIST:
        described["separator"] = SEPARATOR
    if column.unit:
        described["unit"] = str(column.unit)
    constraints: dict[str, Any] = {"required": True} if is_key else {}
    if column.choices is not None:
        constraints["enum"] = [str(label) for label in column.choices.labels]
    return described | ({"constraints": constraints} if constraints else {})


def schema_of(table: Table) -> dict[str, Any]:
    """A table as Table Schema describes it, with the keys that tie it to the others."""
    schema: dict[str, Any] = {
        "fields": [field_of(column, column.header in table.key) for column in table.columns],
        "missingValues": [""],
        "primaryKey": list(table.key),
    }
    if table.foreign:
        schema["foreignKeys"] = [
            {"fields": [header], "reference": {"resource": target, "fields": [column]}}
            for header, (target, column) in table.foreign.items()
        ]
    return schema


def codebook_schema() -> dict[str, Any]:
    """The codebook as Table Schema describes it."""
    key = ["part", "table", "name"]
    described = [
        {"name": name, "type": "string", "description": str(ENTRY_MEANINGS[name])}
        | ({"constraints": {"required": True}} if name in key else {})
        for name in ENTRY_HEADERS
    ]
    return {"fields": described, "missingValues": [""], "primaryKey": key}


def write_package(file: BinaryIO, selection: Selection, about: Provenance) -> None:
    """Writes the package into the file."""
    with contextlib.ExitStack() as stack:

        def part(path: str) -> Part:
            return stack.enter_context(Part(path))

        parts = {table.name: part(f"data/{table.name}.csv") for table in TABLES}
        for table in TABLES:
            parts[table.name].add(table.headers)
        for table, row in every_row(selection):
            parts[table.name].add(table.cells(row, about.site))
        codebook = part(CODEBOOK)
        codebook.add(ENTRY_HEADERS)
        for entry in codebook_rows():
            codebook.add(entry)
        resources = [Resource(parts[t.name], t.name, str(t.title), str(t.description), schema_of(t)) for t in TABLES]
        meaning = _("Every column, every value of a closed list, every term of a vocabulary.")
        resources.append(Resource(codebook, "codebook", _("Codebook"), meaning, codebook_schema()))
        description, readme = part(DESCRIPTION), part(README)
        description.write(json.dumps(_package(resources, about), ensure_ascii=False, indent=2) + "\n")
        readme.write(_readme(resources, [*(r.part for r in resources), description], about))
        with zipfile.ZipFile(file, "w") as archive:
            for each in (readme, description, *(r.part for r in resources)):
                each.pack(archive)


def _package(resources: Iterable[Resource], about: Provenance) -> dict[str, Any]:
    return {
        "name": NAME,
        "title": about.title,
        "description": about.citation,
        "homepage": about.address,
        "version": str(about.version),
        # The day alone, so that the same data give the same file.
        "created": f"{about.generated.date().isoformat()}T00:00:00Z",
        "licenses": [LICENCE],
        "sources": [{"title": about.title, "path": about.address}],
        "resources": [resource.described() for resource in resources],
    }


def _readme(resources: Sequence[Resource], files: Iterable[Part], about: Provenance) -> str:
    rows = "".join(f"| `{r.part.path}` | {r.part.rows - 1} | {r.description} |\n" for r in resources)
    sums = "".join(f"{each.sha256}  {each.path}\n" for each in files)
    selection = about.query.removeprefix("?") or _("everything")
    return _(
        """# %(title)s

- Selection: %(selection)s
- Address: %(address)s
- Cases: %(count)s
- Data version: %(version)s, of %(changed)s
- Made on: %(generated)s
- Licence: %(licence)s (%(licence_path)s)

## How to cite

%(citation)s

## Files

This is a Frictionless data package: `datapackage.json` says of every column what it means, of which type it is and how
the tables are tied to each other; `codebook.csv` adds every value of the closed lists and every term of the
vocabularies.

Tables are CSV in UTF-8 without a byte order mark, with CRLF line ends (RFC 4180). An empty cell means that nothing is
stated. Several values in one cell are separated by `|`. Text stands as it is: a spreadsheet may run what begins with
`=`, `+`, `-` or `@`, so open tables there as text only, or take the XLSX download instead.

| file | rows | what is in it |
|---|---|---|
%(rows)s
## Checksums (SHA-256)

```
%(sums)s```
"""
    ) % {
        "title": about.title,
        "selection": selection,
        "address": about.address,
        "count": about.count,
        "version": about.version,
        "changed": about.changed_on.isoformat(),
        "generated": about.generated.date().isoformat(),
        "licence": LICENCE["title"],
        "licence_path": LICENCE["path"],
        "citation": about.citation,
        "rows": rows,
        "sums": sums,
    }
