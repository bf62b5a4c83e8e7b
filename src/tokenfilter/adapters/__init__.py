"""Where the world is touched.

A folder a technology, a file a port. Adapters know ports and domain, never one another.
"""
