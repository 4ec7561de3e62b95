"""The inbox: what visitors wrote, to be read and dealt with. Their words stay as they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ..choices import MessageStatus
from ..models import Case, Message
from .base import BaseAdmin


class MessageStatusFilter(admin.SimpleListFilter):
    """Everything but spam, unless something else is asked for."""

    title = _("status")
    parameter_name = "status"
    ALL = "all"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [*MessageStatus.choices, (self.ALL, _("all"))]

    def choices(self, changelist: Any) -> Iterator[dict]:
        """The first choice is named for what it does."""
        for index, choice in enumerate(super().choices(changelist)):
            yield {**choice, "display": _("all but spam")} if index == 0 else choice

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset.exclude(status=MessageStatus.SPAM)
        return queryset if self.value() == self.ALL else queryset.filter(status=self.value())


@admin.register(Message)
class MessageAdmin(BaseAdmin):
    """Messages of visitors, the newest first."""

    list_display = ("created_at", "kind", "case", "status", "excerpt")
    list_filter = (MessageStatusFilter, "kind", "created_at")
    list_select_related = ("case__collection", "case__revises")
    search_fields = ("text", "name", "email", "note", "case__name", "case__slug")
    actions = ("mark_answered", "mark_closed", "mark_spam")
    fieldsets = (
        (None, {"fields": ("created_at", "kind", ("case_and_section", "case_pages"), "text")}),
        (_("Sender"), {"fields": (("name", "email"), "came_from")}),
        (_("What became of it"), {"fields": ("status", "note", "handled_by")}),
    )
    readonly_fields = (
        "created_at", "kind", "case_and_section", "case_pages", "text", "name", "email", "came_from", "handled_by",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With what the name of a case needs."""
        return super().get_queryset(request).select_related(*self.list_select_related)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Visitors write, by the form of the site."""
        return False

    @admin.display(description=_("message"))
    def excerpt(self, message: Message) -> str:
        """How it begins."""
        return Truncator(" ".join(message.text.split())).chars(100)

    @admin.display(description=_("case"))
    def case_and_section(self, message: Message) -> str:
        """What the message is about."""
        if message.case is None:
            return "–"
        return f"{message.case}, {message.get_section_display()}" if message.section else str(message.case)

    @admin.display(description=_("go to"))
    def case_pages(self, message: Message) -> str:
        """The case's form, and its page where visitors see one."""
        case = message.case
        if case is None:
            return "–"
        pages = [(reverse("admin:casestudies_case_change", args=[case.pk]), _("its form"))]
        if Case.objects.published().filter(pk=case.pk).exists():
            pages.append((case.get_absolute_url(), _("its page")))
        return format_html_join(" · ", '<a href="{}">{}</a>', pages)

    def save_model(self, request: HttpRequest, obj: Message, form: ModelForm, change: bool) -> None:
        """Who gives a message another status has handled it; one that is new again, nobody has."""
        if "status" in form.changed_data:
            obj.handled_by = None if obj.status == MessageStatus.NEW else request.user
        super().save_model(request, obj, form, change)

    @admin.action(description=_("Mark as answered"), permissions=["change"])
    def mark_answered(self, request: HttpRequest, queryset: QuerySet) -> None:
        """The visitor has an answer."""
        self._mark(request, queryset, MessageStatus.ANSWERED)

    @admin.action(description=_("Mark as closed"), permissions=["change"])
    def mark_closed(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Nothing is left to do."""
        self._mark(request, queryset, MessageStatus.CLOSED)

    @admin.action(description=_("Mark as spam"), permissions=["change"])
    def mark_spam(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Out of sight."""
        self._mark(request, queryset, MessageStatus.SPAM)

    def _mark(self, request: HttpRequest, queryset: QuerySet, status: MessageStatus) -> None:
        rows = list(queryset.exclude(status=status))
        for row in rows:
            row.status, row.handled_by = status, request.user
            row.save(update_fields=["status", "handled_by"])
            self.log_change(request, row, [{"changed": {"fields": ["status"]}}])
        done = ngettext("%d message changed.", "%d messages changed.", len(rows)) % len(rows)
        self.message_user(request, done, messages.SUCCESS)
