"""argv to Plan. The only room with Click."""
