"""Records as YAML in one canonical form, so that the same records are the same bytes everywhere.

Our own, because PyYAML breaks long plain lines and its output depends on the version: block style for records, flow
style for natural keys, folded blocks for long texts.
"""

from __future__ import annotations

import datetime
import re

import yaml

from .schema import Fields

WIDTH = 100
LONG = 90
INDENT = "    "

# What YAML can show as it is; the rest is escaped in double quotes.
PRINTABLE = re.compile(r"[\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*\Z")
INDICATORS = "-?:,[]{}#&*!|>'\"%@`"


def emit(records: list[tuple[str, Fields]]) -> str:
    """The text of a file: its records, model and fields in the order given."""
    lines = []
    for model, fields in records:
        lines += [f"- model: {model}", "  fields:"]
        for name, value in fields.items():
            lines += _entry(name, value)
    return "\n".join(lines) + "\n"


def _entry(name: str, value: object) -> list[str]:
    if isinstance(value, list):
        return _list(name, value)
    if isinstance(value, str) and (len(value) > LONG or "\n" in value) and _folds(value):
        return [f"{INDENT}{name}: >-", *_fold(value)]
    return [f"{INDENT}{name}: {scalar(value)}"]


def _list(name: str, value: list) -> list[str]:
    """In one line where it fits, else an item a line."""
    line = f"{INDENT}{name}: {_flow(value)}"
    if len(line) <= WIDTH or not all(isinstance(each, list) for each in value):
        return [line]
    return [f"{INDENT}{name}:", *(f"{INDENT}- {_flow(each)}" for each in value)]


def _flow(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_flow(each) for each in value)}]"
    return scalar(value, flow=True)


def scalar(value: object, *, flow: bool = False) -> str:
    """One value in one line, quoted only where YAML would read it otherwise."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | datetime.date):
        return str(value)
    if _is_plain(value, flow):
        return value
    if "\n" not in value and PRINTABLE.match(value):
        return "'" + value.replace("'", "''") + "'"
    return _escaped(value)


def _is_plain(value: str, flow: bool) -> bool:
    if not value or value != value.strip(" ") or value[0] in INDICATORS or value.startswith("..."):
        return False
    if "\n" in value or not PRINTABLE.match(value) or ": " in value or " #" in value or value.endswith(":"):
        return False
    if flow and any(each in value for each in ",[]{}:"):
        return False
    resolvers = yaml.SafeLoader.yaml_implicit_resolvers
    return not any(pattern.match(value) for _tag, pattern in [*resolvers.get(value[0], ()), *resolvers.get(None, ())])


def _folds(value: str) -> bool:
    """Whether folding and unfolding gives the text back: no white space at an end of a line."""
    lines = value.split("\n")
    clean = all(line == line.strip(" ") for line in lines)
    return clean and bool(lines[0] and lines[-1]) and PRINTABLE.match(value) is not None


def _fold(value: str) -> list[str]:
    """A folded block. A line break of the text takes one more line, as a single one would read as a space."""
    indent = INDENT + "  "
    folded = []
    for number, line in enumerate(re.split(r"(\n+)", value)):
        if number % 2:
            folded += [""] * len(line)
        else:
            folded += [indent + part for part in _wrap(line, WIDTH - len(indent))]
    return folded


def _wrap(line: str, width: int) -> list[str]:
    """Breaks at single spaces only: a line that starts with a space would keep its line break."""
    words = re.split(r"(?<! ) (?! )", line)
    parts = [words[0]]
    for word in words[1:]:
        if len(parts[-1]) + 1 + len(word) <= width:
            parts[-1] += f" {word}"
        else:
            parts.append(word)
    return parts


def _escaped(value: str) -> str:
    short = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
    return '"' + "".join(short.get(c) or (c if PRINTABLE.match(c) else f"\\U{ord(c):08x}") for c in value) + '"'
