"""What soak.py keeps account with."""
