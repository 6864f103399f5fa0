"""What each `tnet serve` offers: plain Twisted factories, and the `offer` that the runtime calls. Never clients."""
