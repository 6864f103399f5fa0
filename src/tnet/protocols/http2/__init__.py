"""HTTP/2 from the client's side, on h2: what it does not bound is bounded here, and what it gives up for is not."""
