"""The collection in files: reading, checking, loading and writing the YAML of `fixtures/`.

The way of a record: `reading` (YAML to `Record`) → `validation` (all problems at once) → `planning` (what to write,
what staff keep) → `loading` (one transaction). Back again: `state` (the database as plain records) → `dumping` (files).
`schema` says which models and fields belong to it. See docs/data-model.md.
"""
