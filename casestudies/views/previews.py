"""A draft by link, for somebody without an account."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from ..previews import count_visit, find_link, preview_context, public_address


@require_safe
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """The draft that a link leads to; the public page once there is one; else what to do, and nothing of the case."""
    response = _answer(request, token)
    response["Cache-Control"] = "no-store, private"
    response["X-Robots-Tag"] = "noindex, nofollow"
    # Whoever follows a link in the draft does not take the address along.
    response["Referrer-Policy"] = "no-referrer"
    return response


def _answer(request: HttpRequest, token: str) -> HttpResponse:
    link = find_link(token)
    if link is None:
        return render(request, "casestudies/preview_closed.html", status=404)
    if not link.is_open:
        return render(request, "casestudies/preview_closed.html", {"was_open": True}, status=410)
    address = public_address(link)
    if address:
        return redirect(address)
    context = preview_context(link.object_id)
    if context is None:
        return render(request, "casestudies/preview_closed.html", {"was_open": True}, status=410)
    if request.method == "GET":
        count_visit(link)
    return render(request, "casestudies/case_detail.html", {**context, "preview_until": link.expires_at})
