"""Spreadsheets in the admin: cases taken away as a workbook, and workbooks that come back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mainstreaming.downloads import XLSX, NotForSpreadsheets, file_response
from mainstreaming.pagination import Paged

from ..choices import ImportState
from ..exports.provenance import NAME
from ..models import Case, SheetImport
from ..newsroom.differences import compared
from ..sheets import applying
from ..sheets.blank import write_blank
from ..sheets.planning import Step
from ..sheets.reading import LARGEST_FILE, MEGABYTE
from ..sheets.staff import write_staff_workbook

logger = logging.getLogger(__name__)
CHANGES_A_PAGE = 200
# What separates the page that is sent at once from what follows while the work is done.
MARK = "<!--steps-->"
EDITIONS = {
    "new": gettext_lazy("new draft"),
    "draft": gettext_lazy("draft, changed in place"),
    "revision": gettext_lazy("its working revision"),
    "start": gettext_lazy("a new working revision; what is public stays as it is"),
}
KINDS = {
    "changed": gettext_lazy("changed"),
    "added": gettext_lazy("new row"),
    "removed": gettext_lazy("row removed"),
    "gone": gettext_lazy("not in the sheet; stays"),
}


class UploadForm(forms.Form):
    """The file."""

    file = forms.FileField(label=gettext_lazy("Workbook (.xlsx)"), allow_empty_file=True)

    def clean_file(self) -> Any:
        """A file that is not too large to look at."""
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(_("The file is larger than %(most)s MB.") % {"most": LARGEST_FILE // MEGABYTE})
        return file


class OptionsForm(forms.ModelForm):
    """What is done where the file and the collection say different things."""

    class Meta:
        model = SheetImport
        fields = ("take_file", "remove_gone")


class SheetsMixin:
    """The pages of spreadsheets beside the list of cases, and the action that takes cases away as one."""

    def get_urls(self) -> list[URLPattern]:
        """Before Django's own addresses."""
        view = self.admin_site.admin_view
        return [
            path("import/", view(self.import_view), name="casestudies_case_import"),
            path("import/template.xlsx", view(self.template_view), name="casestudies_case_import_template"),
            path("import/<int:number>/", view(self.imported_view), name="casestudies_case_imported"),
            *super().get_urls(),
        ]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """With the download for all who see the list, but where one case is picked in a window of its own."""
        actions = super().get_actions(request)
        if IS_POPUP_VAR not in request.GET:
            actions["as_spreadsheet"] = self.get_action("as_spreadsheet")
        return actions

    @admin.action(description=gettext_lazy("Download as spreadsheet"), permissions=["view"])
    def as_spreadsheet(self, request: HttpRequest, queryset: QuerySet[Case]) -> HttpResponseBase | None:
        """The chosen cases as they are, drafts and working revisions as well, in the workbook that can come back."""
        site = settings.SITE_URL or request.build_absolute_uri("/").rstrip("/")
        try:
            return file_response(lambda file: write_staff_workbook(file, queryset, site), f"{NAME}-staff.xlsx", XLSX)
        except NotForSpreadsheets as error:
            self.message_user(request, str(error), messages.ERROR)
            return None

    # -- Pages

    def _may_import(self, request: HttpRequest) -> None:
        if not (self.has_add_permission(request) and self.has_change_permission(request)):
            raise PermissionDenied

    def _context(self, request: HttpRequest, **context: Any) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts, **context}

    def template_view(self, request: HttpRequest) -> FileResponse:
        """The workbook to write new cases in."""
        self._may_import(request)
        return file_response(write_blank, f"{NAME}-template.xlsx", XLSX)

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Takes a file in; lists those that were sent before."""
        self._may_import(request)
        form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            sent = applying.take_in(file.name, file.read(), request.user)
            return HttpResponseRedirect(reverse("admin:casestudies_case_imported", args=[sent.pk]))
        context = self._context(
            request,
            title=_("Cases from a spreadsheet"),
            form=form,
            sent=SheetImport.objects.select_related("by").defer("content", "result")[:20],
        )
        return TemplateResponse(request, "admin/casestudies/case/import.html", context)

    def imported_view(self, request: HttpRequest, number: int) -> HttpResponseBase:
        """One file: checked while the page is sent where it is new, then what it changes; its options; applied."""
        self._may_import(request)
        sent = get_object_or_404(SheetImport, pk=number)
        if request.method == "POST" and "apply" in request.POST:
            digest = request.POST.get("digest", "")
            return self._stream(request, sent, lambda: applying.apply(sent.pk, digest, request.user))
        if request.method == "POST" and sent.state != ImportState.APPLIED:
            form = OptionsForm(request.POST, instance=sent)
            if form.is_valid() and sent.content:
                sent.state = ImportState.NEW
                sent.save(update_fields=["take_file", "remove_gone", "state"])
            return HttpResponseRedirect(request.path)
        if sent.state == ImportState.NEW and sent.content:
            return self._stream(request, sent, lambda: applying.check(sent))
        context = self._context(request, title=sent.name, **self._result(request, sent))
        return TemplateResponse(request, "admin/casestudies/case/import_result.html", context)

    def _result(self, request: HttpRequest, sent: SheetImport) -> dict[str, Any]:
        """What a page says of a file: its errors, its changes, what was written."""
        found = sent.result
        changes = [(case, change) for case in found.get("cases", ()) for change in case["changes"]]
        paged = Paged.of(changes, request.GET.get("page"), size=CHANGES_A_PAGE)
        cases: list[dict[str, Any]] = []
        for case, change in paged.page.object_list:
            if not cases or cases[-1]["slug"] != case["slug"]:
                cases.append({**case, "edition": EDITIONS[case["edition"]], "changes": []})
            pieces = compared(change["old"], change["new"]) if change["kind"] == "changed" else ()
            cases[-1]["changes"].append({**change, "label": KINDS[change["kind"]], "pieces": pieces})
        written = [case for case in found.get("cases", ()) if case["is_written"]]
        has_gone = any(change["kind"] == "gone" for _case, change in changes)
        may_apply = sent.state == ImportState.CHECKED and written and not found.get("total") and sent.content
        is_mine = sent.by_id == request.user.pk
        return {
            "sent": sent,
            "is_applied": sent.state == ImportState.APPLIED,
            "result": found,
            "paged": paged,
            "cases": cases,
            "written": len(written),
            "changes": sum(len(case["changes"]) for case in written),
            "has_gone": has_gone,
            "may_apply": may_apply and is_mine,
            "is_anothers": may_apply and not is_mine,
            "options": OptionsForm(instance=sent),
        }

    # -- An answer that is sent while the work is done

    def _stream(
        self, request: HttpRequest, sent: SheetImport, work: Callable[[], Iterator[Step]]
    ) -> StreamingHttpResponse:
        """The page at once, then a bar for each step, of which only the last is seen, then what came of it."""
        context = self._context(request, title=sent.name, mark=MARK)
        page = render_to_string("admin/casestudies/case/import_progress.html", context, request)
        head, _mark, tail = page.partition(MARK)
        response = StreamingHttpResponse(self._pieces(request, sent, work, head, tail))
        # Whatever stands in between passes it on as it comes.
        response["X-Accel-Buffering"] = "no"
        response["Cache-Control"] = "no-store"
        return response

    def _pieces(
        self, request: HttpRequest, sent: SheetImport, work: Callable[[], Iterator[Step]], head: str, tail: str
    ) -> Iterator[str]:
        yield head
        error = ""
        try:
            for step in work():
                yield format_html(
                    '<p><progress max="{}" value="{}"></progress> {}</p>\n', step.total, step.done, step.text
                )
        except applying.Refused as refused:
            error = str(refused)
        except Exception:
            # The page has begun: there is no other answer any more than to say so, and the log has the rest.
            logger.exception("The spreadsheet %s failed", sent.pk)
            error = _("Something went wrong here, and it has been noted. Nothing was written.")
        sent.refresh_from_db()
        context = self._context(request, error=error, **self._result(request, sent))
        yield render_to_string("admin/casestudies/case/import_body.html", context, request)
        yield tail
