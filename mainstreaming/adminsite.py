"""The admin's site: Django's, with accounts that are looked after and forms that survive the end of a session."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django_otp import DEVICE_ID_SESSION_KEY

from .accounts import auditing, carrying, passwords, views
from .accounts.forms import LoginForm

#: What a member of the staff can reach who has to set up a second factor first.
WITHOUT_FACTOR = {
    *("account", "second_factor", "second_factor_qr"),
    *("password_change", "password_change_done", "logout", "jsi18n"),
}


class CasebookAdminSite(AdminSite):
    """The staff's side of the portal. It knows no model of the collection."""

    site_header = gettext_lazy("Mainstreaming Casebook")
    site_title = gettext_lazy("Mainstreaming Casebook")
    index_title = gettext_lazy("Cases, vocabularies and recommendations")
    login_form = LoginForm

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """The pages of accounts before Django's own."""
        view = self.admin_view
        return [
            path("login/", self.login, name="login"),
            path("account/", view(views.account), name="account"),
            path("account/second-factor/", view(views.second_factor), name="second_factor"),
            path("account/second-factor/qr.svg", view(views.second_factor_qr), name="second_factor_qr"),
            path("audit/", view(auditing.audit_list), name="audit"),
            path("audit.csv", view(auditing.audit_csv), name="audit_csv"),
            path("password-reset/", passwords.ask, name="password_reset"),
            path("password-reset/sent/", passwords.sent, name="password_reset_sent"),
            path("password-reset/done/", passwords.done, name="password_reset_done"),
            path("password-reset/<uidb64>/<token>/", passwords.choose, name="password_reset_choose"),
            *super().get_urls(),
        ]

    def admin_view(self, view: Callable[..., HttpResponse], cacheable: bool = False) -> Callable[..., HttpResponse]:
        """Django's guard before a view. What is sent without a session is carried through the login page."""
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not self.has_permission(request):
                carried = carrying.typed(request)
                return self.login_to_go_on(request, carried) if carried else inner(request, *args, **kwargs)
            if self.lacks_factor(request) and request.resolver_match.url_name not in WITHOUT_FACTOR:
                why = _("Before anything else, please set up a second factor for your account.")
                if carried := carrying.typed(request):
                    return self.still_here(request, carried, why, status=403)
                messages.warning(request, why)
                return redirect("admin:second_factor")
            return inner(request, *args, **kwargs)

        return update_wrapper(guarded, inner)

    def lacks_factor(self, request: HttpRequest) -> bool:
        """Whether somebody signed in without a second factor where all staff must have one. Costs no query."""
        return settings.STAFF_TOTP_REQUIRED and not request.session.get(DEVICE_ID_SESSION_KEY)

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The login page. What it carries is shown when the login has succeeded, and not sent on by itself."""
        text = request.POST.get(carrying.FIELD, "")
        carried = carrying.unpack(text) if text else None
        context = self.login_context(text if carried else "", carried, is_lost=bool(text) and carried is None)
        response = super().login(request, {**context, **(extra_context or {})})
        if request.method == "POST" and carried and response.status_code == 302 and self.has_permission(request):
            return self.still_here(request, carried, _("You are signed in again."))
        return response

    login.login_required = False

    def login_to_go_on(self, request: HttpRequest, carried: carrying.Carried) -> HttpResponse:
        """The login page in the place of an answer to a form of somebody who is not signed in (any more)."""
        try:
            text, is_too_big = carrying.pack(carried), False
        except carrying.TooBigError:
            text, is_too_big = "", True
        context = self.login_context(text, carried, is_too_big=is_too_big)
        return self.login_page(request, status=403, next=request.get_full_path(), **context)

    def login_context(
        self, text: str, carried: carrying.Carried | None, *, is_lost: bool = False, is_too_big: bool = False
    ) -> dict[str, Any]:
        """What the login page says of the form that it carries."""
        return {"carried_text": text, "carried": carried, "carried_lost": is_lost, "carried_too_big": is_too_big}

    def login_page(
        self, request: HttpRequest, problem: str = "", status: int = 200, **context: Any
    ) -> TemplateResponse:
        """The empty login form with a problem said above it, with what the request carries already."""
        text = request.POST.get(carrying.FIELD, "")
        carried = carrying.unpack(text) if text else None
        context = {
            **self.each_context(request),
            **self.login_context(text if carried else "", carried),
            "title": _("Log in"),
            "problem": problem,
            "form": LoginForm(request),
            "app_path": reverse("admin:login"),
            "username": request.user.get_username(),
            REDIRECT_FIELD_NAME: request.POST.get(REDIRECT_FIELD_NAME) or reverse("admin:index"),
            **context,
        }
        response = TemplateResponse(request, "admin/login.html", context, status=status)
        response.headers["Cache-Control"] = "no-store"
        return response.render()

    def still_here(
        self, request: HttpRequest, carried: carrying.Carried, why: str, status: int = 200
    ) -> TemplateResponse:
        """What was typed, with a button that sends it to where it belongs. Nothing is sent by itself."""
        context = {
            **self.each_context(request),
            "title": _("What you typed is still here"),
            "carried": carried,
            "why": why,
            "has_permission": True,
        }
        response = TemplateResponse(request, "admin/accounts/still_here.html", context, status=status)
        response.headers["Cache-Control"] = "no-store"
        return response.render()

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """A new password. All other sessions of the account end with it."""
        context = {**self.each_context(request), **(extra_context or {})}
        return passwords.ChangeView.as_view(extra_context=context)(request)
