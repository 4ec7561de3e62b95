"""The history in the admin: what was changed, by whom and why, as a readable difference; one click puts it back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from mainstreaming.pagination import Paged

from ..choices import EditAction
from ..collection.schema import label_of
from ..collection.trees import TreeError
from ..models import Case, HistoryEntry
from ..newsroom import history, sharing, workflow
from ..newsroom.differences import EMPTY, differences

ENTRIES_A_PAGE = 50
GONE = (EditAction.DELETED, EditAction.DISCARDED)


def comment_in(request: HttpRequest) -> str:
    """Why somebody puts a state back, without what no database takes."""
    return request.POST.get("comment", "").replace("\0", "").strip()


class HistoryMixin:
    """The pages of the history beside a model's own."""

    object_history_template = "admin/casestudies/history.html"

    def get_urls(self) -> list[URLPattern]:
        """The history's addresses before Django's own."""
        view, name = self.admin_site.admin_view, f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("deleted/", view(self.deleted_view), name=f"{name}_deleted"),
            path("deleted/<int:entry>/", view(self.deleted_entry_view), name=f"{name}_deleted_entry"),
            path("<path:object_id>/history/<int:entry>/", view(self.entry_view), name=f"{name}_history_entry"),
            *super().get_urls(),
        ]

    @property
    def _label(self) -> str:
        return label_of(self.model)

    def _entries(self, row: Model) -> QuerySet:
        """The entries of a row; of a case with those of its working revisions."""
        entries = HistoryEntry.objects.defer("content")
        if isinstance(row, Case):
            return entries.filter(model=self._label, of_id=row.revises_id or row.pk)
        return entries.filter(model=self._label, object_id=row.pk)

    def _row(self, request: HttpRequest, object_id: str) -> Model:
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        return row

    def _history_page(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/casestudies/{template}", context)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict | None = None) -> HttpResponse:
        """Every entry, the newest first, a page at a time."""
        row = self._row(request, object_id)
        paged = Paged.of(self._entries(row).select_related("by"), request.GET.get("page"), size=ENTRIES_A_PAGE)
        return self._history_page(
            request,
            "history.html",
            title=_("History of %(name)s") % {"name": row},
            object=row,
            paged=paged,
            **(extra_context or {}),
        )

    def entry_view(self, request: HttpRequest, object_id: str, entry: int) -> HttpResponse:
        """One entry: what it changed, and what has changed since. Sent: the state of it is put back."""
        row = self._row(request, object_id)
        found = get_object_or_404(self._entries(row).defer(None), pk=entry)
        if request.method == "POST":
            return self._restore(request, row, found)
        state, earlier = history.state_of(found), history.before(found)
        since = differences(self._label, state, history.current_state(row), workflow.STATE_FIELDS)
        return self._history_page(
            request,
            "history_entry.html",
            title=_("%(what)s: %(name)s") % {"what": found.get_action_display(), "name": row},
            object=row,
            entry=found,
            changes=differences(self._label, history.state_of(earlier) if earlier else EMPTY, state),
            earlier=earlier,
            since=since,
            may_restore=self.may_restore(request, row, found),
        )

    def may_restore(self, request: HttpRequest, row: Model, entry: HistoryEntry) -> bool:
        """Whether the person may put the state back, as far as it can be told before trying."""
        return self.has_change_permission(request, row)

    def _restore(self, request: HttpRequest, row: Model, entry: HistoryEntry) -> HttpResponse:
        if not self.may_restore(request, row, entry):
            raise PermissionDenied
        try:
            row = self.restore(request, row, entry)
        except (TreeError, workflow.Refused) as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            done = _("“%(name)s” is as it was. What it was before stands in its history.") % {"name": row}
            self.message_user(request, done, messages.SUCCESS)
        return HttpResponseRedirect(self._address("history", row.pk))

    def restore(self, request: HttpRequest, row: Model, entry: HistoryEntry) -> Model:
        """Puts the state of a shared row back. Raises TreeError, and Refused where it would show at once."""
        with transaction.atomic(), history.recording(request.user) as notes:
            history.restore(row, history.state_of(entry))
            self._check_shown(request, row)
            notes.say(row, EditAction.RESTORED, comment_in(request))
        return row

    def _check_shown(self, request: HttpRequest, row: Model) -> None:
        """Raises Refused where visitors see the row now, and the person may not change what they see."""
        if not request.user.has_perm(sharing.EDIT_SHARED) and sharing.is_shown(row):
            raise workflow.Refused(_("Visitors would see it in published cases: a reviewer puts it back."))

    def _address(self, page: str, *args: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}", args=args)

    # -- What is gone

    def _gone(self) -> QuerySet:
        there = self.model._base_manager.values("pk")
        entries = HistoryEntry.objects.filter(model=self._label, action__in=GONE)
        return entries.exclude(object_id__in=there).defer("content").select_related("by")

    def deleted_view(self, request: HttpRequest) -> HttpResponse:
        """What was deleted, the newest first, to bring it back."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        paged = Paged.of(self._gone(), request.GET.get("page"), size=ENTRIES_A_PAGE)
        return self._history_page(request, "deleted.html", title=_("Deleted"), paged=paged)

    def deleted_entry_view(self, request: HttpRequest, entry: int) -> HttpResponse:
        """What something was that is gone. Sent: it is brought back."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = get_object_or_404(self._gone().defer(None), pk=entry)
        if request.method == "POST":
            return self._bring_back(request, found)
        changes = differences(self._label, EMPTY, history.state_of(found))
        return self._history_page(
            request, "deleted_entry.html", title=found.name, entry=found, changes=changes,
            may_restore=self.has_add_permission(request),
        )  # fmt: skip

    def _bring_back(self, request: HttpRequest, entry: HistoryEntry) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        try:
            pk = self.bring_back(request, entry)
        except workflow.Refused as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(self._address("deleted"))
        self.message_user(request, _("“%(name)s” is back.") % {"name": entry.name}, messages.SUCCESS)
        return HttpResponseRedirect(self._address("change", pk))

    def bring_back(self, request: HttpRequest, entry: HistoryEntry) -> int:
        """Brings a shared row back, retired where its kind can be. Raises Refused."""
        with transaction.atomic(), history.recording(request.user, EditAction.RESTORED):
            pk = history.revive(entry.model, entry.object_id)
            if pk is not None:
                self._check_shown(request, self.model._base_manager.get(pk=pk))
        if pk is None:
            raise workflow.Refused(_("Something else has its place, or what it belonged to is gone."))
        return pk
