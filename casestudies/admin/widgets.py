"""Autocomplete that asks the database nothing for what the page has loaded already."""

from __future__ import annotations

from typing import Any

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
