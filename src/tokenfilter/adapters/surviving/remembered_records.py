"""The dedup records of the tokens that were settled last, as many as there is room for."""

from collections import OrderedDict
from collections.abc import Container
from typing import NamedTuple

from tokenfilter.domain.cohorts import TokenRecords
from tokenfilter.domain.ids import Token

MOST_REMEMBERED = 25_000
"""Tokens."""

MOST_ACCEPTED = 2_000_000
"""Acceptances of all tokens together: some hundred megabytes."""


class Remembered(NamedTuple):
    """What is remembered of a token, and since when this process has been its only writer; None: it is not."""

    records: TokenRecords
    term: int | None


class RememberedRecords:
    """The tokens that were put longest ago are given up first, but never one of `kept`."""

    def __init__(self, kept: Container[Token]) -> None:
        self._kept = kept
        self._tokens: OrderedDict[Token, Remembered] = OrderedDict()
        self._accepted = 0

    def tokens(self) -> list[Token]:
        """All of which anything is remembered."""
        return list(self._tokens)

    def get(self, token: Token) -> Remembered | None:
        """What is remembered of a token."""
        return self._tokens.get(token)

    def put(self, token: Token, records: TokenRecords, term: int | None) -> None:
        """Remember this of a token from now on."""
        self.drop(token)
        self._tokens[token] = Remembered(records, term)
        self._accepted += len(records.accepted)
        while len(self._tokens) > MOST_REMEMBERED or self._accepted > MOST_ACCEPTED:
            spare = next((t for t in self._tokens if t not in self._kept), token)
            if spare == token:
                return
            self.drop(spare)

    def drop(self, token: Token) -> None:
        """Forget what is remembered of a token, if anything is."""
        dropped = self._tokens.pop(token, None)
        if dropped:
            self._accepted -= len(dropped.records.accepted)
