"""What cases share in the admin: merging two rows, where a row is used, and who may change what visitors see."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import Acronym, Organization, Source, SourceRedirect
from ..newsroom import merging, sharing
from ..newsroom.workflow import Refused

#: How many of the cases that a merger changes are named.
NAMED_CASES = 50
#: How many cases a merger changes at most while somebody waits; the command `merge_rows` has time for more.
MOST_CASES = 200
#: So many digits every database takes as a key.
MOST_DIGITS = 18


class ChoiceForm(forms.Form):
    """The row that stays."""

    def __init__(self, *args: Any, row: Model, site: admin.AdminSite, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        model = type(row)
        # Any link to the model tells the autocomplete what to look for.
        links = [each.field for each in merging.relations_to(model) if not each.field.many_to_many]
        widget = AutocompleteSelect(links[0], site) if links else forms.Select()
        others = model._default_manager.exclude(pk=row.pk)
        self.fields["into"] = forms.ModelChoiceField(others, label=_("The one that stays"), widget=widget)


class ConfirmForm(forms.Form):
    """Why, and the plan that was looked at."""

    comment = forms.CharField(
        label=gettext_lazy("Why they are one"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    seen = forms.CharField(widget=forms.HiddenInput)


class MergeMixin:
    """Two rows of a model become one."""

    def get_urls(self) -> list[URLPattern]:
        """The merger's address before Django's own."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_merge"
        return [
            path("<path:object_id>/merge/", self.admin_site.admin_view(self.merge_view), name=name),
            *super().get_urls(),
        ]

    def has_merge_permission(self, request: HttpRequest) -> bool:
        """Whoever may change and delete rows that visitors see: a merger changes published cases at once."""
        app, name = self.opts.app_label, self.opts.model_name
        return request.user.has_perms((sharing.EDIT_SHARED, f"{app}.change_{name}", f"{app}.delete_{name}"))

    @admin.action(description=gettext_lazy("Merge the two into one …"), permissions=["merge"])
    def merge_rows(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        """Leads to the page that shows what merging the two chosen rows would do."""
        pks = list(queryset.order_by("pk").values_list("pk", flat=True)[:3])
        if len(pks) != 2:
            self.message_user(request, _("Choose two rows to merge."), messages.WARNING)
            return None
        return HttpResponseRedirect(f"{self._merge_address(pks[1])}?into={pks[0]}")

    def _merge_address(self, pk: int) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_merge", args=[quote(pk)])

    def merge_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Which row stays; then what the merger would do; sent, it is made."""
        if not self.has_merge_permission(request):
            raise PermissionDenied
        gone = self.get_object(request, unquote(object_id))
        if gone is None:
            raise Http404
        # What is too large for a key is none: the field's widget would ask the database for it all the same.
        into = request.GET.get("into", "")[:MOST_DIGITS]
        choice = ChoiceForm({"into": into} if "into" in request.GET else None, row=gone, site=self.admin_site)
        stays = choice.cleaned_data["into"] if choice.is_bound and choice.is_valid() else None
        confirm = ConfirmForm(request.POST or None)
        status = 200
        plan = merging.plan_merger(gone, stays) if stays is not None else None
        cases = plan.cases if plan else []
        is_too_large = len(cases) > MOST_CASES
        if request.method == "POST" and stays is not None:
            if confirm.is_valid() and not is_too_large:
                try:
                    merging.merge(gone, stays, request.user, **confirm.cleaned_data)
                except Refused as error:
                    confirm.add_error(None, str(error))
                else:
                    return self._merged(request, gone, stays)
            status = 409
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Merge %(name)s") % {"name": gone},
            "object": gone,
            "choice": choice,
            "confirm": confirm,
            "plan": plan,
            "cases": cases[:NAMED_CASES],
            "more_cases": max(0, len(cases) - NAMED_CASES),
            "case_count": len(cases),
            "is_too_large": is_too_large,
            "swapped": f"{self._merge_address(stays.pk)}?into={gone.pk}" if stays is not None else "",
            "media": choice.media + self.media,
        }
        return TemplateResponse(request, "admin/casestudies/merge.html", context, status=status)

    def _merged(self, request: HttpRequest, gone: Model, stays: Model) -> HttpResponse:
        told = _("“%(gone)s” is merged into “%(stays)s”. All that linked to it links to that now.")
        self.message_user(request, told % {"gone": gone, "stays": stays}, messages.SUCCESS)
        address = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return HttpResponseRedirect(reverse(address, args=[quote(stays.pk)]))


class UsesMixin:
    """A row's page says where the row is used."""

    change_form_template = "admin/casestudies/shared/change_form.html"

    def render_change_form(
        self, request: HttpRequest, context: dict, add: bool = False, change: bool = False, form_url: str = "",
        obj: Model | None = None,
    ) -> HttpResponse:  # fmt: skip
        """The form, with where its row is used, and why it is locked if it is."""
        if obj is not None and not context.get("is_popup"):
            context["casebook_uses"] = sharing.uses_of(obj)
            context["casebook_retired"] = getattr(obj, "is_retired", False)
            context["casebook_locked"] = getattr(self, "is_locked", lambda *_args: False)(request, obj)
            may_merge = hasattr(self, "merge_view") and self.has_merge_permission(request)
            context["casebook_merge"] = self._merge_address(obj.pk) if may_merge else ""
        return super().render_change_form(request, context, add, change, form_url, obj)


def is_locked(request: HttpRequest, row: Model | None) -> bool:
    """Whether somebody may not change a row because visitors see it. Asked once a request for each row."""
    if row is None or row.pk is None or request.user.has_perm(sharing.EDIT_SHARED):
        return False
    known = request.__dict__.setdefault("_casebook_locked", {})
    key = (type(row), row.pk)
    if key not in known:
        known[key] = sharing.is_shown(row)
    return known[key]


class SharedForm:
    """Refuses what would show at once, of those who may not change what visitors see. Goes before a model form."""

    user: Any = None

    def clean(self) -> dict[str, Any] | None:
        """What links a new row to a public page."""
        cleaned = super().clean()
        if self.user is None or self.user.has_perm(sharing.EDIT_SHARED) or cleaned is None:
            return cleaned
        if isinstance(self.instance, Acronym):
            self._check_cases(cleaned.get("cases"))
        body = cleaned.get("organization")
        if not isinstance(self.instance, Acronym) and isinstance(body, Organization) and sharing.is_shown(body):
            self.add_error("organization", _("Visitors see it in published cases: a reviewer changes it."))
        return cleaned

    def _check_cases(self, cases: QuerySet | None) -> None:
        if cases is None:
            return
        if not cases:
            self.add_error("cases", _("Without a case it would mean the same everywhere, also in published cases."))
        elif cases.published().exists():
            self.add_error("cases", _("A reviewer adds it to published cases."))


class SharedMixin(UsesMixin):
    """Rows that cases share: who may not change what visitors see adds rows, and changes those that nobody sees."""

    def is_locked(self, request: HttpRequest, row: Model | None) -> bool:
        """Whether the row is for others to change, because visitors see it."""
        return is_locked(request, row)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """By the role, and of a certain row by whether visitors see it."""
        return super().has_change_permission(request, obj) and not self.is_locked(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """As changing."""
        return super().has_delete_permission(request, obj) and not self.is_locked(request, obj)

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        """The form knows who fills it in."""
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (SharedForm, form), {"user": request.user, "__doc__": form.__doc__})


class SharedInline:
    """Parts of such a row, such as its other names: as the row itself."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Of a row that one may change."""
        return super().has_add_permission(request, obj) and not is_locked(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Of a row that one may change."""
        return super().has_change_permission(request, obj) and not is_locked(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Of a row that one may change."""
        return super().has_delete_permission(request, obj) and not is_locked(request, obj)


def keep_address(source: Source, former: str) -> None:
    """The address that a source leaves goes on leading to it; the one it has now leads nowhere else."""
    SourceRedirect.objects.filter(old_slug=source.slug).delete()
    SourceRedirect.objects.update_or_create(old_slug=former, defaults={"source": source})
