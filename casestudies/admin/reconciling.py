"""What one person typed laid over what another saved: the form to send again, and what differs, field by field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db import models
from django.forms.models import BaseInlineFormSet
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from ..collection.schema import Fields, label_of
from ..collection.trees import ROOT, Targets, is_inside, key_text, own_fields, part_key, parts_of
from ..newsroom.differences import row_name, shown
from ..newsroom.history import State
from .widgets import bare

ADDED, REMOVED, CHANGED, KEPT = "added", "removed", "changed", "kept"
MOST_FORMS = 1000
UNKNOWN = object()


@dataclass(frozen=True)
class Shown:
    """A row's form and the formsets of its parts, each with its inline; not filled in."""

    row: models.Model
    form: forms.ModelForm
    formsets: list[tuple[Any, BaseInlineFormSet]]


@dataclass(frozen=True)
class Cell:
    """One field: how it was when the form was opened, how it is saved now, what the person typed there, if anything."""

    label: str
    opened: str
    saved: str
    typed: str
    is_typed: bool


@dataclass
class ClashRow:
    """One row in which something differs. `change`: what others did to it; KEPT: typed, and gone meanwhile.

    `anchor` is where on the page the row stands in the form; empty where it does not.
    """

    change: str
    kind: str
    name: str
    cells: list[Cell] = field(default_factory=list)
    is_doomed: bool = False
    anchor: str = ""


def as_sent(form: forms.BaseForm, name: str) -> list[str]:
    """What a browser sends of a field that nobody touches."""
    value, widget = form[name].value(), bare(form.fields[name].widget)
    if isinstance(widget, forms.CheckboxInput):
        return ["on"] if value else []
    text = widget.format_value(value)
    if text is None:
        return [""]
    return [str(each) for each in text] if isinstance(text, list | tuple | set) else [str(text)]


def readable(field: forms.Field, value: Any) -> str:
    """What somebody typed or chose, as people read it."""
    if isinstance(field, forms.ModelChoiceField):
        values = value if isinstance(value, list | tuple) else [value]
        pks = [int(each) for each in values if str(each).isdecimal() and len(str(each)) < 18]
        return "; ".join(sorted(str(row) for row in field.queryset.model._base_manager.filter(pk__in=pks)))
    if isinstance(field, forms.BooleanField):
        return _("yes") if field.to_python(value) else _("no")
    if isinstance(field, forms.ChoiceField):
        return str(dict(field.choices).get(value, value or ""))
    return "" if value is None else str(value)


def number(sent: QueryDict, name: str) -> int:
    """A whole number that was sent; 0 for anything else."""
    text = sent.get(name, "")
    return min(int(text), MOST_FORMS) if text.isascii() and text.isdecimal() and len(text) < 6 else 0


