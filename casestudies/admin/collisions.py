"""Two people at once: no save goes over what somebody else saved in between, and nothing typed is lost.

Each form carries what it was opened with: the version of the row, the last entry of its history, and a checksum of all
that the form shows. A form whose checksum is still that of the database is saved as usual, whatever others saved
elsewhere in the same case. Otherwise nothing is saved, and the form comes back: what the person typed lies over what is
saved now, and a panel above tells, field by field, how it was, how it is, and what was typed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.admin.options import TO_FIELD_VAR
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from ..choices import EditAction
from ..collection.schema import collection_models, label_of, normal
from ..collection.trees import roots
from ..models import Case, HistoryEntry
from ..newsroom import history
from .reconciling import Merge, Shown, kept_texts

#: The hidden field of every form.
OPENED = "_opened"
PATTERN = re.compile(r"([0-9]{1,9})\.([0-9]{1,18})\.([0-9a-f]{32})\Z")
#: Of how many saves since then the panel tells at most.
MOST_SAVES = 50


@dataclass(frozen=True)
class Opened:
    """What a form was opened with: version (0: it has none), last entry of the history (0: none), checksum."""

    version: int
    entry: int
    digest: str

    def __str__(self) -> str:
        return f"{self.version}.{self.entry}.{self.digest}"

    @classmethod
    def read(cls, text: str) -> Opened | None:
        """The value of the hidden field; None for anything else."""
        found = PATTERN.match(text)
        return cls(int(found[1]), int(found[2]), found[3]) if found else None


@dataclass(frozen=True)
class Collision:
    """A save that was refused: what others saved, what differs, and the form to send again."""

    saves: list[HistoryEntry]
    # Something changed that the history does not tell of.
    is_past: bool
    # What the form was opened with is not known: what is typed is held against what is saved alone.
    is_blind: bool
    rows: list[Any]
    data: QueryDict


def digest_of(shown: Shown) -> str:
    """The same as long as all that forms show is the same; of forms that are not filled in."""
    rows = [_values(shown.form, None)]
    for _inline, formset in shown.formsets:
        rows.append([_values(form, form.instance.pk) for form in formset.initial_forms])
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()[:32]


def _values(form: forms.ModelForm, pk: int | None) -> list:
    return [pk, *([name, _value(form.initial.get(name))] for name in sorted(form.fields))]


def _value(value: Any) -> Any:
    if isinstance(value, list | tuple | models.QuerySet):
        return sorted(str(getattr(each, "pk", each)) for each in value)
    return str(normal(getattr(value, "pk", value)))


class CollisionMixin:
    """Refuses to save a form over what somebody else saved after it was opened."""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        """Django's form page; a save that would go over a newer one is refused with 409 and shows both."""
        if request.method != "POST" or object_id is None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        # One transaction with the save: nobody comes between.
        with transaction.atomic():
            row = self._locked(request, object_id)
            if row is None or not self.has_change_permission(request, row):
                kept = self._kept(request, unquote(object_id), row)
                return kept or super().changeform_view(request, object_id, form_url, extra_context)
            request.casebook_opened, collision = self._compare(request, row)
            if collision is None:
                return super().changeform_view(request, object_id, form_url, extra_context)
            request.POST, request.casebook_collision = collision.data, collision
            response = super().changeform_view(request, object_id, form_url, extra_context)
            response.status_code = 409
            return response

    def _locked(self, request: HttpRequest, object_id: str) -> models.Model | None:
        field = request.POST.get(TO_FIELD_VAR, request.GET.get(TO_FIELD_VAR))
        field = field if field and self.to_field_allowed(request, field) else None
        row = self.get_object(request, unquote(object_id), field)
        if row is not None:
            rows = self.model._base_manager.select_for_update().filter(pk=row.pk)
            rows.order_by("pk").values_list("pk", flat=True).first()
            row = self.get_object(request, unquote(object_id), field)
        return row

    def _shown(self, request: HttpRequest, row: models.Model) -> Shown:
        """The form with its rows as the database has them, not filled in."""
        fields = flatten_fieldsets(self.get_fieldsets(request, row))
        form = self.get_form(request, row, change=True, fields=fields)(instance=row)
        formsets, seen = [], {}
        for each, inline in self.get_formsets_with_inlines(request, row):
            prefix = each.get_default_prefix()
            seen[prefix] = seen.get(prefix, 0) + 1
            prefix = prefix if seen[prefix] == 1 else f"{prefix}-{seen[prefix]}"
            formsets.append((inline, each(instance=row, prefix=prefix, queryset=inline.get_queryset(request))))
        return Shown(row, form, formsets)

    def _opened(self, shown: Shown) -> Opened:
        version = shown.row.version if isinstance(shown.row, Case) else 0
        return Opened(version, _last_entry(shown.row), digest_of(shown))

    def _compare(self, request: HttpRequest, row: models.Model) -> tuple[Opened, Collision | None]:
        """What the form would be opened with now, and whether that is not what it was opened with."""
        shown = self._shown(request, row)
        now, then = self._opened(shown), Opened.read(request.POST.get(OPENED, ""))
        if then is not None and then.digest == now.digest:
            return now, None
        entry = _base(row, then)
        is_told = _has_history(row)
        state = history.current_state(row) if is_told else None
        merge = Merge(shown, request.POST, history.state_of(entry) if entry else None, state)
        merge.data[OPENED] = str(now)
        saves, is_past = _saves(row, entry, merge)
        return now, Collision(saves, is_past, entry is None, merge.rows, merge.data)

    def get_form(
        self, request: HttpRequest, obj: models.Model | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Django's form; one that is not to be saved now is never valid."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if getattr(request, "casebook_collision", None) is None:
            return form
        return type(form.__name__, (_Refused, form), {"Meta": getattr(form, "Meta", object)})

    def render_change_form(
        self, request: HttpRequest, context: dict, add: bool = False, change: bool = False, form_url: str = "",
        obj: models.Model | None = None,
    ) -> HttpResponse:  # fmt: skip
        """With what the form was opened with; after a refusal with what others saved."""
        if change and obj is not None and self.has_change_permission(request, obj):
            opened = getattr(request, "casebook_opened", None)
            if opened is None:
                formsets = [(each.opts, each.formset) for each in context["inline_admin_formsets"]]
                opened = self._opened(Shown(obj, context["adminform"].form, formsets))
            context["casebook_opened_name"], context["casebook_opened"] = OPENED, str(opened)
            context["casebook_collision"] = getattr(request, "casebook_collision", None)
            context["casebook_history"] = _history_name(self.opts)
        return super().render_change_form(request, context, add, change, form_url, obj)

    # -- What can no longer be saved

    def _kept(self, request: HttpRequest, object_id: str, row: models.Model | None) -> HttpResponse | None:
        """What was typed, as text to copy, where the row is gone or is not open to changes any more.

        None where the person may not change such rows at all, or sent nothing.
        """
        is_seen = row is None or self.has_view_or_change_permission(request, row)
        if not self.has_change_permission(request) or not is_seen or OPENED not in request.POST:
            return None
        try:
            pk = self.opts.pk.to_python(object_id)
        except ValidationError:
            return None
        # Stands for the row as it was: its forms tell what the fields are called.
        former = self.model(pk=pk)
        fields = flatten_fieldsets(self.get_fieldsets(request, former))
        form = self.get_form(request, former, change=True, fields=fields)
        formsets = self.get_formsets_with_inlines(request, former)
        label = label_of(self.model)
        last = HistoryEntry.objects.filter(model=label, object_id=pk).defer("content").order_by("-pk").first()
        there = row or (last and self.model._base_manager.filter(pk=last.of_id).first())
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("This could not be saved"),
            "row": row,
            "last": last,
            "there": there,
            "there_url": reverse(f"{name}_change", args=[there.pk]) if there else "",
            "typed": kept_texts(self.model, form, formsets, request.POST),
        }
        return TemplateResponse(request, "admin/casestudies/kept.html", context, status=409)


