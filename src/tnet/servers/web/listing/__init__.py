"""A directory as a page, as JSON, or as lines of text; and what is in a file, as a page."""

from tnet.servers.web.listing.directory_pages import DirectoryPages
from tnet.servers.web.page.words import shown

__all__ = ["DirectoryPages", "shown"]
