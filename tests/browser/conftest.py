"""Fixtures of the browser tests. Every test in this folder carries the marker `browser` and runs after all others.

A test asks for `page` (one page of the usual kind) or for `new_page`, which makes pages of any kind:

    def test_dark_phone(new_page):
        page = new_page(colour_scheme="dark", viewport=(360, 740))
        page.goto("/cases/")
        assert axe(page) == []

Whatever the test checks itself, it fails if a request left the site, an answer was 5xx, a file was missing, the
content security policy refused something, or a script failed (`recorder`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from . import chromium as chromium_finder
from .recorder import Recorder
from .site import Site, running_site

HERE = Path(__file__).parent
LOG = pytest.StashKey[Path]()
MISSING = pytest.StashKey[bool]()
TIMEOUT_MS = 10_000

NewPage = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark this folder's tests, and put them last: Playwright's event loop would bar the others from the database."""
    ours = [item for item in items if HERE in item.path.parents]
    for item in ours:
        item.add_marker(pytest.mark.browser)
    # What publishes a case comes after what counts them: the tests share a site.
    ours.sort(key=lambda item: item.path.stem == "test_tutorial")
    items[:] = [item for item in items if HERE not in item.path.parents] + ours


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Add the end of the site's log to the report of a failed test."""
    report = yield
    log = item.config.stash.get(LOG, None)
    if report.failed and log is not None and log.exists():
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-40:]
        report.sections.append(("the site's log (its end)", "\n".join(lines)))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say loudly that the browser tests did not run."""
    if config.stash.get(MISSING, False):
        terminalreporter.section("NO CHROMIUM: THE BROWSER TESTS DID NOT RUN", sep="!", red=True, bold=True)
        terminalreporter.line("Install one (Debian: apt install chromium), name it in $CHROMIUM, or run")
        terminalreporter.line(f"{sys.executable} -m tests.browser.chromium --install")


@pytest.fixture(scope="session")
def chromium(request: pytest.FixtureRequest) -> chromium_finder.Chromium:
    """The Chromium found. Where there is none, the tests fail in CI, and are skipped elsewhere."""
    found = chromium_finder.find()
    if found is None:
        request.config.stash[MISSING] = True
        if os.environ.get("CI", "").lower() not in {"", "0", "false"}:
            pytest.fail("no Chromium found, and this is CI")
        pytest.skip("no Chromium found")
    return found


@pytest.fixture(scope="session")
def browser(chromium: chromium_finder.Chromium) -> Iterator[Browser]:
    """One Chromium for the session; every page has a context (cookies, storage) of its own in it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.path,
            args=chromium_finder.ARGUMENTS,
            env={**os.environ, **chromium.environment},
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site_process(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site as a process of its own, on a database of its own that holds the collection."""
    with running_site(tmp_path_factory.mktemp("site")) as site:
        request.config.stash[LOG] = site.log
        yield site


@pytest.fixture(scope="session")
def site(site_process: Site) -> str:
    """The address of the running site, without a slash at the end."""
    return site_process.url


@pytest.fixture
def recorder(site: str) -> Iterator[Recorder]:
    """What went wrong behind the pages of this test; anything that it did not `expect` fails it."""
    recorder = Recorder(site)
    yield recorder
    problems = recorder.unexpected()
    if problems:
        pytest.fail("behind the page:\n" + "\n".join(problems), pytrace=False)


@pytest.fixture
def new_page(browser: Browser, site: str, recorder: Recorder) -> Iterator[NewPage]:
    """Make a page in a fresh context. Further keywords go to Playwright's `new_context`."""
    contexts = []

    def make(
        *,
        colour_scheme: Literal["light", "dark"] = "light",
        viewport: tuple[int, int] = (1280, 800),
        java_script_enabled: bool = True,
        **options: Any,
    ) -> Page:
        context = browser.new_context(
            base_url=site,
            color_scheme=colour_scheme,
            viewport={"width": viewport[0], "height": viewport[1]},
            java_script_enabled=java_script_enabled,
            **options,
        )
        contexts.append(context)
        context.set_default_timeout(TIMEOUT_MS)
        recorder.watch(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """A page in a light, wide window with scripts."""
    return new_page()
