"""The forms behind every row of a case's tree, alone or in an inline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext as _

from ..models import Case, Component, new_key
from .messages import reworded
from .widgets import KnownMixin, bare, label_of


class CheckedForm(forms.ModelForm):
    """A model form that checks every constraint of the database and words what it finds."""

    # What the form does not show and its constraints need all the same; Django skips a constraint otherwise.
    checked_with: frozenset[str] = frozenset()

    def _get_validation_exclusions(self) -> set[str]:
        return super()._get_validation_exclusions() - self.checked_with

    def validate_unique(self) -> None:
        """Every constraint of the model, those with the parent of an inline among them, as a form error.

        Django checks an inline's rows without their parent, and so skips the constraints that name it.
        """
        super().validate_unique()
        try:
            self.instance.validate_constraints(exclude=self._get_validation_exclusions())
        except ValidationError as error:
            self._update_errors(error)

    def _update_errors(self, errors: ValidationError) -> None:
        """In our words, and each once."""
        known = {message for messages in self.errors.values() for message in messages}
        if found := reworded(errors, type(self.instance), known):
            super()._update_errors(found)


class RowForm(CheckedForm):
    """One row. A row that nobody changed is not written, so it is not checked again either."""

    checked_with = frozenset({"case"})
    is_unnumbered = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            # The fields' own first values: this form's section, and no key or position made up beforehand.
            for name in ("section", "key", "position"):
                self.initial.pop(name, None)
        elif "key" in self.fields:
            self.fields["key"].disabled = True
        for name, field in self.fields.items():
            if isinstance(bare(field.widget), KnownMixin):
                bare(field.widget).known = {str(row.pk): label_of(row) for row in self._linked(name)}
            elif offers := getattr(field, "offers", None):
                self._offer(name, field, offers)

    def _linked(self, name: str) -> list[Model]:
        """The rows that this one links to by the field, as far as they are loaded."""
        field = self.instance._meta.get_field(name)
        if field.many_to_many:
            return list(getattr(self.instance, "_prefetched_objects_cache", {}).get(name, ()))
        row = field.get_cached_value(self.instance, default=None)
        return [row] if row else []

    def _linked_values(self, name: str) -> set[int]:
        """The keys of what the row links to."""
        value = self.initial.get(name)
        if isinstance(value, list):
            return {row.pk for row in value}
        return set() if value is None else {value}

    def _offer(self, name: str, field: forms.ModelChoiceField, offers: list) -> None:
        """Choices: what is open to all, and what this row has already."""
        mine = self._linked_values(name)
        choices = [(value, label) for value, label, is_open in offers if is_open or value in mine]
        if not isinstance(field, forms.ModelMultipleChoiceField):
            choices.insert(0, ("", field.empty_label or "---------"))
        field.choices = choices

    def clean_key(self) -> str:
        """The key given, the row's own, or a new one."""
        return self.cleaned_data.get("key") or self.instance.key or new_key()

    def clean_position(self) -> int:
        """The position given, or the row's own; a new row without one comes last (see RowFormSet)."""
        position = self.cleaned_data.get("position")
        self.is_unnumbered = position is None and self.instance._state.adding
        return self.instance.position if position is None else position

    def clean(self) -> dict[str, Any] | None:
        """Nothing retired is linked anew."""
        cleaned = super().clean()
        for name in set(self.changed_data) & set(self.cleaned_data):
            value = self.cleaned_data[name]
            rows = [value] if isinstance(value, Model) else value if hasattr(value, "model") else []
            mine = self._linked_values(name)
            for row in rows:
                if getattr(row, "is_retired", False) and row.pk not in mine:
                    self.add_error(name, _("“%s” is retired: it takes no new links.") % row)
                    break
        return cleaned

    def _post_clean(self) -> None:
        if self.instance._state.adding or self.has_changed():
            super()._post_clean()


class RedirectForm(RowForm):
    """A former address of a case."""

    def clean_old_slug(self) -> str:
        """Refuses an address that a live case has."""
        slug = self.cleaned_data["old_slug"]
        if "old_slug" in self.changed_data and Case.objects.live().filter(slug=slug).exists():
            raise ValidationError(_("A case has this address now."))
        return slug


class RowFormSet(BaseInlineFormSet):
    """The rows of one kind in one form."""

    def add_fields(self, form: forms.ModelForm, index: int | None) -> None:
        """The case of a row is the one of the address; sending it back with every row would be one field more each."""
        super().add_fields(form, index)
        form.fields[self.fk.name].widget.attrs["disabled"] = True

    def kept(self) -> Iterator[forms.ModelForm]:
        """The forms that are to be stored, as far as they are valid."""
        for form in self.forms:
            is_row = form.instance.pk or form.has_changed()
            if is_row and hasattr(form, "cleaned_data") and not self._should_delete_form(form):
                yield form

    def clean(self) -> None:
        """Numbers new rows after the last one."""
        super().clean()
        last = max((getattr(row, "position", 0) for row in self.get_queryset()), default=0)
        for form in self.kept():
            if getattr(form, "is_unnumbered", False):
                last += 1
                form.instance.position = form.cleaned_data["position"] = last


class IllustrationFormSet(RowFormSet):
    """Django compares rows of one submit by unconditional constraints only; these two are conditional."""

    def clean(self) -> None:
        """Refuses a recommendation, or a sub-point, twice."""
        super().clean()
        seen = set()
        for form in self.kept():
            pair = (form.cleaned_data.get("recommendation"), form.cleaned_data.get("subpoint"))
            if pair[0] is not None and pair in seen:
                form.add_error("recommendation", _("This case illustrates it already, in a row above."))
            seen.add(pair)


class TermFormSet(RowFormSet):
    """Classifications of a case."""

    def clean(self) -> None:
        """A vocabulary of one term a case is used once in a submit."""
        super().clean()
        seen = set()
        for form in self.kept():
            term = form.cleaned_data.get("term")
            if term is None or not term.vocabulary.is_single:
                continue
            if term.vocabulary_id in seen:
                form.add_error("term", _("A case has one term of this vocabulary."))
            seen.add(term.vocabulary_id)


class ComponentFormSet(RowFormSet):
    """Components: what is part of another goes where that goes."""

    def clean(self) -> None:
        """A component with parts is deleted with all of them or not at all."""
        super().clean()
        doomed = {form.instance.pk for form in self.deleted_forms}
        for form in self.deleted_forms:
            parts = Component.objects.filter(parent_id=form.instance.pk).exclude(pk__in=doomed)
            if form.instance.pk and parts.exists():
                message = _("“%s” has parts: delete or move them first.") % form.instance
                raise ValidationError(message)

    def save(self, commit: bool = True) -> list[Component]:
        """Saves the rows; the parts of one that moved to another section move with it."""
        saved = super().save(commit=commit)
        if commit:
            for row, fields in self.changed_objects:
                if "section" in fields:
                    self._move_parts(row)
        return saved

    def _move_parts(self, row: Component) -> None:
        for part in row.children.exclude(section=row.section):
            part.section = row.section
            part.save(update_fields=["section"])
            self._move_parts(part)