class _Refused:
    """A form that came too late."""

    def clean(self) -> Any:
        super().clean()
        raise ValidationError(_("Not saved: somebody else has saved in the meantime."))


def _has_history(row: models.Model) -> bool:
    return label_of(type(row)) in collection_models() and label_of(type(row)) in roots()


def _history_name(opts: Any) -> str:
    name = f"admin:{opts.app_label}_{opts.model_name}_history_entry"
    try:
        reverse(name, args=[0, 0])
    except NoReverseMatch:
        return ""
    return name


def _last_entry(row: models.Model) -> int:
    if not _has_history(row):
        return 0
    entries = HistoryEntry.objects.filter(model=label_of(type(row)), object_id=row.pk)
    return entries.order_by("-pk").values_list("pk", flat=True).first() or 0


def _base(row: models.Model, then: Opened | None) -> HistoryEntry | None:
    """The entry with the state that a form was opened with; None where the history does not have it."""
    if then is None or not _has_history(row):
        return None
    entries = HistoryEntry.objects.filter(model=label_of(type(row)), object_id=row.pk)
    following = entries.filter(pk__gt=then.entry).order_by("pk").first()
    if following is not None and following.action == EditAction.FOUND:
        # What was there before the next save, and no entry told of.
        entry = following
    else:
        entry = entries.filter(pk=then.entry).first()
    is_known = entry is not None and (not isinstance(row, Case) or entry.version == then.version)
    return entry if is_known else None


def _saves(row: models.Model, base: HistoryEntry | None, merge: Merge) -> tuple[list[HistoryEntry], bool]:
    """The entries since that changed what the form shows, the oldest first, and whether that is not all."""
    if base is None:
        return [], False
    entries = HistoryEntry.objects.filter(model=base.model, object_id=row.pk, pk__gt=base.pk).order_by("pk")
    found: list[HistoryEntry] = []
    before = merge.view(merge.base)
    for entry in entries[:MOST_SAVES]:
        after = merge.view(history.state_of(entry))
        if after != before:
            found.append(entry)
        before = after
    return found, before != merge.view(merge.now)


__all__: Iterable[str] = ["OPENED", "Collision", "CollisionMixin", "Opened", "digest_of"]
