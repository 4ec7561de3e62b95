"""What every test shares: the people who use the site, and the settings that a test process needs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client, override_settings

from .people import account
from .remembering import count_from

#: What a test asks for that asks the database, itself or through other fixtures.
DATABASE = {"db", "transactional_db", "django_db_reset_sequences", "django_db_serialized_rollback", "django_db_setup"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses the database: what does not answers the same beside any, and runs in one layer only.

    pytest-django lets no other test reach the database, so that none can be missed.
    """
    for item in items:
        if item.get_closest_marker("django_db") or DATABASE.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.database)


@pytest.fixture(scope="session", autouse=True)
def _static_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Pages name static files by their plain names: no test needs `collectstatic` before it."""
    storages = settings.STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    with override_settings(STORAGES=storages, STATIC_ROOT=tmp_path_factory.mktemp("static")):
        yield


@pytest.fixture(autouse=True)
def _count_from_the_start() -> None:
    """Each test's rows are numbered from 1 on, whatever ran before it: such as a small integer holds, and in order."""
    count_from()


@pytest.fixture
def visitor() -> Client:
    """A browser without an account."""
    return Client()


@pytest.fixture
def editor(db) -> Client:
    """A browser in which somebody of the staff is signed in, who may do everything."""
    client = Client()
    client.force_login(User.objects.create_superuser("editor", "editor@example.org", "x"))
    return client


@pytest.fixture
def own_work(settings) -> None:
    """A team of one: reviewers publish what they wrote themselves, and edit published cases directly."""
    settings.PUBLISH_OWN_WORK = True


@pytest.fixture
def ed(db) -> User:
    """An editor."""
    return account("ed", "editor")


@pytest.fixture
def rev(db) -> User:
    """A reviewer."""
    return account("rev", "reviewer")


@pytest.fixture
def adm(db) -> User:
    """An administrator."""
    return account("adm", "administrator")
