"""What came and what went, for whoever debugs a client: a live page, endpoints to test against, and bins."""
