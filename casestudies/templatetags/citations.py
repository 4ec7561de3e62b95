"""How a page says how it is cited: to readers, to Zotero, to search engines."""

from __future__ import annotations

import json
from typing import Any

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from ..changes import data_version
from ..citations import FORMATS, Reference, author_date, highwire, json_ld, numbered, of_case, of_release, of_selection
from ..models import Case, Release
from ..selection import Selection

register = template.Library()

# What could end a script element or begin a comment in it; JSON reads the escapes as the letters.
ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def _reference(context: dict[str, Any], case: Case) -> Reference:
    return of_case(case, context["site_url"], data_version(), timezone.localdate())


def _shown(reference: Reference, formats: list[tuple[str, str]]) -> dict[str, Any]:
    return {"author_date": author_date(reference), "numbered": numbered(reference), "formats": formats}


@register.inclusion_tag("casestudies/includes/cite.html", takes_context=True)
def cite_case(context: dict[str, Any], case: Case) -> dict[str, Any]:
    """«Cite this case»: texts to copy and files."""
    formats = [(f.name, reverse("case-cite", args=[case.slug, form])) for form, f in FORMATS.items()]
    return _shown(_reference(context, case), formats)


@register.inclusion_tag("casestudies/includes/cite.html", takes_context=True)
def cite_selection(context: dict[str, Any], selection: Selection) -> dict[str, Any]:
    """«Cite these cases»: texts to copy, files, and a reference for each case."""
    query, url = selection.query(), reverse("cases")
    reference = of_selection(selection, url, context["site_url"], data_version(), timezone.localdate())
    formats = [(f.name, f"{reverse('cases-cite', args=[form])}{query}") for form, f in FORMATS.items()]
    each = [(f.name, f"{reverse('cases-references', args=[form])}{query}") for form, f in FORMATS.items()]
    return {**_shown(reference, formats), "each": each, "is_narrowed": selection.is_narrowed, "is_list": True}


@register.inclusion_tag("casestudies/includes/cite_texts.html", takes_context=True)
def cite_release(context: dict[str, Any], release: Release) -> dict[str, Any]:
    """How a release is cited: texts to copy."""
    return _shown(of_release(release, context["site_url"], timezone.localdate()), [])


@register.simple_tag(takes_context=True)
def citation_tags(context: dict[str, Any], case: Case) -> SafeString:
    """What the head of a case's page says to Zotero and to search engines. The script element holds data, no script."""
    reference = _reference(context, case)
    data = json.dumps(json_ld(reference, case, context["site_url"]), ensure_ascii=False).translate(ESCAPES)
    metas = format_html_join("\n  ", '<meta name="{}" content="{}">', highwire(reference))
    links = format_html_join(
        "\n  ",
        '<link rel="alternate" type="{}" href="{}" title="{}">',
        (
            (f.media_type.partition(";")[0], reverse("case-cite", args=[case.slug, form]), f.name)
            for form, f in FORMATS.items()
        ),
    )
    block = '<script type="application/ld+json">{}</script>'
    return format_html("{}\n  {}\n  " + block, metas, links, mark_safe(data))  # noqa: S308 (escaped above)
