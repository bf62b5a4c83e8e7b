"""Recorded feeds."""
