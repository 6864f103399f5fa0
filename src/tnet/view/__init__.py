"""Events to text. The only room with Rich."""
