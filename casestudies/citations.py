"""How to cite: a case, a selection of cases, the whole portal, a release. As text, BibTeX, RIS and CSL-JSON.

A reference names what it leads to, the portal, the publication that is summarized, the version of the data, when it was
asked for and the licence. Whatever stands in the data, no reference breaks the format that it is written in.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .changes import Version
from .models import Case, Collection, Release
from .selection import Selection

LICENCE = "CC BY 4.0"
LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/"


def portal() -> str:
    """The name of the portal, which is also the author of its summaries."""
    return _("Mainstreaming Casebook")


@dataclass(frozen=True)
class Reference:
    """What is needed to cite one thing of the portal. Texts are in one line and without control characters."""

    key: str
    title: str
    url: str
    number: int
    changed_on: datetime.date
    accessed: datetime.date
    # The publication that is summarized, in words, or nothing.
    summarizes: str = ""
    # «webpage» or «dataset», as CSL names them.
    kind: str = "webpage"

    @property
    def version(self) -> str:
        """«Data version 17 of 24 November 2026»."""
        names = {"number": self.number, "date": date_format(self.changed_on, "j F Y")}
        return _("Data version %(number)s of %(date)s") % names

    @property
    def licence(self) -> str:
        """The licence with its address."""
        return f"{LICENCE}, {LICENCE_URL}"


def plain(text: str) -> str:
    """The text in one line: white space is single spaces, control characters are gone. Direction marks stay."""
    # What is white space as well becomes a space. Surrogates are no text, U+FFFE and U+FFFF no characters of XML.
    text = re.sub(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]", "", text)
    return " ".join(text.split())


def key_of(slug: str) -> str:
    """The key of a case: stable, and unlike any other's where capitals count and where they do not."""
    return "casebook-" + re.sub("[A-Z]", lambda letter: f".{letter.group().lower()}", slug)


# What is cited


def of_case(case: Case, base_url: str, version: Version, accessed: datetime.date) -> Reference:
    """The reference of a case; its collection with the publication is fetched where it was not."""
    return Reference(
        key_of(case.slug),
        plain(f"{case.name}: {case.title}"),
        f"{base_url}{case.get_absolute_url()}",
        version.number,
        version.changed_at.date(),
        accessed,
        _summarized(case.collection, case.number),
    )


def of_selection(
    selection: Selection, path: str, base_url: str, version: Version, accessed: datetime.date
) -> Reference:
    """The reference of a list of cases, or of the whole portal where nothing is chosen; `path` is that of the list."""
    if not selection.is_narrowed:
        return of_portal(base_url, version, accessed)
    size = len(selection)
    chosen = "; ".join(f"{chip.facet}: {chip.label}" for chip in selection.chips())
    title = ngettext("%(number)s case (%(chosen)s)", "%(number)s cases (%(chosen)s)", size)
    # Another key for another selection, so that several can be cited beside one another.
    digest = hashlib.sha256(selection.query().encode()).hexdigest()[:10]
    return Reference(
        f"casebook-selection-{digest}",
        plain(title % {"number": size, "chosen": chosen}),
        f"{base_url}{path}{selection.query()}",
        version.number,
        version.changed_at.date(),
        accessed,
        kind="dataset",
    )


def of_portal(base_url: str, version: Version, accessed: datetime.date) -> Reference:
    """The reference of everything that the portal holds."""
    title = _("How cities and regions plan with migration: the whole collection")
    return Reference(
        "casebook", title, f"{base_url}/", version.number, version.changed_at.date(), accessed, kind="dataset"
    )


def of_release(release: Release, base_url: str, accessed: datetime.date) -> Reference:
    """The reference of a release, whose address keeps answering the same."""
    return Reference(
        f"casebook-release-{release.name}",
        _("The whole collection, release %(name)s") % {"name": release.name},
        f"{base_url}{release.get_absolute_url()}",
        release.data_version,
        release.data_changed_at.date(),
        accessed,
        kind="dataset",
    )


