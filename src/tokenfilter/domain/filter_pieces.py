"""A filter's text cut into its criteria, each with its place, and the one error that reading a filter raises.

What a criterion means is read in filter_text.py.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from tokenfilter.domain.filter import MAX_ALTERNATIVES, SET_FIELDS, InvalidFilterError, Unknown
from tokenfilter.domain.filter_print import ANYTHING
from tokenfilter.domain.filter_values import spell_number
from tokenfilter.domain.market import FLAGS, METRIC_OF_WORD, METRICS
from tokenfilter.domain.numbers import parse_number

WORDS = (*METRIC_OF_WORD, *FLAGS, *SET_FIELDS, "channel", "quorum", "recheck", "unknown", ANYTHING, "or")
"""Every word a criterion may begin with."""

_PIECE = re.compile(r"[^,\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_NAME = re.compile(r"[^\s<>=≥≤$]+")
_THOUSANDS = re.compile(r"(?<![0-9])[0-9]+(?:,[0-9]+)+")
_SHOWN = 60
_LONGEST_WORD = 40
_LONGEST_HINT = 24


class InvalidFilterTextError(InvalidFilterError):
    """A text that is no filter.

    `criterion` is the text of the criterion that is wrong (empty: the filter as a whole), `position` where it begins
    (characters, counted from 0), `expected` what should stand there, `nearest` the known name it resembles most.
    """

    def __init__(self, expected: str, *, criterion: str = "", position: int = 0, nearest: str | None = None) -> None:
        self.criterion = criterion
        self.position = position
        self.expected = expected
        self.nearest = nearest
        place = f"{_shown(criterion)} (character {position + 1}): " if criterion else ""
        guess = f"; did you mean {nearest}?" if nearest else ""
        super().__init__(f"{place}{expected}{guess}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What stands between two commas: a name, what follows it with single blanks, and its own policy if it has one."""

    text: str
    position: int
    name: str
    rest: str
    policy: Unknown | None

    def refused(self, expected: str, *, nearest: str | None = None) -> InvalidFilterTextError:
        """The error that says what is wrong with this criterion."""
        return InvalidFilterTextError(expected, criterion=self.text, position=self.position, nearest=nearest)

    def unknown_name(self) -> InvalidFilterTextError:
        """The error for a name that no criterion has."""
        if self.name.startswith("@"):
            return self.refused("no criterion of that name: the values of a set stand with blanks between, not commas")
        near = get_close_matches(self.name[:_LONGEST_WORD], WORDS, n=1)
        return self.refused("no criterion of that name", nearest=near[0] if near else None)


def alternatives_of(text: str) -> tuple[tuple[Piece, ...], ...]:
    """Cut a text at `or` into alternatives, and these at commas and line ends into criteria.

    Raises:
        InvalidFilterTextError: a comma within a number, too many alternatives, or one without criteria.
    """
    _refuse_commas_in_numbers(text)
    alternatives: list[list[Piece]] = [[]]
    separator = None
    for piece in filter(None, map(_piece_of, _PIECE.finditer(text))):
        if piece.text.lower() != "or":
            alternatives[-1].append(piece)
            continue
        if len(alternatives) == MAX_ALTERNATIVES:
            raise piece.refused(f"expected at most {MAX_ALTERNATIVES} alternatives")
        _refuse_bare(alternatives[-1], beside=piece)
        separator = piece
        alternatives.append([])
    if separator:
        _refuse_bare(alternatives[-1], beside=separator)
    return tuple(tuple(pieces) for pieces in alternatives)


def _piece_of(found: re.Match[str]) -> Piece | None:
    text = found.group().strip()
    if not text:
        return None
    position = found.start() + found.group().index(text[0])
    named = _NAME.match(text)
    name = named.group() if named else ""
    words = text[len(name) :].split()
    policy = None
    if "unknown" in map(str.lower, words[-2:]):
        policy = _policy_of(words[-2:], text=text, position=position)
        words = words[:-2]
    return Piece(text=text, position=position, name=name.lower(), rest=" ".join(words), policy=policy)


def _policy_of(words: list[str], *, text: str, position: int) -> Unknown:
    said = words[-1].lower()
    if words[0].lower() != "unknown" or said not in tuple(Unknown):
        raise InvalidFilterTextError(
            "expected `unknown pass` or `unknown refuse` at the end", criterion=text, position=position
        )
    return Unknown(said)


def _refuse_bare(pieces: Iterable[Piece], *, beside: Piece) -> None:
    """An alternative without criteria would match everything: where there are several it must say so with `any`."""
    if all(piece.name in ("unknown", "recheck") for piece in pieces):
        raise beside.refused("expected criteria on both sides of `or`")


def _refuse_commas_in_numbers(text: str) -> None:
    """No criterion's name begins with a digit, so a comma between digits is always meant as a part of a number."""
    found = _THOUSANDS.search(text)
    if not found:
        return
    start = max(piece.start() for piece in _PIECE.finditer(text) if piece.start() <= found.start())
    raw = text[start : found.end()]
    first, *groups = found.group().split(",")
    meant = "1.5 for 1,5"
    if all(len(group) == len("000") for group in groups) and len(found.group()) <= _LONGEST_HINT:
        meant = spell_number(METRICS["mcap"], parse_number(first + "".join(groups)))
    raise InvalidFilterTextError(
        f"a comma separates criteria: write {meant}",
        criterion=raw.strip(),
        position=start + len(raw) - len(raw.lstrip()),
    )


def _shown(text: str) -> str:
    clean = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return clean if len(clean) <= _SHOWN else f"{clean[:_SHOWN]}…"
