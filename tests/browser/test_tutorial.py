"""The first day in the newsroom: whoever follows the tutorial to the letter gets what it says.

These are two stories at once: a case is written from nothing to published, and a figure in a published case corrected.
The window is a small one, in which nothing may stand beyond the edge.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .conftest import NewPage
from .site import Site
from .tutorial import ROLES, TUTORIAL, Player, Step, TutorialError, open_desks, parse

# What one presses or fills in and cannot see whole; tables that scroll by themselves aside.
BEYOND_THE_EDGE = """() => [...document.querySelectorAll('a, button, input, select, textarea')]
    .filter(each => each.checkVisibility() && each.getBoundingClientRect().right > document.documentElement.clientWidth)
    .filter(each => !each.closest('.results, .casebook-scroll'))
    .map(each => each.outerHTML.slice(0, 120))"""


def public_cases(page: Page) -> dict[str, Any]:
    """Everything that visitors may take away, by the slug of the case."""
    return {case["slug"]: case for case in page.request.get("/cases/download.json").json()["cases"]}


def test_the_tutorial_holds_to_the_letter(new_page: NewPage, site_process: Site):
    open_desks(site_process)
    before = public_cases(new_page())
    player = Player(lambda: new_page(viewport=(768, 1024)))
    steps = [each for each in parse(TUTORIAL.read_text(encoding="utf-8")) if isinstance(each, Step)]
    for step in steps:
        player.take(step)
        assert player.page.evaluate(BEYOND_THE_EDGE) == [], step
    assert set(player.windows) == {*ROLES, "a visitor"}

    # What was typed is what a visitor reads.
    page = player.windows["a visitor"]
    page.goto("/cases/exampletown/")
    main = page.get_by_role("main")
    expect(main.get_by_role("heading", level=1)).to_have_text("Exampletown: A town plan for everybody")
    for words in (
        "An invented town takes newcomers into its town plan.",
        "2012 to 2014",
        "Exampletown lies on a railway line, and people have always come by it.",
        "People come to Exampletown to work in its factories.",
        "of all residents",
        "Council of Exampletown",
        "It wrote the plan.",
        "The council asked residents, old and new, in every quarter before it wrote the plan.",
    ):
        expect(main).to_contain_text(words)
    with page.expect_download() as pending:
        page.goto("/figures/?case=exampletown")
        page.get_by_role("link", name="CSV").click()
    rows = list(csv.DictReader(io.StringIO(Path(pending.value.path()).read_text(encoding="utf-8-sig"))))
    assert [(row["low"], row["high"], row["stated"], row["base"]) for row in rows] == [
        ("42.00", "42.00", "42 per cent", "of all residents")
    ]
    # And nothing else of the collection is another than it was.
    after = public_cases(page)
    assert after.pop("exampletown")["title"] == "A town plan for everybody"
    assert after == before


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("1. Press the button.", "line 1: no instruction: Press the button."),
        ("1. Press **Cases**. Then wait.", "line 1: no instruction: Then wait."),
        ("Text.\n\n- Press **Cases**.", "line 3: a list item that is not numbered at the margin"),
        ("1. Press **Cases**.\n3. Press **Cases**.", "line 2: number 3 where 2 should stand"),
    ],
)
def test_what_cannot_be_followed_is_refused(document: str, reason: str):
    with pytest.raises(TutorialError, match=reason):
        parse(document)
