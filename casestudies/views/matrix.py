"""The matrix of cases and recommendations, or of cases and the terms of a vocabulary."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from mainstreaming.downloads import csv_response
from mainstreaming.pagination import Paged

from ..matrix import (
    COLUMNS,
    MOST_CASES,
    ORDERS,
    ROWS,
    case_lines,
    groups,
    heads,
    in_order,
    long_rows,
    place_lines,
    read_asked,
    selection_data,
)
from ..models import Case
from ..selection import BadSelection, SelectedCases, parse
from .cases import base_url, refused

PAGE = 50


@require_safe
def matrix_page(request: HttpRequest) -> HttpResponse:
    """Who shows what: a page of the selected cases against recommendations or terms, with totals and gaps."""
    selection = parse(selection_data(request.GET))
    asked = read_asked(request.GET, selection)
    found = heads(selection, asked.columns)
    paged = None
    if asked.by == "case":
        rows = Case.objects.published().select_related("collection", "country")
        paged = Paged.of(
            SelectedCases(selection.index, in_order(selection, asked), rows), request.GET.get("page"), size=PAGE
        )
        lines = case_lines(paged.page.object_list, asked.columns, found, selection.query())
    else:
        lines = place_lines(selection, asked, found)
    spans = groups(found)
    context = {
        "selection": selection,
        "asked": asked,
        "dropped": (*selection.dropped, *asked.dropped),
        "chips": selection.chips(asked.pairs()),
        "heads": found,
        "groups": spans,
        "lines": lines,
        # How many cells of the whole selection hold something; or how many cases it has.
        "total": sum(head.total for head in found) if paged else len(selection),
        "gaps": [head for head in found if head.is_gap],
        "paged": paged,
        "matrix_query": asked.query(selection) if asked.query(selection) != "?" else "",
        "csv_query": asked.query(selection, by="case"),
        "prefix": f"{asked.query(selection)}&",
        "is_counted": len(selection) > MOST_CASES,
        "most": MOST_CASES,
        "columns_label": COLUMNS[asked.columns],
        "column_choices": [(v, asked.query(selection, columns=n), n == asked.columns) for n, v in COLUMNS.items()],
        "order_choices": [(v, asked.query(selection, order=n), n == asked.order) for n, v in ORDERS.items()],
        "row_choices": [
            (v, asked.query(selection, by=n, order="number"), n == asked.by)
            for n, v in ROWS.items()
            if n != "case" or len(selection) <= MOST_CASES
        ],
    }
    return render(request, "casestudies/matrix.html", context)


@require_safe
def matrix_csv(request: HttpRequest) -> HttpResponseBase:
    """Every cell of the matrix with its reason, as a long table. 400 with the reasons on a bad query."""
    try:
        selection = parse(selection_data(request.GET), strict=True)
        asked = read_asked(request.GET, selection)
        if asked.dropped:
            raise BadSelection(asked.dropped)
    except BadSelection as error:
        return refused(request, error)
    rows = long_rows(selection, asked, base_url(request))
    return csv_response(rows, f"mainstreaming-casebook-matrix-{asked.columns}.csv")
