"""The whole load of one size, drawn anew each time and always the same."""

from collections.abc import Sequence

from matching_parts.columns import conditions
from matching_parts.contest import Load
from matching_parts.events import evidences
from matching_parts.filters import routes
from matching_parts.naive import as_dict, passes
from matching_parts.rows import moment_of, rows_of

SAMPLED = 1_000


def load(filters: int, events: int) -> Load:
    """The load of that size; the filters of a smaller one are the first of a larger one's.

    Any beginning of the events is like all of them in how many filters want one, as far as some of the filters say: a
    slow engine, which is asked only the first, is not compared over events that happen to be wanted by many.
    """
    drawn, seen = list(routes(filters)), list(evidences(events))
    rows = [row for route in drawn for row in rows_of(route)]
    moments = [moment_of(evidence) for evidence in seen]
    some = [as_dict(row) for row in rows[:SAMPLED]]
    wanted = [sum(passes(one, moment) for one in some) for moment in moments]
    order = spread(sorted(range(events), key=wanted.__getitem__))
    return Load(drawn, rows, conditions(rows), [seen[n] for n in order], [moments[n] for n in order])


def spread(numbers: Sequence[int]) -> list[int]:
    """The numbers so that any beginning is spread evenly over all of them (van der Corput's order)."""
    bits = len(numbers).bit_length()
    turns = (int(f"{turn:0{bits}b}"[::-1], 2) for turn in range(2**bits))
    return [numbers[turn] for turn in turns if turn < len(numbers)]
