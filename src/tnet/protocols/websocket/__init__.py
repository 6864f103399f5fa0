"""WebSocket, as far as whoever carries it has to know: heads, sizes, closing, and where messages begin and end."""
