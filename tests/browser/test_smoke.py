"""The site answers in a real browser, and the tools of these tests notice what they are there to notice."""

import pytest
from playwright.sync_api import Page

from .accessibility import axe
from .recorder import Recorder


@pytest.mark.parametrize(
    "options", [{}, {"colour_scheme": "dark", "viewport": (360, 740)}, {"java_script_enabled": False}]
)
def test_home_answers(new_page, options):
    page = new_page(**options)
    response = page.goto("/")
    assert response is not None
    assert response.status == 200
    assert page.title()
    assert page.locator("h1").count() == 1


def test_home_is_accessible(page: Page):
    page.goto("/")
    assert axe(page) == []


def test_axe_reports_violations(page: Page):
    page.goto("/")
    page.evaluate("() => document.body.append(document.createElement('button'))")
    assert any(line.startswith("button-name") for line in axe(page))


def test_recorder_notices_requests_elsewhere_refused_styles_and_errors(page: Page, recorder: Recorder):
    page.goto("/")
    page.evaluate(
        """() => {
            const style = document.createElement('style');
            style.textContent = '* { color: red }';
            document.head.append(style);
            const image = new Image();
            image.src = 'http://127.0.0.1:9/elsewhere.png';
            document.body.append(image);
            setTimeout(() => { throw new Error('on purpose') });
            return fetch('/static/absent-file.css');
        }"""
    )
    page.wait_for_timeout(200)
    seen = "\n".join(recorder.problems)
    for part in ("elsewhere.png", "Content Security Policy", "on purpose", "absent-file.css"):
        assert part in seen
        recorder.expect(part)
    assert recorder.unexpected() == []