class Merge:
    """What was sent of a form, laid over the state of now.

    A field in which the person typed keeps what they typed; every other one takes the newer value. A row that is gone
    and was typed in becomes a new row; one that others added is there. `base` is the state that the form was opened
    with: without it all that differs from now counts as typed.
    """

    def __init__(self, shown: Shown, sent: QueryDict, base: State | None, now: State | None) -> None:
        self.shown, self.sent, self.base, self.now = shown, sent, base, now
        self.root = label_of(type(shown.row))
        self.data = QueryDict(mutable=True)
        self.rows: list[ClashRow] = []
        self._pks: dict[str, dict[str, int]] = {}
        self._of_base, self._of_now = self.view(base), self.view(now)
        self._merge()

    # -- States

    def view(self, state: State | None) -> dict[str, dict[str, Fields]]:
        """What the form shows of a state."""
        if state is None:
            return {}
        own = state.tree.get(self.root, {}).get(ROOT, {})
        found = {self.root: {ROOT: {name: own[name] for name in self.shown.form.fields if name in own}}}
        for inline, formset in self.shown.formsets:
            label = label_of(formset.model)
            shows = getattr(inline, "shows", None)
            rows = state.tree.get(label, {})
            found[label] = {key: row for key, row in rows.items() if shows is None or shows(row)}
        return found

    def _pk(self, field: models.Field, key: list, targets: Targets) -> Any:
        label = label_of(field.related_model)
        if not is_inside(self.root, field):
            target = targets.get(label, {}).get(key_text(key))
            return target.pk if target else UNKNOWN
        if label not in self._pks:
            rows = field.related_model._base_manager.filter(**{parts_of(self.root)[label]: self.shown.row.pk})
            self._pks[label] = {part_key(row): row.pk for row in rows}
        return self._pks[label].get(key[0], UNKNOWN)

    def _initial(self, label: str, name: str, values: Fields) -> Any:
        """The value of a field in the base as a form begins with it; UNKNOWN where it leads to what is gone."""
        field, value = own_fields(self.root, label)[name], values.get(name)
        if field.many_to_many:
            return [self._pk(field, key, self.base.targets) for key in value or ()]
        if field.is_relation:
            return None if value is None else self._pk(field, value, self.base.targets)
        return field.to_python(value)

    def _known(self, label: str) -> dict[str, models.Field]:
        return own_fields(self.root, label) if self.now is not None else {}

    # -- One form

    def _sent_value(self, form: forms.BaseForm, name: str, prefix: str) -> Any:
        """What was sent of a field; UNKNOWN where nothing was, which a box that is not ticked is not."""
        widget, sent_name = form.fields[name].widget, f"{prefix}-{name}" if prefix else name
        if form.fields[name].disabled or widget.value_omitted_from_data(self.sent, {}, sent_name):
            return UNKNOWN
        return widget.value_from_datadict(self.sent, {}, sent_name)

    def _is_typed(self, form: forms.BaseForm, label: str, name: str, prefix: str, values: Fields | None) -> bool:
        """Whether the person changed a field; against the form's own first value where the base is not known."""
        value = self._sent_value(form, name, prefix)
        if value is UNKNOWN:
            return False
        initial = form.get_initial_for_field(form.fields[name], name)
        if values is not None and name in self._known(label):
            initial = self._initial(label, name, values)
            if initial is UNKNOWN:
                # It led to what is gone: nobody chose that, nor anything else.
                return bool(value) and self._leads_somewhere(form.fields[name], value)
            if isinstance(initial, list) and UNKNOWN in initial:
                initial = [each for each in initial if each is not UNKNOWN]
                value = [each for each in value if self._leads_somewhere(form.fields[name], each)]
        return form.fields[name].has_changed(initial, value)

    @staticmethod
    def _leads_somewhere(field: forms.Field, value: Any) -> bool:
        return readable(field, value) != ""

    def _names(self, form: forms.BaseForm, formset: BaseInlineFormSet | None) -> list[str]:
        own = {formset.model._meta.pk.name, formset.fk.name, "DELETE"} if formset is not None else set()
        return [name for name in form.fields if name not in own]

    def _copy(self, sent_name: str, name: str) -> None:
        for suffix in ("", "_0", "_1"):
            if f"{sent_name}{suffix}" in self.sent:
                self.data.setlist(f"{name}{suffix}", self.sent.getlist(f"{sent_name}{suffix}"))

    def _lay(
        self, form: forms.BaseForm, label: str, key: str | None, prefix: str | None, formset: BaseInlineFormSet | None,
        *, is_new: bool = False,
    ) -> list[Cell]:  # fmt: skip
        """Lays what was sent under `prefix` over a form of now; None: nothing was sent. Returns what differs.

        `is_new`: what was sent was typed as a new row, and there is place for one only.
        """
        base = self._of_base.get(label, {}).get(key)
        now = self._of_now.get(label, {}).get(key)
        blank = formset.empty_form if is_new else form
        cells = []
        for name in self._names(form, formset):
            target = form.add_prefix(name)
            is_typed = prefix is not None and self._is_typed(blank, label, name, prefix, None if is_new else base)
            if is_typed:
                self._copy(f"{prefix}-{name}" if prefix else name, target)
            elif not is_new:
                self.data.setlist(target, as_sent(form, name))
            cell = self._cell(form, label, name, prefix, is_typed, base, now)
            differs = base is not None and now is not None and base.get(name) != now.get(name)
            if differs or (is_typed and base is None) or (prefix is None and base is None and cell.saved):
                cells.append(cell)
        return cells

    def _cell(
        self, form: forms.BaseForm, label: str, name: str, prefix: str | None, is_typed: bool, base: Fields | None,
        now: Fields | None,
    ) -> Cell:  # fmt: skip
        model_field = self._known(label).get(name)
        form_field = form.fields[name]
        opened = shown(self.root, model_field, base.get(name), self.base) if base is not None and model_field else ""
        if now is not None and model_field is not None:
            saved = shown(self.root, model_field, now.get(name), self.now)
        else:
            saved = readable(form_field, form[name].value()) if form.instance.pk else ""
        typed = readable(form_field, self._sent_value(form, name, prefix or "")) if is_typed else ""
        return Cell(capfirst(form_field.label or name), opened, saved, typed, is_typed)

    # -- All of them

    def _merge(self) -> None:
        for name in self.sent:
            if name.startswith("_") or name == "csrfmiddlewaretoken":
                self.data.setlist(name, self.sent.getlist(name))
        cells = self._lay(self.shown.form, self.root, ROOT, "", None)
        if cells:
            meta = self.shown.row._meta
            self.rows.append(ClashRow(CHANGED, capfirst(meta.verbose_name), str(self.shown.row), cells))
        for _inline, formset in self.shown.formsets:
            self._merge_rows(formset)

    def _merge_rows(self, formset: BaseInlineFormSet) -> None:
        prefix, label = formset.prefix, label_of(formset.model)
        pk_name = formset.model._meta.pk.name
        total, initial = number(self.sent, f"{prefix}-TOTAL_FORMS"), number(self.sent, f"{prefix}-INITIAL_FORMS")
        sent_as = {self.sent.get(f"{prefix}-{i}-{pk_name}", ""): i for i in range(min(total, initial))}
        for form in formset.initial_forms:
            index = sent_as.pop(str(form.instance.pk), None)
            self._merge_row(formset, form, label, index)
        # What is left was sent of rows that are gone; then what was typed as new rows.
        new = list(self._gone(formset, label, sorted(sent_as.values())))
        new += [(index, "", None) for index in range(initial, total)]
        place = len(formset.initial_forms)
        for index, key, told in new:
            if place and place >= formset.max_num:
                self._lay_over_only(formset, label, index)
                continue
            self._copy_row(prefix, index, place, pk_name, key)
            if told is not None:
                told.anchor = f"{prefix}-{place}"
            place += 1
        for name in ("MIN_NUM_FORMS", "MAX_NUM_FORMS"):
            self._copy(f"{prefix}-{name}", f"{prefix}-{name}")
        self.data[f"{prefix}-INITIAL_FORMS"] = str(len(formset.initial_forms))
        self.data[f"{prefix}-TOTAL_FORMS"] = str(place)

    def _merge_row(self, formset: BaseInlineFormSet, form: forms.ModelForm, label: str, index: int | None) -> None:
        prefix, key = formset.prefix, part_key(form.instance) if self.now is not None else None
        for name in {formset.model._meta.pk.name, formset.fk.name} & form.fields.keys():
            self.data.setlist(form.add_prefix(name), as_sent(form, name))
        sent = None if index is None else f"{prefix}-{index}"
        cells = self._lay(form, label, key, sent, formset)
        is_doomed = sent is not None and bool(self.sent.get(f"{sent}-DELETE"))
        if is_doomed:
            self.data[form.add_prefix("DELETE")] = "on"
        if cells or index is None:
            change = ADDED if index is None else CHANGED
            kind, name = self._kind(formset), str(form.instance)
            self.rows.append(ClashRow(change, kind, name, cells, is_doomed, form.prefix))

    def _kind(self, formset: BaseInlineFormSet) -> str:
        return capfirst(formset.model._meta.verbose_name)

    def _gone(self, formset: BaseInlineFormSet, label: str, indexes: list[int]) -> Iterator[tuple[int, str, ClashRow]]:
        """Of the rows that are gone those in which something was typed, each with the key that it had, if it is free.

        Which row a form was of is told by what is the same in both: keys are not sent.
        """
        there = self._of_now.get(label, {})
        lost = {key: row for key, row in self._of_base.get(label, {}).items() if key not in there}
        blank = formset.empty_form
        taken = self.now.tree.get(label, {}) if self.now is not None else {}
        for index in indexes:
            sent = f"{formset.prefix}-{index}"
            names = self._names(blank, formset)
            typed = {
                key: [name for name in names if name != "key" and self._is_typed(blank, label, name, sent, values)]
                for key, values in lost.items()
            }
            key = min(typed, key=lambda each: len(typed[each]), default="")
            values = lost.pop(key, None)
            is_doomed = bool(self.sent.get(f"{sent}-DELETE"))
            is_kept = not is_doomed and (values is None or bool(typed[key]))
            cells = [
                self._cell(blank, label, name, sent, name in typed.get(key, names), values, None)
                for name in names
                if name != "key" and (values is None or name in typed[key] or not typed[key])
            ]
            cells = [cell for cell in cells if cell.opened or cell.typed]
            name = row_name(self.root, label, key, self.base) if values is not None else ""
            told = ClashRow(KEPT if is_kept else REMOVED, self._kind(formset), name, cells, is_doomed)
            self.rows.append(told)
            if is_kept:
                yield index, key if key not in taken else "", told

    def _lay_over_only(self, formset: BaseInlineFormSet, label: str, index: int) -> None:
        """Both added the one row that there can be: what was typed lies over what the other saved."""
        form = formset.initial_forms[0]
        key = part_key(form.instance) if self.now is not None else None
        sent = f"{formset.prefix}-{index}"
        cells = self._lay(form, label, key, sent, formset, is_new=True)
        if any(cell.is_typed for cell in cells):
            self.rows = [row for row in self.rows if row.change != ADDED or row.kind != self._kind(formset)]
            self.rows.append(ClashRow(ADDED, self._kind(formset), str(form.instance), cells, anchor=form.prefix))

    def _copy_row(self, prefix: str, index: int, place: int, pk_name: str, key: str) -> None:
        start = f"{prefix}-{index}-"
        for name in self.sent:
            if name.startswith(start):
                self.data.setlist(f"{prefix}-{place}-{name.removeprefix(start)}", self.sent.getlist(name))
        self.data[f"{prefix}-{place}-{pk_name}"] = ""
        if key:
            self.data[f"{prefix}-{place}-key"] = key


