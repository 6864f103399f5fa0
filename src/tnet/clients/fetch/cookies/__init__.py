"""Cookies: `admission` decides which are believed, `jar` which go where, `netscape` how a file keeps them."""
