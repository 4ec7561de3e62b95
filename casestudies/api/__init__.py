"""The read-only API: the site's own selections and declarations as JSON, described by OpenAPI (docs/api.md)."""
