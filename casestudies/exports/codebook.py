"""The codebook, made from the same declarations as the downloads."""

from __future__ import annotations

from ..choices import BudgetStatus, Evidence, Qualifier, Strength, Unit
from .columns import COLUMNS, FIGURE_COLUMNS
from .declaring import SEPARATOR, Column

HEAD = f"""# Codebook

Made from the code that exports (`python manage.py write_codebook`); a test fails when it is out of date.

## The list of cases as CSV

`/cases/download.csv` takes the query string of `/cases/` and holds the same cases in the same order. UTF-8 with a byte
order mark, CRLF line ends, commas, quotes where needed (RFC 4180). An empty cell means *not stated*. Several values in
one cell are separated by `{SEPARATOR}`; a `{SEPARATOR}` inside a label is written `/`.

Text that begins with `=`, `+`, `-`, `@`, a tab, a line break, one of their full-width forms or an apostrophe gets one
leading apostrophe, so that no spreadsheet runs it as a formula. To have it back, take one leading apostrophe away.

| column | meaning |
|---|---|
"""


FIGURES_HEAD = """
## The figures as CSV

`/figures/download.csv` takes the query string of `/figures/` and holds the same figures in the same order, in the same
form as above. Values that the paper gives as a range have different ends; a value that it gives as «over» or «about»
says so in `qualifier`.

| column | meaning |
|---|---|
"""


def _table(columns: tuple[Column, ...]) -> str:
    return "\n".join(f"| `{column.header}` | {column.description} |" for column in columns) + "\n"


def _list(title: str, choices: type) -> str:
    rows = "\n".join(f"- {choice.label}" for choice in choices)
    return f"\n## {title}\n\n{rows}\n"


def codebook() -> str:
    """The codebook as Markdown."""
    lists = [
        ("What is said of money (`budget_status`)", BudgetStatus),
        ("Evidence of a classification", Evidence),
        ("Strength of an illustration", Strength),
        ("How exactly a figure is stated (`qualifier`)", Qualifier),
        ("Kinds of unit (`unit`)", Unit),
    ]
    tables = HEAD + _table(COLUMNS) + FIGURES_HEAD + _table(FIGURE_COLUMNS)
    return tables + "".join(_list(*entry) for entry in lists)
