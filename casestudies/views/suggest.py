"""«Report or suggest»: what a visitor writes reaches the inbox of the staff."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from mainstreaming.addresses import sender_address

from ..forms import MessageForm
from ..inbox import HOUR, TooManyError, receive, tell_staff
from ..models import Case
from ..selection import Dropped
from .cases import base_url


def came_from(request: HttpRequest) -> str:
    """The page of this site whose link was followed; nothing of other sites."""
    address = request.headers.get("Referer", "")
    try:
        return address if urlsplit(address).netloc == request.get_host() else ""
    except ValueError:
        return ""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def suggest(request: HttpRequest) -> HttpResponse:
    """The form. Refused, it comes back with everything that was typed: 200, or 429 where too many came."""
    slug = request.GET.get("case", "")
    offered = Case.objects.published().select_related("collection").filter(slug=slug).first() if slug else None
    moment, status = now(), 200
    if request.method == "POST":
        form = MessageForm(request.POST, now=moment, offered=offered)
        if form.is_valid():
            message = form.message()
            try:
                if receive(message, sender_address(request), moment):
                    path = reverse("admin:casestudies_message_change", args=[message.pk])
                    tell_staff(message, f"{base_url(request)}{path}")
                return redirect("suggest-thanks")
            except TooManyError as error:
                form.add_error(None, str(error))
                status = 429
    else:
        form = MessageForm(now=moment, offered=offered, came_from=came_from(request))
    dropped = [Dropped("case", slug, _("There is no such case."))] if slug and offered is None else []
    response = render(request, "casestudies/suggest.html", {"form": form, "dropped": dropped}, status=status)
    if status == 429:
        response["Retry-After"] = str(int(HOUR.total_seconds()))
    return response


@require_safe
def suggest_thanks(request: HttpRequest) -> HttpResponse:
    """What happens next."""
    return render(request, "casestudies/suggest_thanks.html")
