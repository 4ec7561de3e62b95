"""The forms in which a selection of cases can be had, in the order of the pages. Adding one is one line."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy


@dataclass(frozen=True)
class Form:
    """A form in which a selection can be had: its name, the name of its address, and what it is good for."""

    label: str
    url_name: str
    hint: str | Promise


FORMS: tuple[Form, ...] = (
    Form("CSV", "cases-csv", gettext_lazy("one table, a row for each case; opens anywhere")),
    Form("XLSX", "cases-xlsx", gettext_lazy("a workbook with a sheet for every kind of row")),
    Form("JSON", "cases-json", gettext_lazy("the full records, for programs")),
    Form("GeoJSON", "cases-geojson", gettext_lazy("a point for each place, for maps")),
    Form("ZIP", "cases-zip", gettext_lazy("a data package: every table as CSV, with codebook and keys")),
)
