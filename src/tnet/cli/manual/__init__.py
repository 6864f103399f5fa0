"""Man pages: options from the command tree, prose by hand."""
