"""For people who write filters or adapters: hypothesis strategies, and contract suites for every port.

Needs the extra `testing`; nothing else of the package imports it.
"""
