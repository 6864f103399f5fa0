"""The client's end of HTTP: exchanges, the connections that carry them, and the pool that keeps those."""
