"""Secures a connection at either end, and says in one line why it could not."""
