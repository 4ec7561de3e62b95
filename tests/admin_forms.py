"""Forms as a browser sees them: the fields of a rendered page, to be sent back as they are or with a change."""

from __future__ import annotations

from html.parser import HTMLParser


class _FormParser(HTMLParser):
    """Collects what a browser would submit of the form with that id (HTML Standard, 4.10.22.4)."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id = form_id
        self.inside = False
        self.data: dict[str, list[str]] = {}
        self.choices: dict[str, list[str]] = {}
        self.select: str | None = None
        self.multiple = False
        self.area: str | None = None
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value if value is not None else "" for name, value in attrs}
        if tag == "form":
            self.inside = found.get("id") == self.form_id
        if not self.inside:
            return
        name = found.get("name", "")
        if tag == "input" and name and "disabled" not in found:
            self._input(name, found)
        elif tag == "select" and name and "disabled" not in found:
            self.select, self.multiple = name, "multiple" in found
            self.choices[name] = []
        elif tag == "option" and self.select:
            self.choices[self.select].append(found.get("value", ""))
            if "selected" in found:
                self.data.setdefault(self.select, []).append(found.get("value", ""))
        elif tag == "textarea" and name:
            self.area, self.text = name, ""

    def _input(self, name: str, found: dict[str, str]) -> None:
        kind = found.get("type", "text")
        if kind in ("checkbox", "radio"):
            self.choices.setdefault(name, []).append(found.get("value", "on"))
            if "checked" not in found:
                return
            self.data.setdefault(name, []).append(found.get("value", "on"))
        elif kind not in ("submit", "button", "image", "file"):
            self.data.setdefault(name, []).append(found.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self.area:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "select" and self.select:
            if not self.multiple and self.select not in self.data:
                self.data[self.select] = self.choices[self.select][:1]
            self.select = None
        elif tag == "textarea" and self.area:
            # The first line break after the tag is not part of the text; browsers send CRLF.
            text = self.text.removeprefix("\r").removeprefix("\n")
            self.data[self.area] = [text.replace("\r\n", "\n").replace("\n", "\r\n")]
            self.area = None


def submitted(html: str, form_id: str) -> dict[str, list[str]]:
    """What a browser sends of the form unless something is typed, the row that is copied for new ones included."""
    parser = _FormParser(form_id)
    parser.feed(html)
    return parser.data


def offered(html: str, form_id: str) -> dict[str, list[str]]:
    """The values that each list of the form offers."""
    parser = _FormParser(form_id)
    parser.feed(html)
    return parser.choices
