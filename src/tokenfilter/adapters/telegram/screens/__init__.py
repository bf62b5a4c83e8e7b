"""One file a screen; each is a pure function of what it shows."""
