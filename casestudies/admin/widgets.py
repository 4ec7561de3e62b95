"""Autocomplete that asks the database nothing for what the page has loaded already."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple, RelatedFieldWidgetWrapper
from django.db.models import Model
from django.forms import Widget
from django.utils.translation import gettext as _


def label_of(row: Model) -> str:
    """How a linked row reads in a form: marked where it is retired."""
    return _("%s (retired)") % row if getattr(row, "is_retired", False) else str(row)


def bare(widget: Widget) -> Widget:
    """The widget itself, out of the admin's wrapper with its “add” and “change” links."""
    return widget.widget if isinstance(widget, RelatedFieldWidgetWrapper) else widget


class TermWrapper(RelatedFieldWidgetWrapper):
    """The links beside a field of terms; “add” opens with the field's own vocabulary chosen."""

    vocabulary = ""

    @classmethod
    def of(cls, wrapper: RelatedFieldWidgetWrapper, vocabulary: str) -> TermWrapper:
        """A wrapper like `wrapper`, for the vocabulary of that slug."""
        made = cls(
            wrapper.widget,
            wrapper.rel,
            wrapper.admin_site,
            can_add_related=wrapper.can_add_related,
            can_change_related=wrapper.can_change_related,
            can_delete_related=wrapper.can_delete_related,
            can_view_related=wrapper.can_view_related,
        )
        made.vocabulary = vocabulary
        return made

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """As Django's, with the vocabulary among the parameters of the links."""
        context = super().get_context(name, value, attrs)
        context["url_params"] = f"{context['url_params']}&{urlencode({'vocabulary__slug': self.vocabulary})}"
        return context


class KnownMixin:
    """Takes the labels of selected values from `known`, by the value as text; asks only where one is missing.

    Django's own widget sends one query for each field of each row of a form.
    """

    known: dict[str, str] = {}

    def optgroups(self, name: str, value: list[str], attr: dict[str, Any] | None = None) -> list:
        """The selected options (ChoiceWidget.optgroups)."""
        selected = [text for text in map(str, value) if text not in ("", "None")]
        if not all(text in self.known for text in selected):
            return super().optgroups(name, value, attr)
        options = [] if self.is_required or self.allow_multiple_selected else [("", "")]
        options += [(text, self.known[text]) for text in selected]
        rows = [
            self.create_option(name, text, label, text in selected, index)
            for index, (text, label) in enumerate(options)
        ]
        return [(None, rows, 0)]


class KnownAutocomplete(KnownMixin, AutocompleteSelect):
    """One linked row."""


class KnownAutocompleteMultiple(KnownMixin, AutocompleteSelectMultiple):
    """Several linked rows."""
