"""What is known of one event, as the numbers that columns and rows are compared with.

Not a number is unknown: nothing is at or below it, so a condition fails; where it may hold, the number is infinite.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tokenfilter.adapters.numpy.arrays import Floats
from tokenfilter.adapters.numpy.columns import (
    LOW,
    MICROSECOND,
    OF_CALLERS,
    QUORUM,
    WINDOW,
    Columns,
    Key,
    Kind,
    code_of,
)
from tokenfilter.domain.call import KeptCall
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.filter import LONGEST_WINDOW
from tokenfilter.domain.ids import ChannelId

_UNKNOWN, _HOLDS = math.nan, math.inf
_CHANNELS_KEPT = 20_000


class _Channel(NamedTuple):
    """A channel's statistics as columns have them; whether each is known."""

    stats: ChannelStats | None
    numbers: list[float]
    is_complete: bool


class Layout:
    """Where each fact goes: made anew when there is a new column.

    An event's facts are one list: what always holds, metrics, flags, how many channels called. What is asked of a
    channel is kept for as long as its statistics are the same.
    """

    def __init__(self, columns: Columns) -> None:
        keys = columns.keys
        self.metrics, self.flags = _named("metric", keys), _named("flag", keys)
        facts = [*(Key("metric", n, LOW) for n in self.metrics), *(Key("flag", n, LOW) for n in self.flags), QUORUM]
        places = {fact: place for place, fact in enumerate(facts, start=1)}
        told = [(0, 1) if k.kind in OF_CALLERS else (places[k._replace(end=LOW)], k.end) for k in keys]
        told += [(0, 1), (0, 1), *(one for one in told for _ in range(2))]
        self.columns = len(keys)
        self.subjects = np.array([subject for subject, _ in told], np.intp)
        self.ends = np.array([end for _, end in told], np.float64)
        of_channel = [n for n, key in enumerate(keys) if key.kind == "statistic"]
        self.asked = [keys[n] for n in of_channel]
        self.asked_columns = np.array(of_channel, np.intp)
        self.asked_codes = np.array([code_of(n) for n in of_channel], np.intp)
        self.window = keys.index(WINDOW) if WINDOW in keys else None
        self._channels: dict[ChannelId, _Channel] = {}

    def channel(self, channel: ChannelId, stats: ChannelStats | None) -> _Channel:
        """What is known of a channel."""
        kept = self._channels.get(channel)
        if kept is None or kept.stats is not stats:
            numbers = [_number(key, stats) for key in self.asked]
            kept = _Channel(stats, numbers, is_complete=not any(map(math.isnan, numbers)))
            if len(self._channels) >= _CHANNELS_KEPT:
                self._channels.clear()
            self._channels[channel] = kept
        return kept


class Query:
    """The numbers of one event: `columns` by column, `rows` by code for all that is not asked of a caller.

    `calls` are those that count in the longest window. `mixed` are the columns over statistics that some callers have
    and others have not.
    """

    def __init__(self, layout: Layout, evidence: Evidence) -> None:
        at = evidence.at
        self.calls: list[KeptCall] = [call for call in evidence.calls if at < call.last_at + LONGEST_WINDOW]
        self.mixed: list[int] = []
        self._layout = layout
        self._asked: Floats | None = None
        values, flags = evidence.values, evidence.event.heard.flags
        facts = [_HOLDS]
        facts += [_UNKNOWN if (v := values.get(name)) is None else float(v) for name in layout.metrics]
        facts += [_UNKNOWN if (f := flags.get(name)) is None else f for name in layout.flags]
        facts.append(len(self.calls))
        numbers = np.array(facts).take(layout.subjects)
        numbers *= layout.ends
        self.columns: Floats = numbers[: layout.columns]
        self.rows: Floats = numbers[layout.columns :]
        tolerant = self.rows[1::2]
        tolerant[np.isnan(tolerant)] = _HOLDS
        self._ago = [(at - call.last_at) // MICROSECOND + 1 for call in self.calls] if layout.window is not None else ()
        if layout.asked and self.calls:
            self._ask_channels(evidence)
        if self._ago:
            self.columns[layout.window] = -min(self._ago)

    def by_caller(self) -> Floats:
        """As `rows`, for each caller: with what is asked of it."""
        made = np.empty((len(self.calls), len(self.rows)))
        made[:] = self.rows
        if self._asked is not None:
            codes = self._layout.asked_codes
            made[:, codes] = self._asked
            if self.mixed:
                made[:, codes + 1] = np.where(np.isnan(self._asked), _HOLDS, self._asked)
            else:
                made[:, codes + 1] = self._asked
        if self._layout.window is not None:
            made[:, code_of(self._layout.window)] = np.negative(self._ago)
        return made

    def _ask_channels(self, evidence: Evidence) -> None:
        layout, stats = self._layout, evidence.stats
        channels = [layout.channel(call.channel, stats.get(call.channel)) for call in self.calls]
        self._asked = np.array([channel.numbers for channel in channels])
        self.columns[layout.asked_columns] = np.fmax.reduce(self._asked, axis=0)
        if not all(channel.is_complete for channel in channels):
            unknown = np.isnan(self._asked).any(axis=0)
            self.mixed = layout.asked_columns[unknown].tolist()


def _number(key: Key, stats: ChannelStats | None) -> float:
    value = stats.value(key.name) if stats else None
    return _UNKNOWN if value is None else key.end * float(value)


def _named(kind: Kind, keys: Sequence[Key]) -> list[str]:
    return list(dict.fromkeys(key.name for key in keys if key.kind == kind))
