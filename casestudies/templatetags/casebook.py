"""What templates need: values as `writing` writes them, acronyms that explain themselves, notes beside their rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from django import template
from django.urls import reverse
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .. import writing
from ..abbreviations import Explainer
from ..choices import BudgetBand, Evidence
from ..comparison import Row, Value
from ..matrix import Head, Line, Mark
from ..models import Acronym, Case, CaseActor, EditorialNote
from ..page import CasePage, filter_query
from ..selection import Selection
from ..showing import Showing
from ..writing import number, qualified

register = template.Library()

EVIDENCE_CLASSES = {Evidence.STATED: "stated", Evidence.PART_2: "named", Evidence.EDITORIAL: "editorial"}


for _written in (writing.number, writing.percent, writing.figure_value, writing.figure_unit, writing.figure_base,
                 writing.figure_stated):  # fmt: skip
    register.filter(_written.__name__, _written)


@register.filter
def beside(row: Row, cases: Sequence[Case]) -> list[tuple[Sequence[Value], Case]]:
    """The cells of a row of a comparison, each with its case."""
    return list(zip(row.cells, cases, strict=True))


@register.filter
def marks(line: Line, heads: Sequence[Head]) -> list[tuple[Mark | None, Head]]:
    """The cells of a row of the matrix, each with its column."""
    return list(zip(line.cells, heads, strict=True))


@register.simple_tag
def compare_link(showing: Showing, selection: Selection, case: Case) -> dict[str, object]:
    """The address of the same list with a case chosen for comparison, or no longer; and whether it is chosen."""
    query = showing.comparing(case.slug).query(selection)
    return {"query": query or "?", "is_chosen": case.slug in showing.compare}


@register.simple_tag
def no_comparison(showing: Showing, selection: Selection) -> str:
    """The address of the same list with no case chosen for comparison."""
    return replace(showing, compare=()).query(selection) or "?"


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
