"""The permanent store: PostgreSQL 15 or newer through SQLAlchemy and asyncpg.

tables.py says what is kept, migrations/ how the tables came about. Row by row the writes are in history.py, the reads
in history.py and archive.py.
"""
