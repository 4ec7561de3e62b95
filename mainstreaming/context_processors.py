"""What every template knows."""

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, str]:
    """The addresses that are settings: the paper, the contact, the site itself."""
    return {
        "paper_url": settings.PAPER_URL,
        "contact_email": settings.CONTACT_EMAIL,
        "site_url": settings.SITE_URL or _here(request),
    }


def _here(request: HttpRequest) -> str:
    """The address of the request; nothing where its host is not ours, so that the page that says so can be made."""
    try:
        return request.build_absolute_uri("/").rstrip("/")
    except DisallowedHost:
        return ""
