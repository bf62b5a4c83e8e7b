"""A simulated market: feeds that need no account, and a stage on which things happen on demand."""
