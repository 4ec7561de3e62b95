"""Releases: cut by those who may, looked at, and never changed or removed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from ..models import Release
from ..releasing import NothingToReleaseError, check, cut
from .base import BaseAdmin
from .rows import RowForm


class ReleaseForm(RowForm):
    """A note; everything else is the collection's."""

    def clean(self) -> dict[str, Any]:
        """There is something to release."""
        try:
            check()
        except NothingToReleaseError as error:
            raise ValidationError(str(error)) from error
        return super().clean()


@admin.register(Release)
class ReleaseAdmin(BaseAdmin):
    """Releases, the latest first. To add one is to cut it."""

    form = ReleaseForm
    list_display = ("name", "data_version", "data_changed_at", "case_count", "created_at", "created_by")
    list_select_related = ("created_by",)
    search_fields = ("name", "note")
    readonly_fields = (
        "name", "data_version", "data_changed_at", "case_count", "note", "created_at", "created_by", "its_files",
    )  # fmt: skip

    def get_fields(self, request: HttpRequest, obj: Release | None = None) -> tuple[str, ...]:
        """Only the note is asked for."""
        return ("note",) if obj is None else self.readonly_fields

    def get_readonly_fields(self, request: HttpRequest, obj: Release | None = None) -> tuple[str, ...]:
        """Everything, once it is cut."""
        return () if obj is None else self.readonly_fields

    def has_change_permission(self, request: HttpRequest, obj: Release | None = None) -> bool:
        """What was cited stays as it was."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Release | None = None) -> bool:
        """What was cited stays there."""
        return False

    @admin.display(description=_("files"))
    def its_files(self, release: Release) -> str:
        """Where each lies, how large it is, its checksum."""
        line = format_html('<a href="{}">{}</a>', release.get_absolute_url(), release.get_absolute_url())
        files = [(f.get_absolute_url(), f.name, filesizeformat(f.size), f.sha256) for f in release.files.all()]
        return format_html("{}{}", line, format_html_join("", '<br><a href="{}">{}</a>, {}, {}', files))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        """As Django's; who comes second where two cut at the same time is told so."""
        try:
            return super().add_view(request, form_url, extra_context)
        except NothingToReleaseError as error:
            self.message_user(request, str(error), messages.ERROR)
            return redirect("admin:casestudies_release_changelist")

    def save_model(self, request: HttpRequest, obj: models.Model, form: ModelForm, change: bool) -> None:
        """Cuts the release."""
        obj.created_by = request.user
        cut(obj, settings.SITE_URL or request.build_absolute_uri("/").rstrip("/"))
