"""The collection to take away: what there is to download, how to read it, and the codebook."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, QueryDict
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from mainstreaming.downloads import csv_response

from ..exports import codebook
from ..exports.forms import FORMS
from ..exports.provenance import LICENCE, NAME, provenance
from ..exports.tables import TABLES
from ..models import Term
from ..selection import parse
from .cases import base_url

FILE = f"{NAME}-codebook"


@require_safe
def data_page(request: HttpRequest) -> HttpResponse:
    """Every download of the whole collection, the formats, licence, citation, and worked examples."""
    about = provenance(parse(QueryDict()), base_url(request))
    # The first trigger, or any word where there is none yet.
    example = Term.objects.of("trigger").filter(parent=None).first() or "…"
    context = {"forms": FORMS, "tables": TABLES, "about": about, "licence": LICENCE, "example_term": example}
    return render(request, "casestudies/data.html", context)


@require_safe
def codebook_page(request: HttpRequest) -> HttpResponse:
    """Every column of every table, every closed list, every vocabulary with its terms."""
    context = {
        "tables": [(t, [codebook.column_entry(t, column) for column in t.columns]) for t in TABLES],
        "types": codebook.TYPES,
        "lists": [(name, choices.choices) for name, choices in codebook.lists().items()],
        "vocabularies": codebook.vocabularies(),
    }
    return render(request, "casestudies/codebook.html", context)


@require_safe
def codebook_csv(request: HttpRequest) -> HttpResponseBase:
    """The codebook as one table."""
    return csv_response([codebook.ENTRY_HEADERS, *codebook.codebook_rows()], f"{FILE}.csv")


@require_safe
def codebook_json(request: HttpRequest) -> HttpResponse:
    """The codebook as JSON."""
    response = JsonResponse(codebook.as_json(), json_dumps_params={"ensure_ascii": False})
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=f"{FILE}.json")
    return response
