"""Was every alert told, and none twice? What was claimed, how it ended, and what the chats show, compared.

Who collects the three, and from where, is the caller's business.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tokenfilter.domain.dedup import ACCEPTED_FOR
from tokenfilter.domain.event import CLOCK_SKEW_ALLOWED
from tokenfilter.domain.history import DeliveryOutcome, DeliverySettled
from tokenfilter.domain.ids import Destination, Token

GRACE = timedelta(minutes=10)
"""Beyond its useful life an alert may still be on its way for so long, and so may the digest it was folded into."""

SETTLING = timedelta(seconds=5)
"""An end that is known to the stores is told everywhere within this."""

_ONE_ALERT = ACCEPTED_FOR - 2 * GRACE
"""Within so long a token is claimed once and told once: the days of the rule are those of events, not of the clock."""

_WITHHELD = {DeliveryOutcome.MUTED, DeliveryOutcome.GONE, DeliveryOutcome.REFUSED}

Pair = tuple[str, Destination]
"""A token's address and a destination: what a chat shows names no chain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A destination was to be told of a token, at an instant of the wall clock."""

    token: Token
    destination: Destination
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CardShown:
    """A chat shows an alert about the token of this address."""

    address: str
    destination: Destination
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestShown:
    """A chat shows a digest that counts so many alerts; it names no address. The same digest has the same `mark`."""

    alerts: int
    destination: Destination
    at: datetime
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the chats show, oldest first. What was claimed before `complete_from`, if known, may be missing."""

    cards: Sequence[CardShown] = ()
    digests: Sequence[DigestShown] = ()
    complete_from: datetime | None = None


class Fate(StrEnum):
    """What became of an alert."""

    TOLD = "told"
    WAITING = "waiting"
    WITHHELD = "withheld"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many alerts are owed, each in one of four states; which are lost; and how many were told once too often."""

    told: int
    waiting: int
    withheld: int
    lost: tuple[Claim, ...]
    doubled: int

    @property
    def owed(self) -> int:
        """All of them."""
        return self.told + self.waiting + self.withheld + len(self.lost)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """What may still be on its way at `now`.

    `useful_for` is how long an alert is worth telling on its own. Destinations that are `resting` rightly wait for
    longer: alerts off for a while, quiet hours. `empty_at` is an instant at which nothing was owed any more.
    """

    now: datetime
    useful_for: timedelta
    resting: Collection[Destination] = frozenset()
    empty_at: datetime | None = None

    def is_left(self, destination: Destination, *, since: datetime, most: timedelta) -> bool:
        """Whether what has been owed since an instant may still come."""
        if self.empty_at is not None and since < self.empty_at <= self.now - SETTLING:
            return False
        return destination in self.resting or self.now - since <= most


