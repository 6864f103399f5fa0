"""`tnet serve ssh`. Loaded late, since Conch imports the reactor."""

from tnet.servers.ssh.offering import offer

__all__ = ["offer"]
