"""HTTP: a channel that carries, resources that decide. `offer` serves a directory; `site.WebFactory` any Resource."""

from tnet.servers.web.offer import offer

__all__ = ["offer"]
