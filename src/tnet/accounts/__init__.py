"""Who may come in: the users store, hashing, checkers and one-time accounts. Knows no tool by name."""
