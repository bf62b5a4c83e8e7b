"""Sets: chains, DEXes, launchpads, words, tokens. One bitmap a member of a field says which slots it satisfies.

Each field has 24 members with a bitmap of their own, for which bitmaps are all there is to know. Where a token goes by
another member, or by several as with words, bitmaps only prune and the sets that are left are asked one by one.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from tokenfilter.adapters.numpy.arrays import Ints, Numbers, Truths, Words
from tokenfilter.adapters.numpy.bits import Ground
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.filter import OneOf, SetField, Unknown

NONE = -1
"""The number of no sets."""

_OWN = 24
_UNKNOWN, _UNNAMED, _REST = 0, 1, 2
_TRIED_ONE_BY_ONE = 256

Sets = tuple[OneOf, ...]


class Named:
    """What a token is, by field: one name, or the texts in which words are looked for; None while unknown."""

    def __init__(self, evidence: Evidence) -> None:
        self._facts, self._token = evidence.event.heard.facts, evidence.event.token

    def of(self, field: SetField) -> Sequence[str] | None:
        """The field's names; None while unknown."""
        match field:
            case "chain":
                return (self._token.chain.value,)
            case "token":
                return (self._token.address,)
            case "word":
                return tuple(text.lower() for text in (self._facts.symbol, self._facts.name) if text) or None
            case _:
                name = self._facts.dex if field == "dex" else self._facts.launchpad
                return None if name is None else (name.lower(),) if name else ()

    def holds(self, wanted: OneOf) -> bool:
        """Whether the set lets the token through, as matching.py says."""
        names = self.of(wanted.field)
        if names is None:
            return wanted.unknown is Unknown.PASS
        if _is_among(names, wanted.exclude, wanted.field):
            return False
        return not wanted.only or _is_among(names, wanted.only, wanted.field)


class _Field:
    """One field's bitmaps: for which slots the unknown holds, a name that none mentions, and each member.

    Members without a bitmap share one, which holds whatever mentions any of them.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._own: dict[str, int] = {}
        self._rest: Counter[str] = Counter()
        self._longest = 0
        self.bits = ground.bits(_REST + 1, fill=True)

    def put(self, slot: int, wanted: OneOf) -> None:
        for member in wanted.only | wanted.exclude:
            self._mention(member)
        if wanted.unknown is Unknown.REFUSE:
            self.bits.clear(slot, _UNKNOWN)
        if wanted.only:
            for row in range(_UNNAMED, len(self.bits.rows)):
                self.bits.clear(slot, row)
            for member in wanted.only:
                self.bits.set(slot, self._own.get(member, _REST))
        for member in wanted.exclude & self._own.keys():
            self.bits.clear(slot, self._own[member])

    def drop(self, slot: int, wanted: OneOf) -> None:
        for row in range(len(self.bits.rows)):
            self.bits.set(slot, row)
        for member in (wanted.only | wanted.exclude) & self._rest.keys():
            self._rest[member] -= 1
            if not self._rest[member]:
                del self._rest[member]

    def row(self, names: Sequence[str] | None) -> tuple[int, bool]:
        """The row of what goes by one name, and whether it is exact."""
        if names is None:
            return _UNKNOWN, True
        for name in names:
            if name in self._own:
                return self._own[name], True
            if name in self._rest:
                return _REST, False
        return _UNNAMED, True

    def union(self, texts: Sequence[str]) -> Words:
        """The slots that may hold for these texts."""
        size = self._ground.words
        found = self.bits.rows[_UNNAMED, :size]
        rows = [row for word, row in self._own.items() if any(word in text for text in texts)]
        if any(word in self._rest for word in self._rest_in(texts)):
            rows.append(_REST)
        for row in rows:
            found = found | self.bits.rows[row, :size]
        return found

    def _mention(self, member: str) -> None:
        if member in self._own:
            return
        if len(self._own) < _OWN:
            self._own[member] = len(self.bits.rows)
            self.bits.insert(len(self.bits.rows), like=_UNNAMED)
        else:
            self._rest[member] += 1
            self._longest = max(self._longest, len(member))

    def _rest_in(self, texts: Sequence[str]) -> Iterable[str]:
        """The words without a row that these texts have, and perhaps other parts of them."""
        if len(self._rest) <= _TRIED_ONE_BY_ONE:
            return (word for word in self._rest if any(word in text for text in texts))
        return (part for text in texts for part in _parts(text, self._longest))


class Membership:
    """The sets of every slot; equal ones have one number."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._fields: dict[SetField, _Field] = {}
        self._numbers: dict[Sets, int] = {}
        self._sets: dict[int, Sets] = {}
        self._users: Counter[int] = Counter()
        self._free = Numbers()

    def put(self, slot: int, sets: Sets) -> int:
        """A slot has these sets; the number they go by."""
        if not sets:
            return NONE
        for wanted in sets:
            if wanted.field not in self._fields:
                self._fields[wanted.field] = _Field(self._ground)
            self._fields[wanted.field].put(slot, wanted)
        number = self._numbers.get(sets)
        if number is None:
            number = self._numbers[sets] = self._free.take()
            self._sets[number] = sets
        self._users[number] += 1
        return number

    def drop(self, slot: int, sets: Sets) -> None:
        """A slot has these sets no longer."""
        if not sets:
            return
        for wanted in sets:
            self._fields[wanted.field].drop(slot, wanted)
        number = self._numbers[sets]
        self._users[number] -= 1
        if not self._users[number]:
            del self._users[number], self._sets[number], self._numbers[sets]
            self._free.give_back(number)

    def take_out(self, named: Named, left: Words) -> bool:
        """Clear the slots whose sets fail; whether sets are to be asked besides, as not all those are cleared."""
        is_exact = True
        for field, kept in self._fields.items():
            names = named.of(field)
            if field == "word" and names is not None:
                left &= kept.union(names)
                is_exact = False
            else:
                row, exact = kept.row(names)
                left &= kept.bits.rows[row, : len(left)]
                is_exact &= exact
        return not is_exact

    def holding(self, numbers: Ints, named: Named) -> Truths:
        """Which of the sets of these numbers hold; without sets all does."""
        holds: Truths = numbers == NONE
        asked = (~holds).nonzero()[0]
        if asked.size:
            of = numbers[asked].tolist()
            known = {number: all(map(named.holds, self._sets[number])) for number in set(of)}
            holds[asked] = [known[number] for number in of]
        return holds


def _is_among(names: Sequence[str], members: frozenset[str], field: SetField) -> bool:
    if field == "word":
        return any(member in name for member in members for name in names)
    return any(name in members for name in names)


def _parts(text: str, longest: int) -> Iterable[str]:
    size = len(text)
    return (text[first:last] for first in range(size) for last in range(first, min(size, first + longest) + 1))
