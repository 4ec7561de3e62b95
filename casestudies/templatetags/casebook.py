"""How values are written: numbers by the language's format, figures with their unit, notes beside their rows."""

from __future__ import annotations

import re
from decimal import Decimal

from django import template
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from ..abbreviations import Explainer
from ..choices import BudgetBand, Evidence, Qualifier, Unit
from ..models import Acronym, CaseActor, EditorialNote, Figure
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
    value = figure_value(figure).casefold()
    return printed not in (value, value.removesuffix("%"), f"{value} {figure_unit(figure).casefold()}")


@register.filter
def figure_base(figure: Figure) -> str:
    """What stands under a figure, in one line: its base, place, period, and how the paper writes it."""
    return " · ".join(filter(None, [figure.base, figure.where, figure.period, figure_stated(figure)]))


@register.filter
def figure_stated(figure: Figure) -> str:
    """How the paper writes the value, where the site writes it otherwise; else empty."""
    return _("stated as “%(stated)s”") % {"stated": figure.stated} if is_stated_otherwise(figure) else ""


@register.filter
def is_web_address(url: str) -> bool:
    """Whether a printed address can be a link: http and https only."""
    return url.lower().startswith(("http://", "https://"))


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


PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*")


@register.simple_tag
def explain(explainer: Explainer, text: str) -> SafeString:
    """A text of one paragraph in which first uses of acronyms explain themselves; line breaks are kept.

    The meaning is a popover: pointer, finger and keyboard open it alike, without a script, and Escape closes it. On
    paper it stands in brackets.
    """
    pieces = []
    for piece in explainer.split(text.replace("\r\n", "\n")):
        if isinstance(piece, Acronym):
            pieces.append(_explained(piece, next(explainer.numbers)))
        else:
            pieces.append(escape(piece).replace("\n", "<br>"))
    return mark_safe("".join(pieces))  # noqa: S308 (every piece is escaped above)


@register.simple_tag
def explain_paragraphs(explainer: Explainer, text: str) -> SafeString:
    """A text whose paragraphs stand apart by an empty line, as HTML paragraphs, acronyms explained."""
    found = PARAGRAPHS.split(text.replace("\r\n", "\n").strip())
    return format_html_join("\n\n", "<p>{}</p>", ((explain(explainer, one),) for one in found if one))


@register.simple_tag
def new_section(explainer: Explainer) -> str:
    """A section begins: acronyms are explained again. Prints nothing."""
    explainer.restart()
    return ""


def _explained(entry: Acronym, number: int) -> SafeString:
    return format_html(
        '<button type="button" class="abbr" popovertarget="abbr-{number}"><abbr>{acronym}</abbr></button>'
        '<span class="abbr__meaning" id="abbr-{number}" popover>{meaning}{original} <a href="{url}">{label}</a></span>',
        number=number,
        acronym=entry.acronym,
        meaning=entry.meaning,
        original=format_html(" (<i>{}</i>)", entry.original_meaning) if entry.original_meaning else "",
        url=f"{reverse('glossary')}?letter={entry.sort_key[:1]}#{entry.slug}",
        label=_("Glossary"),
    )
