"""How often a sender may ask: so many requests in a minute, counted in each process."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import caches
from django.utils.timezone import now
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from mainstreaming.addresses import sender_address

from ..inbox import sender_of

if TYPE_CHECKING:
    from .views import ApiView

MINUTE = 60
CACHE = "limits"


@dataclass(frozen=True)
class Rate:
    """What a sender has left of a minute: of how many requests, and in how many seconds the next minute begins."""

    limit: int
    left: int
    reset: int

    def headers(self) -> dict[str, str]:
        """What says so on every answer."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(0, self.left)),
            "RateLimit-Reset": str(self.reset),
        }


def count(sender: str, moment: datetime.datetime, limit: int) -> Rate:
    """Counts a request of a sender, and says what is left. Below 0 it is one too many."""
    second = int(moment.timestamp())
    key, cache = f"{sender}:{second // MINUTE}", caches[CACHE]
    cache.add(key, 0, 2 * MINUTE)
    try:
        made = cache.incr(key)
    except ValueError:
        # Many senders at once: this one's count was dropped between the two lines. It starts anew.
        cache.set(key, 1, 2 * MINUTE)
        made = 1
    return Rate(limit, limit - made, MINUTE - second % MINUTE)


class SenderThrottle(BaseThrottle):
    """Refuses what a sender asks beyond `API_PER_MINUTE`; who cannot be told apart is not limited."""

    def allow_request(self, request: Request, view: ApiView) -> bool:
        """Whether the request is answered. What is left is kept on the view, for the headers of its answer."""
        moment = now()
        sender = sender_of(sender_address(request), moment.date()) if settings.API_PER_MINUTE else ""
        if not sender:
            return True
        self.rate = view.rate = count(sender, moment, settings.API_PER_MINUTE)
        return self.rate.left >= 0

    def wait(self) -> int:
        """In how many seconds to ask again."""
        return self.rate.reset
