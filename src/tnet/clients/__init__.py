"""What `tnet connect` and `tnet fetch` do. Never servers."""
