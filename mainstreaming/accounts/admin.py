"""Accounts in the admin: administrators look after those of the staff, and never after superusers or themselves."""

from __future__ import annotations

from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db.models import ManyToManyField, Model
from django.forms import CheckboxSelectMultiple, Field
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from . import factor
from .forms import InviteForm
from .logins import note
from .models import EventKind
from .passwords import can_send_mail, link_for, send_link

for _model in (User, Group, TOTPDevice, StaticDevice):
    # Secrets of the second factor are nobody's to read; its removal stands with the account.
    admin.site.unregister(_model)

#: What only superusers see and set.
ABOVE = ("is_superuser", "user_permissions")
#: What nobody sets for themselves.
NOT_ONES_OWN = ("is_active", "is_staff", "groups")


class ReadOnlyMixin:
    """Rows to look at, for those who may see the accounts."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody: old rows go by a command."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whoever may see accounts."""
        return request.user.has_perm("auth.view_user")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whoever may see accounts."""
        return request.user.has_perm("auth.view_user")


@admin.register(AccessAttempt)
class AccessAttemptAdmin(ReadOnlyMixin, admin.ModelAdmin):
    """Failed logins that count at the moment."""

    list_display = ("attempt_time", "username", "ip_address", "failures_since_start", "user_agent")
    search_fields = ("username", "ip_address")
    fields = ("attempt_time", "username", "ip_address", "failures_since_start", "user_agent")


@admin.register(AccessLog)
class AccessLogAdmin(ReadOnlyMixin, admin.ModelAdmin):
    """Logins and logouts."""

    list_display = ("attempt_time", "username", "ip_address", "logout_time", "user_agent")
    search_fields = ("username", "ip_address")
    fields = ("attempt_time", "username", "ip_address", "logout_time", "user_agent")


@admin.register(AccessFailureLog)
class AccessFailureLogAdmin(ReadOnlyMixin, admin.ModelAdmin):
    """Failed logins of all time."""

    list_display = ("attempt_time", "username", "ip_address", "locked_out", "user_agent")
    list_filter = ("locked_out",)
    search_fields = ("username", "ip_address")
    fields = ("attempt_time", "username", "ip_address", "locked_out", "user_agent")


@admin.register(Group)
class CasebookGroupAdmin(GroupAdmin):
    """The roles. Administrators read what a role may do; superusers change it."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Superusers."""
        return request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Superusers."""
        return request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Superusers."""
        return request.user.is_superuser

    def has_view_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Whoever may see accounts: they give the roles."""
        return request.user.has_perm("auth.view_user")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whoever may see accounts."""
        return request.user.has_perm("auth.view_user")