def _summarized(collection: Collection, number: str) -> str:
    """«section 4.12 of …»: the publication of the collection, in words; nothing where there is none."""
    source = collection.source
    if source is None:
        return ""
    work = f"{source.authors} ({source.year_label}). {source.title}."
    if source.container:
        work = f"{work} {source.container}."
    return plain(_("section %(number)s of: %(work)s") % {"number": number, "work": work})


# As text


def _sentence(text: str) -> str:
    """The text with a full stop, unless it ends like a sentence."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def author_date(reference: Reference) -> str:
    """The reference as texts that cite by author and year have it."""
    parts = [
        f"{portal()} ({reference.changed_on.year}).",
        _sentence(reference.title),
        _sentence(reference.version),
        _("Summary of %(what)s") % {"what": reference.summarizes} if reference.summarizes else "",
        _("Retrieved %(date)s from %(url)s")
        % {"date": date_format(reference.accessed, "j F Y"), "url": reference.url},
        f"({LICENCE})",
    ]  # fmt: skip
    return " ".join(part for part in parts if part)


def numbered(reference: Reference) -> str:
    """The reference as notes and numbered lists have it."""
    summarizes = reference.summarizes.rstrip(".")
    parts = [
        f"“{reference.title}”",
        portal(),
        reference.version[0].lower() + reference.version[1:],
        _("a summary of %(what)s") % {"what": summarizes} if summarizes else "",
        _("accessed %(date)s") % {"date": date_format(reference.accessed, "j F Y")},
        reference.url,
        LICENCE,
    ]
    return f"{', '.join(part for part in parts if part)}."


# As files

# No brace alone stands in what these become: BibTeX counts braces even behind a backslash.
TEX = str.maketrans(
    {
        "\\": r"{\textbackslash}", "{": r"{\textbraceleft}", "}": r"{\textbraceright}", "%": r"\%", "&": r"\&",
        "$": r"\$", "#": r"\#", "_": r"\_", "~": r"{\textasciitilde}", "^": r"{\textasciicircum}",
    }
)  # fmt: skip


def tex(text: str) -> str:
    """The text for BibTeX and LaTeX: what they would read as a command is its letter. Accents stay as they are."""
    return plain(text).translate(TEX)


def address(url: str) -> str:
    """An address of which no format reads anything but the address: braces, quotes and spaces are percent-encoded."""
    return quote(url, safe=":/?#[]@!$&'()*+,;=%~-._")


def _notes(reference: Reference) -> list[str]:
    summary = _("Summary of %(what)s") % {"what": reference.summarizes} if reference.summarizes else ""
    licence = _("Licence: %(licence)s") % {"licence": reference.licence}
    return [note for note in (reference.version, summary, licence) if note]


def bibtex(references: Iterable[Reference]) -> Iterator[str]:
    """BibTeX, an entry at a time, in UTF-8. Styles of BibTeX and of biblatex find what they know."""
    for reference in references:
        fields = {
            "author": f"{{{tex(portal())}}}",
            "title": f"{{{tex(reference.title)}}}",
            "year": str(reference.changed_on.year),
            "date": reference.changed_on.isoformat(),
            "howpublished": tex(portal()),
            "version": str(reference.number),
            "url": address(reference.url),
            "urldate": reference.accessed.isoformat(),
            "note": tex(". ".join(note.rstrip(".") for note in _notes(reference))),
            "language": "english",
        }
        lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
        yield f"@misc{{{reference.key},\n{lines}\n}}\n\n"


def ris(references: Iterable[Reference]) -> Iterator[str]:
    """RIS, a record at a time."""
    for reference in references:
        lines = [
            ("TY", "DATA" if reference.kind == "dataset" else "ELEC"),
            ("ID", reference.key),
            ("AU", plain(portal())),
            ("TI", reference.title),
            ("T2", plain(portal())),
            ("PY", str(reference.changed_on.year)),
            ("DA", f"{reference.changed_on:%Y/%m/%d}/"),
            ("ET", str(reference.number)),
            *(("N1", plain(note)) for note in _notes(reference)),
            ("LA", "en"),
            ("UR", address(reference.url)),
            ("Y2", f"{reference.accessed:%Y/%m/%d}/"),
            ("ER", ""),
        ]
        yield "".join(f"{tag}  - {value}\r\n" for tag, value in lines)


def _parts(date: datetime.date) -> dict[str, list[list[int]]]:
    return {"date-parts": [[date.year, date.month, date.day]]}


def _csl_item(reference: Reference) -> dict[str, Any]:
    return {
        "id": reference.key,
        "type": reference.kind,
        "title": reference.title,
        "author": [{"literal": plain(portal())}],
        "container-title": plain(portal()),
        "issued": _parts(reference.changed_on),
        "accessed": _parts(reference.accessed),
        "version": str(reference.number),
        "URL": address(reference.url),
        "language": "en",
        "note": " ".join(_sentence(note) for note in _notes(reference)),
    }


def csl_json(references: Iterable[Reference]) -> Iterator[str]:
    """CSL-JSON: one array, an item at a time."""
    yield "["
    for number, reference in enumerate(references):
        yield (",\n" if number else "\n") + json.dumps(_csl_item(reference), ensure_ascii=False)
    yield "\n]\n"


@dataclass(frozen=True)
class Format:
    """A format of references: its name, the media type, and what writes it piece by piece."""

    name: str
    media_type: str
    write: Callable[[Iterable[Reference]], Iterator[str]]


#: By the end of the file's name.
FORMATS: dict[str, Format] = {
    "bib": Format("BibTeX", "application/x-bibtex; charset=utf-8", bibtex),
    "ris": Format("RIS", "application/x-research-info-systems; charset=utf-8", ris),
    "csl.json": Format("CSL-JSON", "application/vnd.citationstyles.csl+json", csl_json),
}


# In a page, for Zotero and for search engines


def highwire(reference: Reference) -> list[tuple[str, str]]:
    """The `citation_*` meta tags of a case's page: names and contents."""
    return [
        ("citation_title", reference.title),
        ("citation_author", plain(portal())),
        ("citation_publication_date", f"{reference.changed_on:%Y/%m/%d}"),
        ("citation_publisher", plain(portal())),
        ("citation_language", "en"),
        ("citation_abstract_html_url", reference.url),
        ("citation_public_url", reference.url),
    ]


