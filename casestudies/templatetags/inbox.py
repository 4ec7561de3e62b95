"""What waits in the inbox, for the first page of the admin."""

from __future__ import annotations

from typing import Any

from django import template

from ..choices import MessageStatus
from ..models import Message

register = template.Library()


@register.simple_tag(takes_context=True)
def new_messages(context: dict[str, Any]) -> int:
    """How many messages nobody has dealt with; 0 for those who may not read them."""
    user = context["request"].user
    if not user.has_perm("casestudies.view_message"):
        return 0
    return Message.objects.filter(status=MessageStatus.NEW).count()