@admin.register(User)
class CasebookUserAdmin(UserAdmin):
    """The accounts. Somebody new chooses a password by a link; somebody who leaves is made inactive, not deleted."""

    add_form_template = None
    add_form = InviteForm
    change_form_template = "admin/accounts/user_change_form.html"
    add_fieldsets = ((None, {"fields": ("username", "first_name", "last_name", "email", "groups")}),)
    list_display = ("username", "email", "first_name", "last_name", "is_staff", "is_active", "last_login")
    readonly_fields = ("last_login", "date_joined")
    filter_horizontal = ("user_permissions",)

    def formfield_for_manytomany(self, db_field: ManyToManyField, request: HttpRequest, **kwargs: Any) -> Field:
        """Roles are few: boxes to tick."""
        if db_field.name == "groups":
            kwargs["widget"] = CheckboxSelectMultiple()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """What superusers alone set is not there for others."""
        fieldsets = super().get_fieldsets(request, obj)
        if request.user.is_superuser:
            return fieldsets
        return [
            (name, {**options, "fields": tuple(field for field in options["fields"] if field not in ABOVE)})
            for name, options in fieldsets
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Administrators do not raise themselves, nor shut themselves out."""
        is_own = obj is not None and obj.pk == request.user.pk and not request.user.is_superuser
        return (*super().get_readonly_fields(request, obj), *(NOT_ONES_OWN if is_own else ()))

    def get_list_filter(self, request: HttpRequest) -> tuple[str, ...]:
        """The filters, without the one that tells who is a superuser."""
        found = super().get_list_filter(request)
        return found if request.user.is_superuser else tuple(name for name in found if name not in ABOVE)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """What an address may ask for: nothing of what is not shown."""
        is_above = lookup.split("__")[0] in ABOVE
        if is_above and (request is None or not request.user.is_superuser):
            return False
        return super().lookup_allowed(lookup, value, request)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """An account of a superuser is changed by superusers alone, its password included."""
        is_above = obj is not None and obj.is_superuser and not request.user.is_superuser
        return not is_above and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Superusers. The history names whoever worked here: make an account inactive instead."""
        return request.user.is_superuser and super().has_delete_permission(request, obj)

    def get_urls(self) -> list[URLPattern]:
        """The page that helps somebody to sign in, before Django's own."""
        view = self.admin_site.admin_view(self.access_view)
        return [path("<path:object_id>/access/", view, name="auth_user_access"), *super().get_urls()]

    def response_add(self, request: HttpRequest, obj: User, post_url_continue: str | None = None) -> HttpResponse:
        """Somebody new gets the link by e-mail; without e-mail its page leads to a link to hand over."""
        if obj.email and can_send_mail():
            self._send(request, obj, is_new=True)
            return super().response_add(request, obj, post_url_continue)
        messages.info(request, _("The account is there. Make a link here by which its owner can choose a password."))
        return redirect("admin:auth_user_access", obj.pk)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """A password for somebody else. For one's own the current one is asked for, on another page."""
        user = self.get_object(request, unquote(id))
        if user is not None and user.pk == request.user.pk:
            return redirect("admin:password_change")
        response = super().user_change_password(request, id, form_url)
        if request.method == "POST" and response.status_code == 302 and user is not None:
            note(request, EventKind.PASSWORD_CHANGED, user)
        return response

    def access_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What keeps somebody from signing in, and what helps: a link, the second factor removed, a lock lifted."""
        user = self.get_object(request, object_id)
        if user is None:
            raise Http404
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        if user.pk == request.user.pk:
            # There the current password is asked for.
            return redirect("admin:account")
        action, link = request.POST.get("action", ""), ""
        if action in ("link", "send") and user.is_active:
            if action == "link":
                link = self._link(request, user)
            elif user.email and can_send_mail():
                self._send(request, user, is_new=not user.has_usable_password())
        elif action == "factor" and factor.remove(user):
            note(request, EventKind.FACTOR_REMOVED, user)
            messages.success(request, _("The second factor is removed. The password alone is enough to sign in now."))
        elif action == "unlock" and AccessAttempt.objects.filter(username=user.get_username()).delete()[0]:
            note(request, EventKind.LOCK_LIFTED, user)
            messages.success(request, _("Failed logins with this name no longer count."))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Help %(name)s to sign in") % {"name": user.get_username()},
            "opts": self.opts,
            "original": user,
            "link": link,
            "can_send": bool(user.email) and can_send_mail(),
            "device": factor.device_of(user),
            "failures": sum(
                AccessAttempt.objects.filter(username=user.get_username()).values_list(
                    "failures_since_start", flat=True
                )
            ),
        }
        response = TemplateResponse(request, "admin/accounts/access.html", context)
        response.headers["Cache-Control"] = "no-store"
        return response

    def _link(self, request: HttpRequest, user: User) -> str:
        self.log_change(request, user, _("Made a link to set a password."))
        note(request, EventKind.LINK_MADE, user)
        return link_for(user, request)

    def _send(self, request: HttpRequest, user: User, *, is_new: bool) -> None:
        if send_link(user, self._link(request, user), is_new=is_new):
            messages.success(
                request, _("A link to choose a password is on its way to %(email)s.") % {"email": user.email}
            )
        else:
            messages.error(request, _("The mail server did not take the e-mail. Make a link and hand it over."))
