"""The editors' side of the portal: Django's own admin, with a case in several forms under one roof (see `parts`)."""

from . import cases, children, inbox, quality, reference, releases

__all__ = ["cases", "children", "inbox", "quality", "reference", "releases"]
