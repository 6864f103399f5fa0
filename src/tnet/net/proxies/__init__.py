"""Connections that somebody else makes for us: the way through a proxy, and what comes after it."""
