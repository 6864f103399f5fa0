"""`tnet serve auth`: a line server that asks for a login."""

from tnet.servers.auth.factory import AuthFactory
from tnet.servers.auth.offering import offer

__all__ = ["AuthFactory", "offer"]
