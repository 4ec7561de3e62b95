"""What every template knows."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, str]:
    """The addresses that are settings: the paper, the contact, the site itself."""
    return {
        "paper_url": settings.PAPER_URL,
        "contact_email": settings.CONTACT_EMAIL,
        "site_url": settings.SITE_URL or request.build_absolute_uri("/").rstrip("/"),
    }
