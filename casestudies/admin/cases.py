"""A case in the admin: one page for who and where it is, and one for each part of its tree."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms
from django.contrib import admin
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import Case, CaseRedirect
from ..newsroom import workflow
from .base import BaseAdmin, is_autocomplete, touch
from .completeness import CompletenessMixin
from .filters import CheckedFilter, EditionFilter, MineFilter
from .guide import GuideMixin
from .history import HistoryMixin
from .inlines import CaseRedirectInline
from .parts import BY_SLUG, IDENTITY, PARTS, Part, part_url
from .previews import PreviewMixin
from .quality import QualityMixin
from .rows import CheckedForm
from .sheets import SheetsMixin
from .tagging import TaggingMixin
from .workflow import WorkflowMixin


class CaseForm(CheckedForm):
    """Who and where the case is."""

    checked_with = frozenset({"revises"})

    def clean_slug(self) -> str:
        """Refuses an address that leads, or led, to another case."""
        slug = self.cleaned_data["slug"]
        own = [pk for pk in (self.instance.pk, self.instance.revises_id) if pk]
        if CaseRedirect.objects.filter(old_slug=slug).exclude(case__in=own).exists():
            raise ValidationError(_("This was the address of another case, and still leads there."))
        if self.instance.is_revision and Case.objects.live().filter(slug=slug).exclude(pk__in=own).exists():
            raise ValidationError(_("Another case has this slug."))
        return slug


def part_of(request: HttpRequest) -> Part:
    """The part that the address names."""
    match = request.resolver_match
    return BY_SLUG[match.kwargs.get("part", IDENTITY.slug)] if match else IDENTITY


@admin.register(Case)
class CaseAdmin(
    GuideMixin,
    CompletenessMixin,
    PreviewMixin,
    TaggingMixin,
    WorkflowMixin,
    HistoryMixin,
    QualityMixin,
    SheetsMixin,
    BaseAdmin,
):
    """Cases, and their working revisions apart from them."""

    form = CaseForm
    change_form_template = "admin/casestudies/case/change_form.html"
    list_display = ("number_and_name", "country", "status", "edition", "last_checked_on", "updated_at")
    list_filter = (
        EditionFilter,
        "status",
        MineFilter,
        CheckedFilter,
        "collection",
        "is_jmdi_supported",
        ("country__region", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("collection", "country", "revises")
    search_fields = ("name", "title", "contents_title", "original_title", "acronym", "slug", "country__name")
    date_hierarchy = None
    autocomplete_fields = ("country",)
    readonly_fields = ("edition", "created_at", "updated_at", "version_number")
    fieldsets = (
        (None, {"fields": (("collection", "ordinal"), ("name", "slug"), "title", "contents_title")}),
        (None, {"fields": (("original_title", "acronym"), ("country", "is_jmdi_supported"), "purpose")}),
        (None, {"fields": ("last_checked_on",)}),
    )
    record = (
        gettext_lazy("Record"),
        {"fields": (("edition", "version_number"), ("created_at", "updated_at")), "classes": ["collapse"]},
    )

    # -- The list

    @admin.display(description=gettext_lazy("case"), ordering="ordinal")
    def number_and_name(self, case: Case) -> str:
        """The number as shown, and the territory."""
        return str(case)

    @admin.display(description=gettext_lazy("edition"), ordering="revises")
    def edition(self, case: Case) -> str:
        """Whether this is the case itself or a working revision of it."""
        if not case.is_revision:
            return _("live")
        return format_html('<strong class="casebook-revision">{}</strong>', _("working revision"))

    @admin.display(description=gettext_lazy("version"))
    def version_number(self, case: Case) -> str:
        """How often the case was saved, as a plain number."""
        return str(case.version)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        """Links lead to cases, never to a working revision."""
        queryset, may_repeat = super().get_search_results(request, queryset, search_term)
        return (queryset.live() if is_autocomplete(request) else queryset), may_repeat

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Every case with what its own name needs."""
        return super().get_queryset(request).select_related("collection", "country", "revises")

    def has_delete_permission(self, request: HttpRequest, obj: Case | None = None) -> bool:
        """A case is archived; only a superuser deletes one."""
        return request.user.is_active and request.user.is_superuser

    def get_deleted_objects(self, objs: Iterable[Model], request: HttpRequest) -> tuple:
        """Its rows go with it: nobody deletes those alone."""
        deleted, counts, _lacking, protected = super().get_deleted_objects(objs, request)
        return deleted, counts, set(), protected

    def view_on_site(self, case: Case) -> str | None:
        """The public page, where there is one."""
        return case.get_absolute_url() if Case.objects.published().filter(pk=case.pk).exists() else None

    # -- The forms

    def get_urls(self) -> list[URLPattern]:
        """The case's forms beside Django's own addresses."""
        view = self.admin_site.admin_view(self.section_view)
        return [
            path("<path:object_id>/section/<slug:part>/", view, name="casestudies_case_section"),
            *super().get_urls(),
        ]

    def section_view(self, request: HttpRequest, object_id: str, part: str) -> HttpResponse:
        """The form of one part. Raises Http404 for a part that is none."""
        if part not in BY_SLUG or part == IDENTITY.slug:
            raise Http404
        return self.changeform_view(request, object_id)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        """Django's form page with the way to the other parts."""
        request.case_part = part = part_of(request)
        context = {"casebook_part": part, **(extra_context or {})}
        if object_id is not None:
            pk = unquote(object_id)
            context["casebook_parts"] = [(each, part_url(Case(pk=pk), each)) for each in PARTS]
            context["title"] = part.label
        return super().changeform_view(request, object_id, form_url, context)

    def render_change_form(
        self, request: HttpRequest, context: dict, add: bool = False, change: bool = False, form_url: str = "",
        obj: Case | None = None,
    ) -> HttpResponse:  # fmt: skip
        """Says what state the case is in, and whether the page edits a working revision."""
        context["casebook_revision"] = obj is not None and obj.is_revision
        if obj is not None:
            context |= self.state_context(request, obj)
        context["show_save_and_add_another"] = False
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Case | None:
        """The case; locked while a form of it is being saved, so that two saves come one after the other."""
        if request.method != "POST":
            return super().get_object(request, object_id, from_field)
        try:
            pk = self.opts.pk.to_python(object_id)
        except ValidationError:
            return None
        return self.get_queryset(request).select_for_update(of=("self",)).filter(pk=pk).first()

    def get_inlines(self, request: HttpRequest, obj: Case | None) -> tuple[type, ...]:
        """The inlines of the part. Former addresses stay with the case itself; a new one has none."""
        has_former = obj is not None and not obj.is_revision
        return tuple(each for each in part_of(request).inlines if each is not CaseRedirectInline or has_former)

    def get_inline_instances(self, request: HttpRequest, obj: Case | None = None) -> list:
        """The inlines, told which part they stand in."""
        instances = super().get_inline_instances(request, obj)
        for inline in instances:
            inline.part = part_of(request)
        return instances

    def get_fieldsets(self, request: HttpRequest, obj: Case | None = None) -> tuple:
        """The case's own fields stand on its first page only."""
        if part_of(request) is not IDENTITY:
            return ()
        return self.fieldsets if obj is None else (*self.fieldsets, self.record)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Case | None = None) -> dict[str, tuple[str, ...]]:
        """A new case's slug follows its name."""
        return {} if obj else {"slug": ("name",)}

    # -- Saving

    def save_model(self, request: HttpRequest, obj: Case, form: forms.ModelForm, change: bool) -> None:
        """Writes the case where the form changed it, and remembers the address that it leaves."""
        obj.left_slug = None
        if change and "slug" in form.changed_data:
            # A working revision's address is kept when it is published.
            is_known = not obj.is_revision and workflow.was_public(obj)
            obj.left_slug = form.initial["slug"] if is_known else None
        if form.changed_data or not change:
            super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: forms.ModelForm, formsets: list, change: bool) -> None:
        """Writes the rows, keeps former addresses working, and counts the edit."""
        super().save_related(request, form, formsets, change)
        case = form.instance
        if "slug" in form.changed_data and not case.is_revision:
            case.redirects.filter(old_slug=case.slug).delete()
        if case.left_slug:
            CaseRedirect.objects.get_or_create(old_slug=case.left_slug, defaults={"case": case})
        if change and (form.has_changed() or any(formset.has_changed() for formset in formsets)):
            touch(case)

    def response_add(self, request: HttpRequest, obj: Case, post_url_continue: str | None = None) -> HttpResponse:
        """A new case goes on to its forms."""
        if IS_POPUP_VAR not in request.POST:
            request.POST = request.POST.copy()
            request.POST["_continue"] = "1"
        return super().response_add(request, obj, post_url_continue)

    def response_post_save_change(self, request: HttpRequest, obj: Case) -> HttpResponse:
        """“Save and go on” leads to the next part, “Save” back to the list."""
        following = PARTS.index(part_of(request)) + 1
        if "_next" in request.POST and following < len(PARTS):
            return HttpResponseRedirect(part_url(obj, PARTS[following]))
        return super().response_post_save_change(request, obj)
