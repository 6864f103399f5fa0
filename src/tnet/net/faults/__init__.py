"""A bad network on purpose: what a server says comes later, slower, in pieces, or not to its end.

The faults stand between a protocol and its transport. What the peer says is not touched; but a protocol that minds
how much it has said is told to wait, and an end comes behind what was said before it.
"""
