"""References as files: of a case, of a selection, of each case of a selection."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from ..changes import data_version
from ..citations import FORMATS, Reference, of_case, of_selection
from ..models import Case
from ..selection import Selection
from .cases import base_url, elsewhere, for_selection


class ReferenceConverter:
    """The end of a file's name that is a format of references."""

    regex = "|".join(name.replace(".", r"\.") for name in FORMATS)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


def answer(references: Iterable[Reference], form: str, name: str) -> StreamingHttpResponse:
    """The references in a format, streamed one by one, as a file of that name."""
    written = FORMATS[form]
    response = StreamingHttpResponse(written.write(references), content_type=written.media_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=f"{name}.{form}")
    return response


@require_safe
def case_reference(request: HttpRequest, slug: str, form: str) -> HttpResponseBase:
    """The reference of a published case; else as the case's page answers."""
    case = Case.objects.published().select_related("collection__source").filter(slug=slug).first()
    if case is None:
        return elsewhere(request, slug, "case-cite", form=form)
    reference = of_case(case, base_url(request), data_version(), timezone.localdate())
    return answer([reference], form, reference.key)


@for_selection
def selection_reference(request: HttpRequest, selection: Selection, form: str) -> HttpResponseBase:
    """The reference of the selection as a whole, of the portal where nothing is chosen."""
    moment = data_version(), timezone.localdate()
    reference = of_selection(selection, reverse("cases"), base_url(request), *moment)
    return answer([reference], form, reference.key)


@for_selection
def case_references(request: HttpRequest, selection: Selection, form: str) -> HttpResponseBase:
    """A reference for each case of the selection, in the order of the screen."""
    rows = Case.objects.select_related("collection__source")
    moment = base_url(request), data_version(), timezone.localdate()
    references = (of_case(case, *moment) for case in selection.cases(rows))
    return answer(references, form, "mainstreaming-casebook-references")
