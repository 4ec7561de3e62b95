"""Releases: the list, a release with its checksums, and its files, which never change."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header, http_date
from django.views.decorators.http import require_safe

from mainstreaming.pagination import Paged

from ..models import Release, ReleaseFile

YEAR_IN_SECONDS = 365 * 24 * 3600


@require_safe
def release_list(request: HttpRequest) -> HttpResponse:
    """Every release, the latest first, a page of them."""
    paged = Paged.of(Release.objects.prefetch_related("files"), request.GET.get("page"))
    return render(request, "casestudies/release_list.html", {"paged": paged})


@require_safe
def release_detail(request: HttpRequest, name: str) -> HttpResponse:
    """What a release holds, when it was cut, the checksums of its files, how it is cited."""
    release = get_object_or_404(Release.objects.prefetch_related("files"), name=name)
    return render(request, "casestudies/release_detail.html", {"release": release})


@require_safe
def release_file(request: HttpRequest, name: str, file: str) -> HttpResponseBase:
    """A file of a release, as it was written. Its tag is its checksum; whoever has it need not ask again."""
    found = get_object_or_404(ReleaseFile.objects.select_related("release"), release__name=name, name=file)
    response = StreamingHttpResponse(found.content(), content_type=found.media_type)
    filename = f"mainstreaming-casebook-{name}-{file}"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=filename)
    response["Content-Length"] = str(found.size)
    response["ETag"] = f'"{found.sha256}"'
    response["Last-Modified"] = http_date(found.release.created_at.timestamp())
    response["Cache-Control"] = f"public, max-age={YEAR_IN_SECONDS}, immutable"
    response["X-Data-Version"] = str(found.release.data_version)
    return response
