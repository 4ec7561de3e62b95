"""Accounts for the browser tests, on the site that runs beside them."""

from __future__ import annotations

import os
import subprocess
import sys

from playwright.sync_api import Page

from tests.environment import CLEARED, ENVIRONMENT

from .site import ROOT, Site

PASSWORD = "a long enough password"


def make_superuser(site: Site, name: str) -> None:
    """An account on the running site that may do everything, with `PASSWORD`."""
    environment = {key: value for key, value in os.environ.items() if key not in CLEARED} | ENVIRONMENT
    environment |= {
        "DATABASE_URL": f"sqlite:///{site.log.parent / 'db.sqlite3'}",
        "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
    }
    command = ["createsuperuser", "--no-input", "--username", name, "--email", f"{name}@example.org"]
    subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=environment, check=True, capture_output=True)


def sign_in(page: Page, name: str) -> None:
    """Fills in the login form that the page shows, and sends it."""
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
