"""HTTP/2 into the same resources: a connection, its streams, and their turns. Loaded when a client speaks it."""
