"""How staff work on the collection: who may do what, what was done, and how any of it is taken back."""
