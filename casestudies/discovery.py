"""What tells machines what is here and what is new: the feed of changes and the maps of the site's pages."""

from __future__ import annotations

import datetime
from typing import Any

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.translation import gettext as _

from recommendations.models import Recommendation

from .changes import Version
from .citations import LICENCE_URL, plain, portal
from .models import Case, Source, Term

#: How many of the latest changes a feed holds.
LATEST = 50
#: How many addresses a map holds: what sitemaps.org allows.
MAP_SIZE = 50_000


class Changes(Atom1Feed):
    """Atom whose time is that of the data, so that it is the same as long as they are."""

    def __init__(self, *args: Any, changed_at: datetime.datetime, **kwargs: Any) -> None:
        self.changed_at = changed_at
        super().__init__(*args, **kwargs)

    def latest_post_date(self) -> datetime.datetime:
        """When the data changed last, which can be later than the latest edit of a case."""
        return self.changed_at


def changes_feed(base_url: str, version: Version) -> Changes:
    """The published cases that were edited last, the latest first: an entry is a case, found again by its address."""
    feed = Changes(
        title=_("%(portal)s: changes") % {"portal": portal()},
        link=f"{base_url}{reverse('cases')}",
        description=_("How cities and regions plan with migration."),
        language="en",
        author_name=portal(),
        feed_url=f"{base_url}{reverse('feed')}",
        feed_guid=f"{base_url}{reverse('feed')}",
        feed_copyright=LICENCE_URL,
        changed_at=version.changed_at,
    )
    cases = Case.objects.published().select_related("collection", "country").order_by("-updated_at", "slug")
    for case in cases[:LATEST]:
        address = f"{base_url}{case.get_absolute_url()}"
        feed.add_item(
            title=plain(f"{case.number} {case.name}: {case.title}"),
            link=address,
            # Atom's summary is read as HTML.
            description=escape(plain(case.purpose)),
            unique_id=address,
            updateddate=case.updated_at,
            categories=[plain(case.country.name)],
        )
    return feed


class Map(Sitemap):
    """A part of the site's pages. Their address is the site's own, whatever the request was sent to."""

    limit = MAP_SIZE
    protocol = None

    def get_protocol(self, protocol: str | None = None) -> str:
        return settings.SITE_URL.partition("://")[0] or super().get_protocol(protocol)

    def get_domain(self, site: Any = None) -> str:
        return settings.SITE_URL.partition("://")[2] or super().get_domain(site)


class PagesMap(Map):
    """The pages that are there whatever the collection holds."""

    NAMES = (
        "home",
        "cases",
        "recommendations",
        "matrix",
        "grid",
        "figures",
        "sources",
        "glossary",
        "data",
        "codebook",
        "releases",
        "api-docs",
        "about",
    )

    def items(self) -> list[str]:
        return list(self.NAMES)

    def location(self, item: str) -> str:
        return reverse(item)


class CasesMap(Map):
    """Every published case, with when it was edited last."""

    def items(self) -> QuerySet:
        return Case.objects.published().order_by("slug").only("slug", "updated_at")

    def lastmod(self, item: Case) -> datetime.datetime:
        return item.updated_at


class RecommendationsMap(Map):
    """Every recommendation."""

    def items(self) -> QuerySet:
        return Recommendation.objects.order_by("number")

    def location(self, item: Recommendation) -> str:
        return reverse("recommendation", args=[item.number])


class TermsMap(Map):
    """Every term that cases are described by."""

    def items(self) -> QuerySet:
        return Term.objects.filter(is_retired=False).select_related("vocabulary").order_by("vocabulary__slug", "slug")


class SourcesMap(Map):
    """Every work that visitors see."""

    def items(self) -> QuerySet:
        return Source.objects.published().order_by("slug")


MAPS: dict[str, type[Map]] = {
    "pages": PagesMap,
    "cases": CasesMap,
    "recommendations": RecommendationsMap,
    "terms": TermsMap,
    "sources": SourcesMap,
}


def map_addresses() -> list[str]:
    """The path of every map, of its further pages too."""
    found = []
    for section, made in MAPS.items():
        path = reverse("sitemap-section", args=[section])
        pages = made().paginator.num_pages
        found += [path, *(f"{path}?p={page}" for page in range(2, pages + 1))]
    return found
