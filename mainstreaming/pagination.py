"""Pages of a list, for every view alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.paginator import InvalidPage, Page, Paginator
from django.db.models import QuerySet

PAGE_SIZE = 20


@dataclass(frozen=True)
class Paged:
    """One page of a list: the page, the numbers to link (with gaps), and whether the number asked for was not there."""

    page: Page
    numbers: Iterable[int | str]
    was_missing: bool

    @classmethod
    def of(cls, rows: QuerySet, number: str | None, size: int = PAGE_SIZE) -> Paged:
        """The page of that number; the first one where there is no such page."""
        paginator = Paginator(rows, size)
        try:
            page, missing = paginator.page(number or 1), False
        except InvalidPage:
            page, missing = paginator.page(1), True
        return cls(page, paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1), missing)