# -- What can no longer be saved


@dataclass(frozen=True)
class KeptRow:
    """What was sent of one row: what kind it is of, and its fields that are not empty, each with its label."""

    kind: str
    texts: tuple[tuple[str, str], ...]
    is_doomed: bool = False


def kept_texts(model: type[models.Model], form: Any, formsets: Any, sent: QueryDict) -> list[KeptRow]:
    """All that was sent of a form whose row is gone, as text."""
    found = [_kept_row(capfirst(model._meta.verbose_name), form.base_fields, "", sent, ())]
    for formset, _inline in formsets:
        prefix, kind = formset.get_default_prefix(), capfirst(formset.model._meta.verbose_name)
        own = (formset.model._meta.pk.name, formset.fk.name)
        for index in range(number(sent, f"{prefix}-TOTAL_FORMS")):
            found.append(_kept_row(kind, formset.form.base_fields, f"{prefix}-{index}-", sent, own))
    return [row for row in found if row.texts]


def _kept_row(kind: str, fields: dict[str, forms.Field], start: str, sent: QueryDict, own: tuple[str, ...]) -> KeptRow:
    texts = []
    for name, each in fields.items():
        if name in own or each.widget.value_omitted_from_data(sent, {}, f"{start}{name}"):
            continue
        value = each.widget.value_from_datadict(sent, {}, f"{start}{name}")
        is_empty_box = isinstance(each, forms.BooleanField) and not value
        text = "" if is_empty_box else readable(each, value)
        if text:
            texts.append((str(capfirst(each.label or name)), text))
    return KeptRow(kind, tuple(texts), bool(start) and bool(sent.get(f"{start}DELETE")))
