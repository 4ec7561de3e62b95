"""How values are written: numbers by the language's format, figures with their unit, notes beside their rows."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from ..choices import BudgetBand, Evidence, Qualifier, Unit
from ..models import CaseActor, EditorialNote, Figure
from ..page import CasePage, filter_query

register = template.Library()

EVIDENCE_CLASSES = {Evidence.STATED: "stated", Evidence.PART_2: "named", Evidence.EDITORIAL: "editorial"}


@register.filter
def number(value: Decimal | int | float | None) -> str:
    """A quantity, grouped and without trailing zeros: 1,886,630; 15.5. Never for years."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        value = value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()
    return number_format(value, force_grouping=True)


@register.filter
def percent(value: Decimal) -> str:
    """A share, to one decimal, with its sign."""
    return _("%(value)s%%") % {"value": number(round(value, 1))}


def qualified(text: str, qualifier: str) -> str:
    """The value with its qualifier before it: «about 2,800»."""
    if qualifier == Qualifier.EXACT:
        return text
    return pgettext("qualifier and value", "%(qualifier)s %(value)s") % {
        "qualifier": Qualifier(qualifier).label,
        "value": text,
    }


@register.filter
def figure_value(figure: Figure) -> str:
    """The number of a figure as the site writes it: «60–80», «over 4,000,000», «CHF 12,400,000»."""
    low, high = number(figure.low), number(figure.high)
    text = low if figure.low == figure.high else pgettext("range", "%(low)s–%(high)s") % {"low": low, "high": high}
    if figure.unit == Unit.MONEY:
        text = f"{figure.currency.code} {text}"
    if figure.unit in (Unit.SHARE, Unit.CHANGE):
        text = _("%(value)s%%") % {"value": text}
    return qualified(text, figure.qualifier)


@register.filter
def figure_unit(figure: Figure) -> str:
    """The unit that follows the number; empty where the number says it."""
    if figure.unit_label:
        return figure.unit_label
    return {Unit.AREA: _("km²"), Unit.PEOPLE: _("people")}.get(figure.unit, "")


def is_stated_otherwise(figure: Figure) -> bool:
    """Whether the paper writes the value in another way than the site: «about two thirds», not «68%»."""
    printed = figure.stated.casefold().replace(" per cent", "%").replace("per cent", "%").strip(" .~")
    return printed not in (figure_value(figure).casefold(), figure_value(figure).casefold().removesuffix("%"))


@register.filter
def figure_base(figure: Figure) -> str:
    """What stands under a figure, in one line: its base, place, period, and how the paper writes it."""
    details = [figure.base, figure.where, figure.period]
    if is_stated_otherwise(figure):
        details.append(_("stated as “%(stated)s”") % {"stated": figure.stated})
    return " · ".join(filter(None, details))


@register.filter
def evidence_class(value: str) -> str:
    """The class of the tag that shows an evidence level."""
    return EVIDENCE_CLASSES.get(value, "editorial")


@register.filter
def term_query(term) -> str:
    """The query string that leads from a term to its cases."""
    return filter_query(term.vocabulary.slug, term.slug)


@register.simple_tag
def notes_beside(page: CasePage, row) -> list[EditorialNote]:
    """The editorial notes that stand beside a row, or beside a field given by its name."""
    if isinstance(row, str):
        return page.notes_beside(row)
    accessor = row._meta.get_field("case").remote_field.get_accessor_name()
    return page.notes_beside(f"{accessor}/{row.key}")


@register.filter
def tier_count(count: int, qualifier: str) -> str:
    """The number of units of a tier, with its qualifier."""
    return qualified(number(count), qualifier)


@register.filter
def band_label(band: str) -> str:
    """What a budget band is called."""
    return BudgetBand(band).label


@register.filter
def short_place(place: str) -> str:
    """Several places of one part of the paper, the part named once: «Part 4.12: Overview, Implementation»."""
    parts: dict[str, list[str]] = {}
    for one in filter(None, place.split("; ")):
        part, _comma, heading = one.partition(", ")
        parts.setdefault(part.replace(" ", "\u00a0"), []).append(heading)
    return "; ".join(f"{part}: {', '.join(headings)}" for part, headings in parts.items())


@register.filter
def actor_details(actor: CaseActor) -> str:
    """What stands under an actor's name, in one line: roles, number, other names, what it belongs to."""
    body = actor.organization
    details = [", ".join(role.label for role in actor.roles.all())]
    if actor.count:
        details.append(ngettext("%(number)s body", "%(number)s bodies", actor.count) % {"number": number(actor.count)})
    details.append(body.original_name)
    names = dict.fromkeys([actor.name_stated, *(other.name for other in body.other_names.all())])
    details += [_("also “%(name)s”") % {"name": name} for name in names if name]
    if body.parent:
        details.append(_("part of %(body)s") % {"body": body.parent})
    if body.successor:
        details.append(_("succeeded by %(body)s") % {"body": body.successor})
    return " · ".join(filter(None, details))