def tally(claims: Iterable[Claim], ends: Iterable[DeliverySettled], shown: Shown, patience: Patience) -> Tally:
    """Compare: claims read before the ends, and these before what is shown, or a moment's work may look lost.

    An alert claimed again within its 14 days is the same alert. Told is what a card shows or a digest counts. Withheld
    ended otherwise: muted, the chat cannot be reached, Telegram refused it. Lost is what ended as told and is shown
    nowhere, and what has neither ended nor may still be on its way. Doubled is what a card shows again within the 14
    days, what both a card and a digest tell, and what a repeated digest tells again.
    """
    owed = _distinct(claims, shown.complete_from)
    cards = _cards(shown)
    alerts, unsent_digests = _ends(ends)
    fates: list[tuple[Claim, Fate]] = []
    folded: dict[Destination, list[_Folded]] = defaultdict(list)
    for claim in owed:
        pair = _pair(claim)
        has_card = any(_is_of(claim, card.at) for card in cards.get(pair, ()))
        end = next((end for end in reversed(alerts.get(pair, ())) if _is_of(claim, end.at)), None)
        if end is not None and end.outcome is DeliveryOutcome.IN_DIGEST:
            folded[claim.destination].append(_Folded(claim=claim, at=end.at, has_card=has_card))
        else:
            fates.append((claim, _fate(claim, end, patience, has_card=has_card)))
    doubled = _shown_again(cards, owed, patience)
    digests = _by_destination(shown.digests)
    for destination, of_one in folded.items():
        counted, left, again = _counted(of_one, digests[destination])
        doubled += again + sum(one.has_card for one in counted)
        fates += ((one.claim, Fate.TOLD) for one in counted)
        fates += _left(left, unsent_digests[destination], patience)
    number = Counter(fate for _, fate in fates)
    return Tally(
        told=number[Fate.TOLD],
        waiting=number[Fate.WAITING],
        withheld=number[Fate.WITHHELD],
        lost=tuple(claim for claim, fate in fates if fate is Fate.LOST),
        doubled=doubled,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folded:
    """An alert that went into a digest at `at`; it should have no card."""

    claim: Claim
    at: datetime
    has_card: bool


def _pair(claim: Claim) -> Pair:
    return claim.token.address, claim.destination


def _is_of(claim: Claim, at: datetime) -> bool:
    """Whether what happened at an instant belongs to this claim, and not to one 14 days earlier or later."""
    return -CLOCK_SKEW_ALLOWED <= at - claim.at < _ONE_ALERT - CLOCK_SKEW_ALLOWED


def _distinct(claims: Iterable[Claim], complete_from: datetime | None) -> list[Claim]:
    kept: dict[tuple[Token, Destination], Claim] = {}
    found = []
    for claim in sorted(claims, key=lambda c: c.at):
        earlier = kept.get((claim.token, claim.destination))
        if earlier is None or claim.at - earlier.at >= _ONE_ALERT:
            kept[claim.token, claim.destination] = claim
            if complete_from is None or claim.at > complete_from:
                found.append(claim)
    return found


def _cards(shown: Shown) -> defaultdict[Pair, list[CardShown]]:
    found: defaultdict[Pair, list[CardShown]] = defaultdict(list)
    for card in shown.cards:
        found[card.address, card.destination].append(card)
    return found


def _by_destination(digests: Iterable[DigestShown]) -> defaultdict[Destination, list[DigestShown]]:
    found: defaultdict[Destination, list[DigestShown]] = defaultdict(list)
    for digest in digests:
        found[digest.destination].append(digest)
    return found


def _ends(
    ends: Iterable[DeliverySettled],
) -> tuple[defaultdict[Pair, list[DeliverySettled]], Counter[Destination]]:
    """The ends of alerts, the latest last, and how many alerts were in digests that were not to be told."""
    alerts: defaultdict[Pair, list[DeliverySettled]] = defaultdict(list)
    unsent: Counter[Destination] = Counter()
    for end in sorted(ends, key=lambda e: e.at):
        kind, _, rest = end.notification.partition(":")
        if kind == "alert" and end.token is not None:
            alerts[end.token.address, end.destination].append(end)
        elif kind == "digest" and end.outcome in _WITHHELD:
            unsent[end.destination] += int(rest.rpartition(":")[2])
    return alerts, unsent


def _fate(claim: Claim, end: DeliverySettled | None, patience: Patience, *, has_card: bool) -> Fate:
    """The fate of an alert that stands alone."""
    if has_card:
        return Fate.TOLD
    if end is None:
        may_come = patience.is_left(claim.destination, since=claim.at, most=patience.useful_for + GRACE)
        return Fate.WAITING if may_come else Fate.LOST
    return Fate.WITHHELD if end.outcome in _WITHHELD else Fate.LOST


def _shown_again(cards: dict[Pair, list[CardShown]], owed: Iterable[Claim], patience: Patience) -> int:
    """How many cards came too soon after one of the same token; an address may be a token on several chains."""
    tokens: defaultdict[Pair, set[Token]] = defaultdict(set)
    for claim in owed:
        tokens[_pair(claim)].add(claim.token)
    soon = _ONE_ALERT - patience.useful_for
    doubled = 0
    for pair, of_pair in cards.items():
        apart = len(tokens[pair]) or 1
        earlier_and_later = zip(of_pair, of_pair[apart:], strict=False)
        doubled += sum(later.at - earlier.at < soon for earlier, later in earlier_and_later)
    return doubled


def _counted(folded: Iterable[_Folded], digests: Iterable[DigestShown]) -> tuple[list[_Folded], Sequence[_Folded], int]:
    """Which alerts the digests count, which they do not, and how many a digest that is there twice tells again.

    A digest does not say which alerts it counts: it is taken for the oldest, none of which can be younger than it.
    """
    left = deque(sorted(folded, key=lambda one: one.claim.at))
    counted: list[_Folded] = []
    marks: set[str] = set()
    again = 0
    for digest in digests:
        room = digest.alerts
        while room and left and left[0].claim.at - CLOCK_SKEW_ALLOWED <= digest.at:
            counted.append(left.popleft())
            room -= 1
        again += room if digest.mark in marks else 0
        marks.add(digest.mark)
    return counted, tuple(left), again


def _left(left: Sequence[_Folded], unsent: int, patience: Patience) -> Iterable[tuple[Claim, Fate]]:
    """What becomes of folded alerts that no digest counts: `unsent` were in digests that were not to be told."""
    for number, one in enumerate(left):
        if one.has_card:
            yield one.claim, Fate.TOLD
        elif number < unsent:
            yield one.claim, Fate.WITHHELD
        else:
            may_come = patience.is_left(one.claim.destination, since=one.at, most=GRACE)
            yield one.claim, Fate.WAITING if may_come else Fate.LOST
