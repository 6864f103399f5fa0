"""SSH on Conch, with our subclasses where Conch is unsafe or loses data. Loaded late: Conch imports the reactor."""
