"""Cuts a release: the whole published collection at one version of the data, as files that never change."""

from __future__ import annotations

import datetime
import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator

from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from mainstreaming.downloads import csv_lines

from .changes import data_version, wait_for_turn
from .collection.published import published_records
from .exports.package import write_package
from .exports.provenance import provenance
from .exports.rows import case_rows, figure_rows
from .lists import FIGURES
from .models import Release, ReleaseFile, ReleasePiece
from .selection import parse

#: Bytes of a piece.
PIECE = 512 * 1024


class NothingToReleaseError(Exception):
    """No case is published, or the data have not changed since the last release."""


def collection_json() -> Iterator[str]:
    """The published collection as a Django fixture with natural keys: `loaddata` fills an empty database with it."""
    yield "["
    for number, (model, fields) in enumerate(published_records()):
        record = {"model": model, "fields": fields}
        yield (",\n" if number else "\n") + json.dumps(record, ensure_ascii=False, default=datetime.date.isoformat)
    yield "\n]\n"


def package(base_url: str) -> Iterator[bytes]:
    """The data package of all cases: every table with its types, keys and codebook."""
    selection = parse(QueryDict())
    with tempfile.TemporaryFile() as file:
        write_package(file, selection, provenance(selection, base_url))
        file.seek(0)
        yield from iter(lambda: file.read(PIECE), b"")


#: The files of a release: name, media type, and what writes it, given the address of the site.
FILES: dict[str, tuple[str, Callable[[str], Iterable[str | bytes]]]] = {
    "package.zip": ("application/zip", package),
    "collection.json": ("application/json", lambda base_url: collection_json()),
    "cases.csv": ("text/csv; charset=utf-8", lambda base_url: csv_lines(case_rows(parse(QueryDict()), base_url))),
    "figures.csv": (
        "text/csv; charset=utf-8",
        lambda base_url: csv_lines(figure_rows(FIGURES.parse(QueryDict()), base_url)),
    ),
}


def cut(release: Release, base_url: str) -> Release:
    """Fills a new release, which may hold a note and who cuts it, and saves it. Raises NothingToReleaseError.

    Who changes the collection, or cuts a release as well, waits until it is done: all files are of one version.
    """
    with transaction.atomic():
        wait_for_turn()
        check()
        version, now = data_version(), timezone.now()
        release.name = _name(now.astimezone(datetime.UTC).date())
        release.data_version, release.data_changed_at = version.number, version.changed_at
        release.case_count, release.created_at = len(parse(QueryDict())), now
        release.save()
        for name, (media_type, write) in FILES.items():
            _write(release, name, media_type, write(base_url))
    return release


def check() -> None:
    """Raises NothingToReleaseError where no case is published, or nothing has changed since the last release."""
    if not len(parse(QueryDict())):
        raise NothingToReleaseError(_("No case is published."))
    last = Release.objects.first()
    if last is not None and last.data_version == data_version().number:
        raise NothingToReleaseError(_("Nothing has changed since the release %(name)s.") % {"name": last.name})


def _name(day: datetime.date) -> str:
    """The day; from the second release of a day on with a number."""
    taken = set(Release.objects.filter(name__startswith=day.isoformat()).values_list("name", flat=True))
    name, number = day.isoformat(), 2
    while name in taken:
        name, number = f"{day.isoformat()}-{number}", number + 1
    return name


def _write(release: Release, name: str, media_type: str, parts: Iterable[str | bytes]) -> None:
    """Stores a file. Its row has the checksum, is there before its pieces and never changes: so the parts wait."""
    digest, size = hashlib.sha256(), 0
    with tempfile.TemporaryFile() as gathered:
        for part in parts:
            data = part.encode() if isinstance(part, str) else part
            digest.update(data)
            size += len(data)
            gathered.write(data)
        file = ReleaseFile.objects.create(
            release=release, name=name, media_type=media_type, size=size, sha256=digest.hexdigest()
        )
        gathered.seek(0)
        for number, data in enumerate(iter(lambda: gathered.read(PIECE), b"")):
            ReleasePiece.objects.create(file=file, number=number, data=data)
