"""Maintainers' scripts that make the committed assets. Nothing here runs on a server."""
