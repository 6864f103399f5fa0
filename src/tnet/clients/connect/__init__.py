"""`tnet connect`: standard input to a socket, the socket to standard output."""

from tnet.clients.connect.job import connect

__all__ = ["connect"]
