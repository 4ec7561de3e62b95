"""The steps of a case in the admin: what its state is, what can be done with it now, and the page that does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Max, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..collection.trees import CASE
from ..models import Case, CaseRedirect, HistoryEntry
from ..newsroom import workflow
from ..newsroom.differences import differences
from ..newsroom.history import current_state
from ..newsroom.revising import undone_by
from ..newsroom.workflow import STATE_FIELDS
from .history import comment_in


class StepForm(forms.Form):
    """Why a step is taken, and which version of the case, and of what it revises, the person looked at."""

    comment = forms.CharField(
        label=gettext_lazy("Comment"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
    live_version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class CopyForm(forms.Form):
    """What a copy is called, and its address."""

    name = forms.CharField(label=gettext_lazy("short name"), max_length=120)
    slug = forms.SlugField(label=gettext_lazy("slug"), max_length=100)

    def clean_slug(self) -> str:
        """Refuses an address that leads, or led, to another case."""
        slug = self.cleaned_data["slug"]
        taken = (Case.objects.live().filter(slug=slug), CaseRedirect.objects.filter(old_slug=slug))
        if any(rows.exists() for rows in taken):
            raise ValidationError(_("Another case has, or had, this address."))
        return slug


class WorkflowMixin:
    """A case's state and steps. What nobody may do by its buttons cannot be done by its addresses either."""

    actions = ("submit_cases", "publish_cases")

    def get_urls(self) -> list[URLPattern]:
        """The steps' addresses before Django's own."""
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/step/<slug:name>/", view(self.step_view), name="casestudies_case_step"),
            path("<path:object_id>/copy/", view(self.copy_view), name="casestudies_case_copy"),
            *super().get_urls(),
        ]

    # -- Who may

    def has_change_permission(self, request: HttpRequest, obj: Case | None = None) -> bool:
        """By the role, and of a certain case by its state."""
        return super().has_change_permission(request, obj) and (obj is None or workflow.may_edit(request.user, obj))

    def may_restore(self, request: HttpRequest, row: Case, entry: HistoryEntry) -> bool:
        """Whoever may change cases: into which one the state goes is the workflow's to say."""
        return request.user.has_perm(workflow.CHANGE)

    def restore(self, request: HttpRequest, row: Case, entry: HistoryEntry) -> Case:
        """Puts a state back, or into a working revision. Raises Refused."""
        return workflow.restore_entry(entry, row, request.user, comment_in(request))

    def bring_back(self, request: HttpRequest, entry: HistoryEntry) -> int:
        """Brings a case back as a draft. Raises Refused."""
        return workflow.revive_case(entry, request.user).pk

    # -- Pages

    def state_context(self, request: HttpRequest, case: Case) -> dict[str, Any]:
        """What the panel above a case's forms shows."""
        return {
            "casebook_state": workflow.state_label(case),
            "casebook_steps": [
                (step, reason, reverse("admin:casestudies_case_step", args=[quote(case.pk), step.name]))
                for step, reason in workflow.steps_for(case, request.user)
            ],
            "casebook_may_edit": self.has_change_permission(request, case),
            "casebook_may_copy": self.has_add_permission(request),
            "casebook_live": case.revises,
            "casebook_working": workflow.revision_of(case),
            "casebook_comment": _last_comment(case),
        }

    def _address_in(self, request: HttpRequest) -> Callable[[Case], str]:
        """The full address of a case's form, for e-mails."""
        return lambda case: request.build_absolute_uri(reverse("admin:casestudies_case_change", args=[case.pk]))

    def _case(self, request: HttpRequest, object_id: str) -> Case:
        case = self.get_object(request, unquote(object_id))
        if case is None:
            raise Http404
        if not self.has_view_or_change_permission(request, case):
            raise PermissionDenied
        return case

    def step_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """What a step does, what it would make public, and a comment; sent, the step is taken."""
        step = workflow.BY_NAME.get(name)
        if step is None:
            raise Http404
        case = self._case(request, object_id)
        if not request.user.has_perm(step.permission):
            raise PermissionDenied
        live = case.revises
        seen = {"version": case.version, **({"live_version": live.version} if live else {})}
        form = StepForm(request.POST or None, initial=seen)
        if request.method == "POST" and form.is_valid():
            try:
                done = workflow.take(name, case, request.user, **form.cleaned_data, address=self._address_in(request))
            except workflow.Refused as error:
                form.add_error(None, str(error))
                if live:
                    # The page that follows shows what that version would lose.
                    form.data = {**form.data.dict(), "live_version": live.version}
            else:
                return self._after(request, step, case, done)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": step.label,
            "case": case,
            "step": step,
            "reason": workflow.reason_against(step, case, request.user),
            "form": form,
            "changes": differences(CASE, current_state(live), current_state(case), STATE_FIELDS) if live else None,
            "undone": undone_by(case, live) if live and step.name == "publish" else (),
        }
        status = 409 if form.errors else 200
        return TemplateResponse(request, "admin/casestudies/case/step.html", context, status=status)

    def _after(self, request: HttpRequest, step: workflow.Step, case: Case, done: Case | None) -> HttpResponse:
        if done is None:
            gone = _("“%(case)s” is discarded. It can be brought back from “Deleted”.") % {"case": case}
            self.message_user(request, gone, messages.SUCCESS)
            back = case.revises_id
            address = reverse("admin:casestudies_case_change", args=[back]) if back else None
            return HttpResponseRedirect(address or reverse("admin:casestudies_case_changelist"))
        told = _("Done: %(step)s. “%(case)s” is now: %(state)s.")
        told %= {"step": step.label, "case": done, "state": workflow.state_label(done)}
        self.message_user(request, told, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:casestudies_case_change", args=[done.pk]))

    def copy_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A new draft that starts as a copy."""
        case = self._case(request, object_id)
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = CopyForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            last = Case.objects.filter(collection=case.collection_id).aggregate(last=Max("ordinal"))["last"]
            try:
                copied = workflow.copy_case(case, request.user, ordinal=last + 1, **form.cleaned_data)
            except workflow.Refused as error:
                form.add_error(None, str(error))
            else:
                self.message_user(request, _("“%(case)s” is a draft now.") % {"case": copied}, messages.SUCCESS)
                return HttpResponseRedirect(reverse("admin:casestudies_case_change", args=[copied.pk]))
        context = {**self.admin_site.each_context(request), "opts": self.opts, "case": case, "form": form}
        context["title"] = _("Copy %(case)s") % {"case": case}
        return TemplateResponse(request, "admin/casestudies/case/copy.html", context)

    # -- Several at once

    def has_submit_permission(self, request: HttpRequest) -> bool:
        """Whose role submits."""
        return request.user.has_perm(workflow.SUBMIT)

    def has_review_permission(self, request: HttpRequest) -> bool:
        """Whose role reviews."""
        return request.user.has_perm(workflow.REVIEW)

    @admin.action(description=gettext_lazy("Submit for review"), permissions=["submit"])
    def submit_cases(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Each that can be; the others are named with the reason."""
        self._take_all(request, queryset, "submit")

    @admin.action(description=gettext_lazy("Publish"), permissions=["review"])
    def publish_cases(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Each that can be; the others are named with the reason."""
        self._take_all(request, queryset, "publish")

    def _take_all(self, request: HttpRequest, queryset: QuerySet, name: str) -> None:
        done = 0
        for case in queryset:
            try:
                workflow.take(name, case, request.user, address=self._address_in(request))
            except workflow.Refused as error:
                self.message_user(request, f"{case}: {error}", messages.WARNING)
            else:
                done += 1
        told = ngettext("%(number)d case: %(step)s.", "%(number)d cases: %(step)s.", done)
        told %= {"number": done, "step": workflow.BY_NAME[name].label}
        self.message_user(request, told, messages.SUCCESS if done else messages.INFO)


def _last_comment(case: Case) -> HistoryEntry | None:
    """What a reviewer wrote when a case was returned, as long as it is being worked on; or its author on submitting."""
    wanted = {workflow.Status.DRAFT: "returned", workflow.Status.IN_REVIEW: "submitted"}.get(case.status)
    entries = HistoryEntry.objects.defer("content").filter(model=CASE, object_id=case.pk, action=wanted)
    return entries.exclude(comment="").order_by("-at", "-pk").first() if wanted else None
