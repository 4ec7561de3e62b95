"""What the files in `fixtures/` must hold: the rules of docs/editing.md, and what the paper is known to state."""
