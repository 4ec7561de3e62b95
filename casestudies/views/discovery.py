"""For machines: the feed of changes, the maps of the site, what crawlers are asked to leave alone, how to search."""

from __future__ import annotations

from django.contrib.sitemaps.views import sitemap, x_robots_tag
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from ..changes import data_version
from ..discovery import MAPS, changes_feed, map_addresses
from .cases import base_url


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """The latest changes of published cases as Atom."""
    made = changes_feed(base_url(request), data_version())
    response = HttpResponse(content_type=made.content_type)
    made.write(response, "utf-8")
    return response


@x_robots_tag
@require_safe
def sitemap_index(request: HttpRequest) -> HttpResponse:
    """Where the maps of the site are."""
    here = base_url(request)
    found = [{"location": f"{here}{path}"} for path in map_addresses()]
    return render(request, "sitemap_index.xml", {"sitemaps": found}, content_type="application/xml")


@require_safe
def sitemap_section(request: HttpRequest, section: str) -> HttpResponse:
    """One map: the pages of a kind, 50,000 of them at most; `p` asks for the further ones."""
    return sitemap(request, MAPS, section)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What crawlers need not see: the admin, forms, and pages of which there is one for every combination."""
    left_alone = [reverse("admin:index"), reverse("suggest"), reverse("compare"), reverse("match")]
    left_alone.append(reverse("preview", args=["-"]).removesuffix("-/"))
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in left_alone), ""]
    lines += [f"Sitemap: {base_url(request)}{reverse('sitemap')}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
def opensearch(request: HttpRequest) -> HttpResponse:
    """How a browser searches the cases."""
    context = {"here": base_url(request)}
    media_type = "application/opensearchdescription+xml; charset=utf-8"
    return render(request, "opensearch.xml", context, content_type=media_type)
