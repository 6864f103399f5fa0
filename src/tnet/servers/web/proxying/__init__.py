"""A streamed reverse proxy: what is asked for below a prefix is asked of another server."""
