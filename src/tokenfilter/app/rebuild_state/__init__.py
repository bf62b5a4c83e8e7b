"""Give a real-time store back what it lost and the permanent one knows, before matching resumes.

`rebuild` writes it back; `lost_records` finds what a store does not know that came back with old data; `many` goes
through many things.
"""

from tokenfilter.app.rebuild_state.rebuild import RebuildState, Rebuilt

__all__ = ["RebuildState", "Rebuilt"]
