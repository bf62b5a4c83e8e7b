"""The program with two weak spots: `python poisoned.py run ...`.

Judging one token raises what no code foresees, and history refuses for good what was decided of another.
"""

import os
from collections.abc import Sequence

from tokenfilter.adapters.numpy.filter_index import NumpyFilterIndex
from tokenfilter.adapters.postgres.history import PostgresHistory
from tokenfilter.cli import main
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.history import EventSettled, JournalEntry
from tokenfilter.domain.subscriber import Route
from tokenfilter.ports.failures import RefusedError

COMMAND = ["-P", __file__]  # this folder is no place to look for modules
VARIABLES = ("FAULTS_NOT_JUDGED", "FAULTS_NOT_KEPT")
"""Addresses of the tokens."""

_matches, _record = NumpyFilterIndex.matches, PostgresHistory.record
_not_judged, _not_kept = (os.environ.get(name) for name in VARIABLES)


def _stumbling(self: NumpyFilterIndex, evidence: Evidence, **how: object) -> Sequence[Route]:
    if evidence.event.token.address == _not_judged:
        raise ZeroDivisionError("poison")
    return _matches(self, evidence, **how)  # type: ignore[arg-type]


async def _picky(self: PostgresHistory, entries: Sequence[JournalEntry]) -> None:
    if any(isinstance(e, EventSettled) and e.evidence.event.token.address == _not_kept for e in entries):
        raise RefusedError("poison")
    await _record(self, entries)


if __name__ == "__main__":
    NumpyFilterIndex.matches, PostgresHistory.record = _stumbling, _picky  # type: ignore[method-assign]
    main()
