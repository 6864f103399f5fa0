"""Bytes to meaning and back, for servers and clients alike. Decides; never opens a socket, never reads a clock."""
