"""From YAML files to records, each with its file and line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml
from django.utils.translation import gettext as _

from .records import Problem, Record

# libyaml where it is there (ten times faster); the result is the same.
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def files_below(path: Path) -> list[Path]:
    """The YAML files of a folder and all its folders, by name; a file itself. Raises FileNotFoundError."""
    if path.is_dir():
        return sorted(each for each in path.rglob("*.yaml") if each.is_file())
    if not path.is_file():
        raise FileNotFoundError(path)
    return [path]


def read_files(paths: list[Path], root: Path) -> tuple[list[Record], list[Problem]]:
    """The records of all files and what cannot be read; files are named as seen from `root`."""
    records, problems = [], []
    for path in paths:
        name = str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
        for found in read_file(path, name):
            (problems if isinstance(found, Problem) else records).append(found)
    return records, problems


def read_file(path: Path, name: str) -> Iterator[Record | Problem]:
    """The records of one file."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        yield Problem(name, 1, reason=_("cannot be read: %(error)s") % {"error": error})
        return
    yield from read_text(text, name)


def read_text(text: str, name: str) -> Iterator[Record | Problem]:
    """The records of one YAML text."""
    loader = None
    try:
        loader = Loader(text)
        node = loader.get_single_node()
        if node is not None:
            yield from _records(loader, node, name)
    except yaml.YAMLError as error:
        yield Problem(name, _line(error), reason=_("is no valid YAML: %(error)s") % {"error": _reason(error)})
    finally:
        if loader is not None:
            loader.dispose()


def _records(loader: yaml.SafeLoader, node: yaml.Node, name: str) -> Iterator[Record | Problem]:
    if not isinstance(node, yaml.SequenceNode):
        yield Problem(name, node.start_mark.line + 1, reason=_("is not a list of records"))
        return
    for item in node.value:
        line = item.start_mark.line + 1
        yield from (Problem(name, at, field=key, reason=_("stands twice")) for key, at in _twice(item))
        try:
            yield _record(loader.construct_object(item, deep=True), name, line)
        except (yaml.YAMLError, ValueError) as error:  # a date such as 2014-13-45 is a ValueError
            yield Problem(name, line, reason=_("is no valid YAML: %(error)s") % {"error": _reason(error)})


def _record(data: object, name: str, line: int) -> Record | Problem:
    """Checks the outer form: a model, a dict of fields, and nothing else."""
    if not isinstance(data, dict) or not isinstance(data.get("model"), str) or not isinstance(data.get("fields"), dict):
        return Problem(name, line, reason=_("is not a record with “model” and “fields”"))
    model = data["model"].lower()
    if "pk" in data:
        return Problem(name, line, model, "pk", _("records are found by their natural key: leave it out"))
    extra = sorted(str(key) for key in data.keys() - {"model", "fields"})
    if extra:
        return Problem(name, line, model, extra[0], _("a record has “model” and “fields” only"))
    return Record(name, line, model, data["fields"])


def _twice(node: yaml.Node) -> Iterator[tuple[str, int]]:
    """Keys written twice in one mapping, with their line: YAML would quietly take the last."""
    if not isinstance(node, yaml.MappingNode):
        return
    seen = set()
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode):
            if key.value in seen:
                yield key.value, key.start_mark.line + 1
            seen.add(key.value)
        yield from _twice(value)


def _line(error: yaml.YAMLError) -> int:
    mark = getattr(error, "problem_mark", None)
    return mark.line + 1 if mark else 1


def _reason(error: Exception) -> str:
    return getattr(error, "problem", None) or str(error)
