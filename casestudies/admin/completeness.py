"""What review will ask for, beside each form of a case: the quality report of what is typed, before it is saved."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django.contrib.admin.helpers import AdminErrorList
from django.contrib.admin.utils import flatten_fieldsets, quote, unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.forms.formsets import BaseFormSet, all_valid
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, gettext_lazy

from ..changes import held_back
from ..models import Case, CaseTerm, child_accessors
from ..newsroom.history import unrecorded
from ..quality import CaseReport, Finding, case_reports
from .parts import BY_SLUG, IDENTITY, PARTS, THE_REST, Part, part_url
from .rowinline import SectionInline

BY_SECTION = {part.section: part for part in PARTS if part.section}
# What the report looks for with the overview and the forms keep with the identity.
IN_IDENTITY = (gettext_lazy("period"), gettext_lazy("place"))
#: The header by which the script asks for the panel alone.
FRAGMENT = "X-Casebook-Fragment"


class Open(NamedTuple):
    """An open finding: the rule, what it is about, and where on the page that stands, if it stands there."""

    label: str
    name: str
    anchor: str


class Elsewhere(NamedTuple):
    """How many findings are open in another form."""

    label: str
    url: str
    count: int


class Outcome(NamedTuple):
    """What the panel says. With errors nothing can be judged, and the rest is empty."""

    errors: int = 0
    here: tuple[Open, ...] = ()
    elsewhere: tuple[Elsewhere, ...] = ()
    acronyms: tuple[Open, ...] = ()
    explained: int = 0

    @property
    def others(self) -> int:
        """How many are open beyond this form."""
        return sum(each.count for each in self.elsewhere) + len(self.acronyms)


class _UndoneError(Exception):
    """Ends the transaction of a check, which keeps nothing."""


def part_of_row(row: Model) -> Part:
    """The form that a row stands in."""
    return next(
        part for part in PARTS for inline in part.inlines if inline.model is type(row) and _holds(part, inline, row)
    )


def _holds(part: Part, inline: type, row: Model) -> bool:
    if issubclass(inline, SectionInline):
        return row.section == part.section
    if isinstance(row, CaseTerm):
        slug = row.term.vocabulary.slug
        is_claimed = any(slug in each.vocabularies for each in PARTS)
        return slug in part.vocabularies or (THE_REST in part.vocabularies and not is_claimed)
    return True


def _rows(case: Case) -> Iterator[tuple[str, Model]]:
    """Every row of the case by the name that findings give it."""
    for accessor in child_accessors():
        yield from ((f"{case.slug}/{accessor}/{row.key}", row) for row in getattr(case, accessor).all())
    if hasattr(case, "budget"):
        yield f"{case.slug}/budget", case.budget


def _located(finding: Finding, case: Case, rows: dict[str, Model]) -> tuple[Part | None, str, Model | None]:
    """The form of a finding (None: of no form), what it is about in words, and the row."""
    if row := rows.get(finding.subject):
        return part_of_row(row), str(row), row
    about = finding.subject.partition("/")[2]
    section, _colon, what = about.partition(": ")
    if section in BY_SECTION:
        row = next((row for row in case.narratives.all() if row.section == section), None)
        is_identity = what in {str(label) for label in IN_IDENTITY}
        return (IDENTITY if is_identity else BY_SECTION[section]), what, row if not what else None
    if finding.rule == "work-not-listed":
        return BY_SLUG["sources"], finding.detail, None
    if finding.rule == "no-lead":
        return BY_SLUG["actors"], "", None
    return None, about, None


def _outcome(report: CaseReport, part: Part, anchors: dict[tuple[type, int], str]) -> Outcome:
    case = report.case
    rows = dict(_rows(case))
    here, acronyms = [], []
    counts = dict.fromkeys((each.slug for each in PARTS), 0)
    for finding in report.open:
        place, name, row = _located(finding, case, rows)
        anchor = anchors.get((type(row), row.pk), "") if row else ""
        if place is None:
            acronyms.append(Open(finding.label, name, ""))
        elif place is part:
            here.append(Open(finding.label, name, anchor))
        else:
            counts[place.slug] += 1
    elsewhere = tuple(
        Elsewhere(each.label, part_url(case, each), counts[each.slug]) for each in PARTS if counts[each.slug]
    )
    return Outcome(0, tuple(here), elsewhere, tuple(acronyms), len(report.explained))


def _anchors(formsets: Iterable[BaseFormSet]) -> dict[tuple[type, int], str]:
    """Where on the page each row of the form stands."""
    forms = [form for formset in formsets for form in formset.forms]
    return {(type(form.instance), form.instance.pk): form.prefix for form in forms if form.instance.pk}


class CompletenessMixin:
    """The panel, and the address that judges what is typed and writes nothing."""

    def get_urls(self) -> list[URLPattern]:
        """The checks before Django's own addresses."""
        view = self.admin_site.admin_view(self.check_view)
        return [
            path("<path:object_id>/section/<slug:part>/check/", view, name="casestudies_case_section_check"),
            path("<path:object_id>/check/", view, name="casestudies_case_check"),
            *super().get_urls(),
        ]

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        """The form page with the address of its check; a case that does not exist yet has none."""
        context = extra_context or {}
        if object_id is not None:
            part = request.resolver_match.kwargs.get("part")
            args = [quote(unquote(object_id)), *([part] if part else [])]
            name = "casestudies_case_section_check" if part else "casestudies_case_check"
            context = {"casebook_check": reverse(f"admin:{name}", args=args), **context}
        return super().changeform_view(request, object_id, form_url, context)

    def check_view(self, request: HttpRequest, object_id: str, part: str = IDENTITY.slug) -> HttpResponse:
        """What review would ask for if the form were saved as it is sent: the panel, or a page without the script."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if part not in BY_SLUG or ("part" in request.resolver_match.kwargs and part == IDENTITY.slug):
            raise Http404
        request.case_part = BY_SLUG[part]
        outcome: Outcome | None = None
        # Unrecorded and held back: no change is noted, and nobody waits who notes one of theirs.
        with contextlib.suppress(_UndoneError), unrecorded(), transaction.atomic(), held_back():
            outcome = self._judged(request, unquote(object_id), BY_SLUG[part])
            raise _UndoneError
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("What review will ask for"),
            "outcome": outcome,
            "part": BY_SLUG[part],
        }
        name = "findings" if FRAGMENT in request.headers else "check"
        return TemplateResponse(request, f"admin/casestudies/case/{name}.html", context)

    def _judged(self, request: HttpRequest, pk: str, part: Part) -> Outcome:
        """Saves the form within the caller's transaction and looks at what comes of it."""
        case = self.get_object(request, pk)
        if case is None:
            raise Http404
        if not self.has_change_permission(request, case):
            raise PermissionDenied
        fields = flatten_fieldsets(self.get_fieldsets(request, case))
        form = self.get_form(request, case, change=True, fields=fields)(request.POST, instance=case)
        formsets, _inlines = self._create_formsets(request, case, change=True)
        # Both are asked, so that every error is counted.
        is_valid = form.is_valid()
        if not (all_valid(formsets) and is_valid):
            return Outcome(errors=len(AdminErrorList(form, formsets)))
        if form.has_changed():
            form.save()
        for formset in formsets:
            formset.save()
        (report,) = case_reports([Case.objects.for_page().get(pk=case.pk)])
        return _outcome(report, part, _anchors(formsets))
