"""The filter index on numpy: exact bitmaps for many filters, whole numbers for few."""
