"""Asking a server, in the words of its own protocol, to go over to TLS; each module is one dialect."""