def json_ld(reference: Reference, case: Case, base_url: str) -> dict[str, Any]:
    """What a case's page says to search engines, in the words of schema.org."""
    house = {"@type": "Organization", "name": plain(portal()), "url": f"{base_url}/"}
    found: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Article",
        "@id": reference.url,
        "url": reference.url,
        "mainEntityOfPage": reference.url,
        "headline": reference.title,
        "name": reference.title,
        "description": plain(case.purpose),
        "inLanguage": "en",
        "author": house,
        "publisher": house,
        "dateModified": case.updated_at.astimezone(datetime.UTC).date().isoformat(),
        "version": str(reference.number),
        "license": LICENCE_URL,
        "isAccessibleForFree": True,
        "isPartOf": {"@type": "Dataset", "name": plain(portal()), "url": f"{base_url}/", "license": LICENCE_URL,
                     "description": _("How cities and regions plan with migration."), "creator": house},
        "spatialCoverage": {"@type": "Place", "name": plain(f"{case.name}, {case.country.name}")},
    }  # fmt: skip
    source = case.collection.source
    if source is not None:
        work = {"@type": "CreativeWork", "name": plain(source.title), "author": plain(source.authors)}
        found["isBasedOn"] = work | ({"datePublished": str(source.year)} if source.year else {})
    return found
