"""Staff of each role, for tests of the newsroom."""

from __future__ import annotations

from django.contrib.auth.models import Group, User


def account(name: str, *roles: str) -> User:
    """Somebody of the staff in the groups of these roles."""
    user = User.objects.create_user(name, f"{name}@example.org", "x", is_staff=True)
    user.groups.set(Group.objects.filter(name__in=roles))
    return user
