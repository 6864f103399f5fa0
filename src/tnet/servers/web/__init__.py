"""HTTP: carriers carry, resources decide. `offer` serves a directory; `site.WebFactory` any twisted.web Resource.

To read it, follow a request::

    carrying/, http2/          a connection: bytes to heads, turns, deadlines; both carry exchanges
    carrying/exchange, report  one request and its response: who is let in, the body on its way in, what is told
    filters, access/           what judges every request before a body is asked for, and adds to every response
    request, bodies            what a resource sees: a twisted.web Request, and Refusal, its way to say no
    mounts, tree               which resource answers: proxying/, inspector/, or what is below the root
    files/                     one file, found name by name, in the form that the client takes, at its pace
    files/cache, carrying/shortcut    small files from memory, before there is a request at all
    listing/, viewing/, page/  pages for people;  writing/, archives/   the way in, and out for many files at once
"""

from tnet.servers.web.offer import offer

__all__ = ["offer"]
