"""Domain objects as plain values that JSON can hold, and back, for whatever stores them.

Each module has pairs `x_to_plain(x)` and `x_from_plain(plain)`. The round trip is exact. Numbers are decimal strings,
instants are microseconds since 1970 (ISO 8601 in UTC where people look), what is None is left out and everything else
is written. Reading passes over keys it does not know, takes null for what is left out, and raises `NotStoredFormError`
for whatever is not of the form. What joins a form later must be optional when read: older ones are kept somewhere.
text.py makes JSON text of it that Redis, PostgreSQL and a file can keep; how single fields are read stands in
fields.py, measures.py and names.py.
"""
