"""Adapters around ports: they know nothing but the port they wrap."""
