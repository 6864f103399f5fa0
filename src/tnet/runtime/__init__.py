"""Owns the process: the reactor, signals, drain and the exit status. Knows a tool only by its dotted path."""
