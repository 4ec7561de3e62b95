"""Giving a term to several cases at once, or taking it from them: what would happen first, then all or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mainstreaming.formfields import PlainTextField

from ..choices import Evidence
from ..models import Case, CaseTerm, Term
from ..models.base import PLACE
from ..newsroom import tagging
from ..newsroom.workflow import CHANGE, Refused
from .offers import NOT_FOR_CASES
from .widgets import label_of
from .workflow import WorkflowMixin

APPLY = "apply"


class TaggingForm(forms.Form):
    """What is given or taken, and on what ground."""

    action = forms.ChoiceField(
        label=gettext_lazy("What to do"),
        choices=((tagging.GIVE, gettext_lazy("Give the term")), (tagging.TAKE, gettext_lazy("Take the term away"))),
        widget=forms.RadioSelect,
        initial=tagging.GIVE,
    )
    term = forms.ModelChoiceField(Term.objects.none(), label=gettext_lazy("Term"))
    evidence = forms.ChoiceField(label=gettext_lazy("Evidence"), choices=Evidence.choices, initial=Evidence.EDITORIAL)
    reason = PlainTextField(
        label=gettext_lazy("Reason"), required=False, widget=forms.Textarea(attrs={"rows": 3}), max_length=5000
    )
    place = forms.CharField(
        label=gettext_lazy("Place in the paper"), required=False, max_length=250, validators=[PLACE],
        help_text=gettext_lazy("For instance «Part 4.12, Implementation». The same for all of the cases."),
    )  # fmt: skip
    starts_revisions = forms.BooleanField(
        label=gettext_lazy("Start a working revision of each published case that has none"), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        terms = Term.objects.exclude(vocabulary__slug__in=NOT_FOR_CASES).select_related("vocabulary", "parent")
        self.fields["term"].queryset = terms
        self.fields["term"].choices = [("", "---------"), *_groups(terms)]

    def clean(self) -> dict[str, Any]:
        """Nothing retired is given."""
        cleaned = super().clean()
        term = cleaned.get("term")
        if term is not None and term.is_retired and cleaned.get("action") == tagging.GIVE:
            self.add_error("term", _("“%s” is retired: it takes no new links.") % term)
        return cleaned


def _groups(terms: QuerySet) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    """The terms by vocabulary, what is retired marked: it can be taken away."""
    rows = terms.order_by("vocabulary__position", "vocabulary__slug", "position", "slug")
    for vocabulary, group in groupby(rows, key=lambda term: term.vocabulary):
        labels = ((each.pk, f"{each.parent} › {label_of(each)}" if each.parent else label_of(each)) for each in group)
        yield str(vocabulary), list(labels)


class TaggingMixin:
    """The page beside the list of cases."""

    actions = (*WorkflowMixin.actions, "tag_cases")

    def get_urls(self) -> list[URLPattern]:
        """The page's address before Django's own."""
        view = self.admin_site.admin_view(self.tag_view)
        return [path("tag/", view, name="casestudies_case_tag"), *super().get_urls()]

    @staticmethod
    def _may_tag(request: HttpRequest) -> bool:
        kind = CaseTerm._meta.model_name
        return request.user.has_perms((CHANGE, f"casestudies.add_{kind}", f"casestudies.delete_{kind}"))

    def has_tag_permission(self, request: HttpRequest) -> bool:
        """Whoever may change cases and their classifications; which case, its state says."""
        return self._may_tag(request)

    @admin.action(description=gettext_lazy("Give or take a term …"), permissions=["tag"])
    def tag_cases(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        """Leads to the page on which the term is chosen."""
        pks = list(queryset.order_by("pk").values_list("pk", flat=True)[: tagging.MOST + 1])
        if len(pks) > tagging.MOST:
            told = _("Choose at most %(number)d cases at once.") % {"number": tagging.MOST}
            self.message_user(request, told, messages.WARNING)
            return None
        return HttpResponseRedirect(f"{reverse('admin:casestudies_case_tag')}?cases={','.join(map(str, pks))}")

    def tag_view(self, request: HttpRequest) -> HttpResponse:
        """The form; sent, what would happen to each case; sent from there, it is done."""
        if not self._may_tag(request):
            raise PermissionDenied
        # What is no number of a case is dropped: the list of the page says which are there.
        pks = [int(text) for text in request.GET.get("cases", "").split(",") if text.isdecimal() and len(text) < 19]
        cases = list(
            Case.objects.filter(pk__in=pks[: tagging.MOST]).select_related("collection", "revises__collection")
        )
        form = TaggingForm(request.POST or None)
        outcomes, seen, problem, status = None, "", "", 200
        if request.method == "POST" and cases:
            if form.is_valid():
                wanted = tagging.Tagging(**form.cleaned_data)
                if APPLY in request.POST:
                    try:
                        done = tagging.tag(cases, wanted, request.user, request.POST.get("seen", "-"))
                    except Refused as error:
                        problem, status = str(error), 409
                    else:
                        return self._tagged(request, wanted, done)
                outcomes = tagging.plan_tagging(cases, wanted, request.user)
                seen = tagging.digest_of(outcomes, wanted)
            else:
                status = 400
        refused = [each for each in outcomes or () if each.is_refused]
        rest = [str(each.case.pk) for each in outcomes or () if not each.is_refused]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Give or take a term"),
            "cases": cases,
            "form": form,
            "outcomes": outcomes,
            "seen": seen,
            "problem": problem,
            "refused": refused,
            "may_apply": bool(outcomes) and not refused and any(each.is_change for each in outcomes),
            "rest": f"?cases={','.join(rest)}" if refused and rest else "",
        }
        return TemplateResponse(request, "admin/casestudies/case/tag.html", context, status=status)

    def _tagged(self, request: HttpRequest, wanted: tagging.Tagging, done: list[tagging.Outcome]) -> HttpResponse:
        changed = sum(each.is_change for each in done)
        told = ngettext("%(what)s: %(number)d case changed.", "%(what)s: %(number)d cases changed.", changed)
        self.message_user(request, told % {"what": wanted, "number": changed}, messages.SUCCESS)
        return HttpResponseRedirect(f"{reverse('admin:casestudies_case_changelist')}?edition=all")
