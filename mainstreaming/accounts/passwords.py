"""Passwords: changed by their owner, or chosen anew by a link that comes by e-mail or from an administrator."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from ..addresses import base_url
from .forms import ChangePasswordForm
from .logins import note
from .models import AccountEvent, EventKind
from .throttle import client_address
from .views import keep_session

log = logging.getLogger(__name__)

HOUR = datetime.timedelta(hours=1)
#: How often a link may be asked for within an hour: from one address, and for one account.
ASKED_PER_ADDRESS = 10
ASKED_PER_ACCOUNT = 3


class AfterwardsRedirect(HttpResponseRedirect):
    """Does something when it has been sent, so that nobody can tell by the time it took whether there was any to do."""

    def __init__(self, to: str, afterwards: Callable[[], None]) -> None:
        super().__init__(to)
        self._afterwards = afterwards

    def close(self) -> None:
        """Called by the server after the last byte."""
        self._afterwards()
        super().close()


def can_send_mail() -> bool:
    """Whether the site is set up to send e-mail, from an address of its own."""
    return bool(settings.CONTACT_EMAIL) and not settings.EMAIL_BACKEND.endswith(".dummy.EmailBackend")


def link_for(user: User, request: HttpRequest) -> str:
    """The link by which the user chooses a password. It works once, for as long as `PASSWORD_RESET_TIMEOUT` says."""
    key = urlsafe_base64_encode(force_bytes(user.pk))
    path = reverse("admin:password_reset_choose", args=[key, default_token_generator.make_token(user)])
    return f"{base_url(request)}{path}"


def send_link(user: User, link: str, *, is_new: bool) -> bool:
    """Sends the link to the user. Returns whether the mail server took it; if not, the reason is in the log."""
    context = {"user": user, "link": link, "is_new": is_new, "days": settings.PASSWORD_RESET_TIMEOUT // 86_400}
    subject = _("Your account at the Mainstreaming Casebook") if is_new else _("Choose a new password")
    body = render_to_string("admin/accounts/password_email.txt", context)
    try:
        EmailMessage(subject, body, from_email=settings.CONTACT_EMAIL, to=[user.email]).send()
    except Exception:
        # Whatever the mail server does, the account is there, and an administrator can make another link.
        log.exception("No link could be sent to account %s.", user.pk)
        return False
    return True


class ChangeView(auth_views.PasswordChangeView):
    """Changes the password for the current one; every other session of the account ends."""

    form_class = ChangePasswordForm
    success_url = reverse_lazy("admin:password_change_done")
    title = gettext_lazy("Change your password")

    def get_form_kwargs(self) -> dict[str, Any]:
        """The form checks the current password with the request, which counts wrong ones."""
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: ChangePasswordForm) -> HttpResponse:
        """Stores the password and keeps this one session."""
        form.save()
        self.request.user.password = form.user.password
        keep_session(self.request)
        note(self.request, EventKind.PASSWORD_CHANGED, form.user)
        return HttpResponseRedirect(self.get_success_url())


def _page(request: HttpRequest, template: str, title: str, status: int = 200, **context: Any) -> HttpResponse:
    context = {**admin.site.each_context(request), "title": title, **context}
    return TemplateResponse(request, f"admin/accounts/{template}", context, status=status)


class ResetForm(PasswordResetForm):
    """Asks for the address of an account."""

    def send_links(self, request: HttpRequest) -> None:
        """Notes that somebody asked, and sends a link to each account of the address, not too often."""
        users = list(self.get_users(self.cleaned_data["email"]))
        for user in users:
            asked = AccountEvent.objects.filter(
                kind=EventKind.RESET_ASKED, about=user.get_username(), when__gt=now() - HOUR
            )
            if asked.count() < ASKED_PER_ACCOUNT:
                note(request, EventKind.RESET_ASKED, user)
                send_link(user, link_for(user, request), is_new=False)


@never_cache
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Asks where to send a link. The answer is the same whether or not there is such an account; 429 after too many."""
    title, form = _("Forgotten your password?"), ResetForm(request.POST or None)
    if not can_send_mail():
        return _page(request, "password_ask.html", title, form=None)
    if request.method == "POST" and form.is_valid():
        if _asks_too_often(request):
            response = _page(request, "password_ask.html", title, status=429, form=form, is_too_often=True)
            response["Retry-After"] = str(int(HOUR.total_seconds()))
            return response
        note(request, EventKind.RESET_ASKED, None)
        return AfterwardsRedirect(reverse("admin:password_reset_sent"), lambda: form.send_links(request))
    return _page(request, "password_ask.html", title, form=form)


def _asks_too_often(request: HttpRequest) -> bool:
    """Whether this sender asked as often as one may; who cannot be told apart is not limited here."""
    address = client_address(request)
    asked = AccountEvent.objects.filter(kind=EventKind.RESET_ASKED, about="", address=address, when__gt=now() - HOUR)
    return address is not None and asked.count() >= ASKED_PER_ADDRESS


@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """What happens next, whether or not there is such an account."""
    return _page(request, "password_sent.html", _("Look into your mail"))


@require_safe
def done(request: HttpRequest) -> HttpResponse:
    """The password is stored."""
    return _page(request, "password_done.html", _("Your password is set"))


class ChooseView(auth_views.PasswordResetConfirmView):
    """Chooses a password by a link. Nobody is signed in by it: a second factor is still asked for."""

    template_name = "admin/accounts/password_choose.html"
    success_url = reverse_lazy("admin:password_reset_done")
    title = gettext_lazy("Choose a password")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With what every page of the admin shows."""
        return {**super().get_context_data(**kwargs), **admin.site.each_context(self.request), "title": self.title}

    def form_valid(self, form: Any) -> HttpResponse:
        """Stores the password; all sessions of the account end, and links that were made before are worth nothing."""
        response = super().form_valid(form)
        note(self.request, EventKind.PASSWORD_CHANGED, form.user)
        return response


choose = ChooseView.as_view()
