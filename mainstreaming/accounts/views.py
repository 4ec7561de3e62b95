"""«Your account»: the last logins, the second factor."""

from __future__ import annotations

from typing import Any

import django_otp
from axes.helpers import get_client_session_hash
from axes.models import AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.csrf import csrf_failure as plain_csrf_failure
from django.views.decorators.http import require_http_methods, require_safe

from . import carrying, factor
from .forms import ConfirmForm, PasswordForm
from .logins import note
from .models import EventKind

#: How many logins are shown.
LATEST = 10


def keep_session(request: HttpRequest) -> None:
    """Ends every session of the user but this one: the password was stored anew."""
    before = get_client_session_hash(request)
    update_session_auth_hash(request, request.user)
    # The session has another key now; the logout is still to be noted with its login.
    log = AccessLog.objects.filter(username=request.user.get_username(), session_hash=before)
    log.exclude(session_hash="").update(session_hash=get_client_session_hash(request))


def _end_other_sessions(request: HttpRequest, password: str) -> None:
    """Stores the same password anew, which ends the other sessions as a new one would."""
    request.user.set_password(password)
    request.user.save(update_fields=["password"])
    keep_session(request)


def _page(request: HttpRequest, template: str, status: int = 200, **context: Any) -> TemplateResponse:
    context = {**admin.site.each_context(request), **context}
    return TemplateResponse(request, f"admin/accounts/{template}", context, status=status)


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """Who one is here, when one signed in, and the ways to change the password and the second factor."""
    name = request.user.get_username()
    return _page(
        request,
        "account.html",
        title=_("Your account"),
        device=factor.device_of(request.user),
        codes_left=factor.recovery_codes_left(request.user),
        logins=AccessLog.objects.filter(username=name).order_by("-attempt_time")[:LATEST],
        failures=AccessFailureLog.objects.filter(username=name).order_by("-attempt_time")[:LATEST],
        groups=request.user.groups.order_by("name"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Sets the second factor up, in two steps, or removes it; makes recovery codes, which are shown this once."""
    user, action = request.user, request.POST.get("action", "")
    device, form = factor.device_of(user), PasswordForm(request)
    if action == "begin" and device is None:
        factor.begin(user)
        return redirect("admin:second_factor")
    if action == "confirm" and device is None:
        form = ConfirmForm(request, request.POST)
        if form.is_valid():
            device = factor.confirm(user, form.cleaned_data["code"])
            if device is not None:
                django_otp.login(request, device)
                _end_other_sessions(request, form.cleaned_data["password"])
                note(request, EventKind.FACTOR_SET, user)
                return _codes(request, _("Your second factor is set up."))
            form.add_error("code", _("This is not the code that the app shows now. Check the clock of your telephone."))
    elif action in ("remove", "codes") and device is not None:
        form = PasswordForm(request, request.POST)
        if form.is_valid() and action == "codes":
            note(request, EventKind.CODES_MADE, user)
            return _codes(request, _("The earlier recovery codes are no longer valid."))
        if form.is_valid():
            factor.remove(user)
            request.session.pop(django_otp.DEVICE_ID_SESSION_KEY, None)
            _end_other_sessions(request, form.cleaned_data["password"])
            note(request, EventKind.FACTOR_REMOVED, user)
            messages.success(request, _("Your second factor is removed. Your password alone is enough to sign in."))
            return redirect("admin:account")
    new = None if device else factor.device_to_confirm(user)
    if new and not form.is_bound:
        form = ConfirmForm(request)
    return _page(
        request,
        "second_factor.html",
        title=_("Second factor"),
        device=device,
        new=new,
        secret=factor.secret_of(new) if new else "",
        form=form,
        action=action,
        codes_left=factor.recovery_codes_left(user) if device else 0,
        is_required=settings.STAFF_TOTP_REQUIRED,
    )


def _codes(request: HttpRequest, what: str) -> HttpResponse:
    codes = factor.new_recovery_codes(request.user)
    response = _page(request, "recovery_codes.html", title=_("Your recovery codes"), codes=codes, what=what)
    response.headers["Cache-Control"] = "no-store"
    return response


@require_safe
def second_factor_qr(request: HttpRequest) -> HttpResponse:
    """The secret that is being set up as a picture, for its owner alone. 404 where none is being set up."""
    device = factor.device_to_confirm(request.user)
    if device is None or factor.device_of(request.user) is not None:
        raise Http404
    return HttpResponse(factor.picture_of(device), "image/svg+xml", headers={"Cache-Control": "no-store"})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token is out of date: of the staff's forms nothing is lost, if a page of this site sent them.

    What a page of another site sent is not kept: it could be made to look like something that one had typed.
    """
    if not carrying.is_admins(request.path) or not carrying.is_from_here(request):
        return plain_csrf_failure(request, reason)
    if request.resolver_match and request.resolver_match.url_name == "login":
        return admin.site.login_page(request, problem=_("The page was out of date. Please sign in here."), status=403)
    carried = carrying.typed(request)
    if carried is None:
        return plain_csrf_failure(request, reason)
    if not admin.site.has_permission(request):
        return admin.site.login_to_go_on(request, carried)
    why = _("The page was out of date, most likely because you signed in again elsewhere. Nothing has been saved yet.")
    return admin.site.still_here(request, carried, why, status=403)
