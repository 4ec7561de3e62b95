"""The selection of `/cases/` as files: the same cases in the same order, all of them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mainstreaming.downloads import (
    XLSX,
    NotForSpreadsheets,
    csv_response,
    file_response,
    json_pieces,
    stream_response,
)

from ..exports.package import write_package
from ..exports.provenance import NAME, provenance
from ..exports.rows import Indicators, case_rows, features, records
from ..exports.workbook import write_workbook
from ..selection import BadSelection, Dropped, Selection, parse
from .cases import base_url, for_selection, refused

INDICATORS = "indicators"
FILE = f"{NAME}-cases"


def _indicators(data: QueryDict) -> tuple[Indicators | None, QueryDict]:
    """Whether columns of 0 and 1 are asked for, and the rest of the query. Raises BadSelection on any value but 1."""
    rest = data.copy()
    given = rest.pop(INDICATORS, [])
    reason = _("Write 1, or leave it out.")
    wrong = [Dropped(INDICATORS, value, reason) for value in given if value != "1"]
    if wrong:
        raise BadSelection(wrong)
    return (Indicators() if given else None), rest


@require_safe
def case_csv(request: HttpRequest) -> HttpResponseBase:
    """A row for each case; with `indicators=1` and a column of 0 and 1 for each term of the list columns."""
    try:
        indicators, rest = _indicators(request.GET)
        selection = parse(rest, strict=True)
    except BadSelection as error:
        return refused(request, error)
    return csv_response(case_rows(selection, base_url(request), indicators), f"{FILE}.csv")


@for_selection
def case_xlsx(request: HttpRequest, selection: Selection) -> HttpResponseBase:
    """A sheet for each table. 400 with the reason, and the way to the package, where a spreadsheet cannot hold it."""
    about = provenance(selection, base_url(request))
    try:
        return file_response(lambda file: write_workbook(file, selection, about), f"{FILE}.xlsx", XLSX)
    except NotForSpreadsheets as error:
        return refused(request, error, f"{reverse('cases-zip')}{selection.query()}")


@for_selection
def case_json(request: HttpRequest, selection: Selection) -> HttpResponseBase:
    """The full records, streamed."""
    site = base_url(request)
    pieces = json_pieces(provenance(selection, site).head(), "cases", records(selection, site))
    return stream_response(pieces, f"{FILE}.json", "application/json")


@for_selection
def case_geojson(request: HttpRequest, selection: Selection) -> HttpResponseBase:
    """A feature for each case (RFC 7946), streamed."""
    site = base_url(request)
    head = {"type": "FeatureCollection", **provenance(selection, site).head()}
    return stream_response(
        json_pieces(head, "features", features(selection, site)), f"{FILE}.geojson", "application/geo+json"
    )


@for_selection
def case_zip(request: HttpRequest, selection: Selection) -> HttpResponseBase:
    """The data package."""
    about = provenance(selection, base_url(request))
    return file_response(lambda file: write_package(file, selection, about), f"{FILE}.zip", "application/zip")
