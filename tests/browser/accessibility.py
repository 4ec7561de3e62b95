"""Check a page with axe-core, which is vendored beside this file (npm axe-core 4.14.1, MPL 2.0)."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SOURCE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
#: WCAG 2.2 up to level AA, and axe's own best practices.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: The rules that look at colours: those alone can find something new when the same page turns dark.
COLOUR_RULES = ("color-contrast", "link-in-text-block")


def axe(
    page: Page,
    *,
    include: str | None = None,
    disable: tuple[str, ...] = (),
    only: tuple[str, ...] = (),
) -> list[str]:
    """The accessibility violations of the page as it stands, one line per element; `include` narrows to a selector.

    `only` names the rules to ask, instead of all of them.

    The source is evaluated, not added as a script element, which the content security policy would refuse.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_source())
    options = {
        "runOnly": {"type": "rule", "values": list(only)} if only else {"type": "tag", "values": TAGS},
        "rules": {rule: {"enabled": False} for rule in disable},
        "resultTypes": ["violations"],
        # Only experimental rules look into style sheets; making copies of them would break the content security policy.
        "preload": False,
    }
    violations = page.evaluate(
        "([where, options]) => axe.run(where ?? document, options).then(result => result.violations)",
        [include, options],
    )
    return [_line(violation, node) for violation in violations for node in violation["nodes"]]


def _line(violation: dict[str, Any], node: dict[str, Any]) -> str:
    summary = " ".join((node.get("failureSummary") or "").split())
    return f"{violation['id']} ({violation['impact']}) at {node['target']}: {violation['help']}. {summary}"


@cache
def _source() -> str:
    content = SOURCE.read_bytes()
    assert hashlib.sha256(content).hexdigest() == SHA256, f"{SOURCE.name} is not the pinned file"
    return content.decode("utf-8")
