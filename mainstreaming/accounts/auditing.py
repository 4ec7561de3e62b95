"""The audit list as a page and as CSV, for administrators."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from .. import audit
from ..downloads import csv_response
from ..pagination import Paged

A_PAGE = 50
HEAD = ("when", "who", "kind", "what", "link")


def _asked(request: HttpRequest) -> tuple[str, str, bool]:
    """The person and the kind that were asked for, and whether there is such a kind. Raises PermissionDenied."""
    if not request.user.has_perm("auth.view_user"):
        raise PermissionDenied
    kind = request.GET.get("kind", "")
    is_known = kind in {"", *(each.name for each in audit.kinds())}
    return request.GET.get("who", "").strip(), kind, is_known


@require_safe
def audit_list(request: HttpRequest) -> HttpResponse:
    """The newest first, a page at a time; a kind that is not known is left out and said so."""
    who, kind, is_known = _asked(request)
    asked = {name: value for name, value in (("who", who), ("kind", kind if is_known else "")) if value}
    paged = Paged.of(audit.Entries(**asked), request.GET.get("page"), size=A_PAGE)
    context = {
        **admin.site.each_context(request),
        "title": _("Audit list"),
        "paged": paged,
        "kinds": audit.kinds(),
        "who": who,
        "kind": asked.get("kind", ""),
        "unknown": "" if is_known else kind,
        "query": urlencode(asked),
    }
    return TemplateResponse(request, "admin/accounts/audit.html", context)


@require_safe
def audit_csv(request: HttpRequest) -> HttpResponse:
    """The same as CSV, whole. Times are UTC. 400 where a kind is not known."""
    who, kind, is_known = _asked(request)
    if not is_known:
        return HttpResponseBadRequest(_("There is no such kind of entry."), content_type="text/plain; charset=utf-8")
    rows = ((e.when.isoformat(), e.who, e.kind, e.what, e.link) for e in audit.Entries(who, kind))

    def lines():
        yield HEAD
        yield from rows

    return csv_response(lines(), "mainstreaming-casebook-audit.csv")
