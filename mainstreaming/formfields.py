"""Form fields that take an unchanged value for unchanged, whatever a browser or the database made of its form."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms


class PlainTextField(forms.CharField):
    """Text with line breaks as they are stored.

    A browser sends CRLF (HTML Standard, 4.10.22.7) and the form strips the ends: without this, saving a form would
    rewrite every text in it.
    """

    def to_python(self, value: Any) -> str:
        """The text with `\\n` for every line break."""
        text = super().to_python(value)
        return text.replace("\r\n", "\n").replace("\r", "\n") if isinstance(text, str) else text

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether more than line breaks and blank ends differ."""
        return super().has_changed(self.to_python(initial), data)


class PlainDecimalField(forms.DecimalField):
    """A number shown without the zeros that the column's scale adds: 1886630, not 1886630.0000."""

    def prepare_value(self, value: Any) -> Any:
        """The value for the input."""
        if not isinstance(value, Decimal) or not value.is_finite():
            return value
        return format(value.normalize(), "f")
