"""How the tables came to be what tables.py says, step by step; run by migrate.py."""
