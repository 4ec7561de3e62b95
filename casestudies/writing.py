"""How values are written: numbers by the language's format, money with its currency, figures with their unit."""

from __future__ import annotations

from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from .choices import Qualifier, Unit
from .models import Currency, Figure


def number(value: Decimal | int | float | None) -> str:
    """A quantity, grouped and without trailing zeros: 1,886,630; 15.5. Never for years."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        value = value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()
    return number_format(value, force_grouping=True)


def percent(value: Decimal) -> str:
    """A share, to one decimal, with its sign."""
    return _("%(value)s%%") % {"value": number(round(value, 1))}


def money(amount: Decimal, currency: Currency | None) -> str:
    """A sum in its own currency: «CHF 12,400,000»."""
    return f"{currency.code} {number(amount)}" if currency else number(amount)


def qualified(text: str, qualifier: str) -> str:
    """The value with its qualifier before it: «about 2,800»."""
    if qualifier == Qualifier.EXACT:
        return text
    return pgettext("qualifier and value", "%(qualifier)s %(value)s") % {
        "qualifier": Qualifier(qualifier).label,
        "value": text,
    }


def figure_value(figure: Figure) -> str:
    """The number of a figure as the site writes it: «60–80», «over 4,000,000», «CHF 12,400,000»."""
    low, high = number(figure.low), number(figure.high)
    text = low if figure.low == figure.high else pgettext("range", "%(low)s–%(high)s") % {"low": low, "high": high}
    if figure.unit == Unit.MONEY:
        text = f"{figure.currency.code} {text}"
    if figure.unit in (Unit.SHARE, Unit.CHANGE):
        text = _("%(value)s%%") % {"value": text}
    return qualified(text, figure.qualifier)


def figure_unit(figure: Figure) -> str:
    """The unit that follows the number; empty where the number says it."""
    if figure.unit_label:
        return figure.unit_label
    return {Unit.AREA: _("km²"), Unit.PEOPLE: _("people")}.get(figure.unit, "")


def is_stated_otherwise(figure: Figure) -> bool:
    """Whether the paper writes the value in another way than the site: «about two thirds», not «68%»."""
    printed = figure.stated.casefold().replace(" per cent", "%").replace("per cent", "%").strip(" .~")
    value = figure_value(figure).casefold()
    return printed not in (value, value.removesuffix("%"), f"{value} {figure_unit(figure).casefold()}")


def figure_base(figure: Figure) -> str:
    """What stands under a figure, in one line: its base, place, period, and how the paper writes it."""
    return " · ".join(filter(None, [figure.base, figure.where, figure.period, figure_stated(figure)]))


def figure_stated(figure: Figure) -> str:
    """How the paper writes the value, where the site writes it otherwise; else empty."""
    return _("stated as “%(stated)s”") % {"stated": figure.stated} if is_stated_otherwise(figure) else ""
