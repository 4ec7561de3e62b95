"""Full-text search: the same words give the same cases in the same order on SQLite and PostgreSQL.

Texts are folded and stemmed in Python (`words`), kept as tokens in one table (`store`), found by the database's own
full-text index, and ranked here by where in a case they stand (`matching`). See docs/search.md.
"""
