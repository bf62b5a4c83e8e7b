"""Matching by arrays: bitmaps that prune, then the few filters that are left compared exactly."""
