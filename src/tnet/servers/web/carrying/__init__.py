"""HTTP/1.1 on a connection, and what every exchange has, whatever carries it: admission, body, deadlines, report."""
