"""A sender for the fair queue's tests, and stories of what arrives."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st

from tokenfilter.domain.delivery import digest_of, joined
from tokenfilter.domain.fair_queue import FairQueue
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.notification import Digest, FoldReason, Lane
from tokenfilter.domain.pace import Pace
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
PLACES = (
    *(Destination(ChatId(n)) for n in range(1, 6)),
    Destination(ChatId(-1)),
    Destination(ChatId(-1), 7),
    Destination(ChatId(-2)),
)


def alert(number, to=PLACES[0], *, lane=Lane.ALERTS, queued_at=NOON, useful_for=timedelta(hours=9)):
    """An alert that its number names."""
    useful_until = queued_at + useful_for
    plain = examples.alert(about=examples.stamped(examples.heard(f"n{number}")))
    return replace(plain, id=f"n{number}", destination=to, lane=lane, queued_at=queued_at, useful_until=useful_until)


def reserved(pace, chat, now):
    """When a message to a chat goes, its place in the budget taken."""
    at = max(now, pace.overall_free_at(), pace.chat_free_at(chat))
    pace.spend(chat, at)
    return at


class Sender:
    """Sends as app/deliver_notifications does: one after the other, each at its place in the budget.

    `folded` are the folds there were, `members` who is told of in a digest, by its id.
    """

    def __init__(self, *, most=20, excess=0):
        self.queue, self.pace, self.now = FairQueue(most=most), Pace(), NOON
        self.excess = excess
        self.sent = []
        self.folded = []
        self.members = {}

    def run(self, until, *, unsent=lambda _: None):
        """Send what may go until an instant; `unsent` says for how long a notification must be put back."""
        while self.now <= until:
            self.fold()
            taken = self.queue.take(self.now, self.pace)
            if taken is not None:
                self.now = reserved(self.pace, taken.destination.chat, self.now)
                rest = unsent(taken)
                if rest is None:
                    self.sent.append((self.now, taken))
                else:
                    self.queue.put_back(taken, until=self.now + rest)
            elif not self.fold():
                wake_at = self.queue.wake_at()
                self.now = min(until, wake_at) if wake_at and wake_at > self.now else until
                if self.now == until and (wake_at is None or wake_at > until):
                    return

    def fold(self):
        """Make digests of what is to be folded; whether there was anything."""
        folds = self.queue.folds(self.now, most=100, excess=self.queue.singles - self.excess if self.excess else 0)
        for fold in folds:
            if fold.into is None:
                digest = digest_of(fold.folded, FoldReason.TOO_MANY, now=self.now)
            else:
                digest = joined(fold.into, fold.folded, FoldReason.TOO_MANY)
            members = self.members.setdefault(digest.id, [])
            for one in fold.folded:
                members += self.members.pop(one.id, [one]) if isinstance(one.body, Digest) else [one]
            self.folded.append(fold)
            self.queue.put(digest)
        return bool(folds)

    def told(self):
        """Everything that was sent, alone or in a digest."""
        return [n for _, one in self.sent for n in self.members.get(one.id, [one])]


arrivals = st.lists(
    st.tuples(
        st.sampled_from((0, 0, 0, 10, 300, 5_000)),
        st.sampled_from(PLACES),
        st.sampled_from((*(Lane.ALERTS,) * 4, Lane.MONEY, Lane.REPORTS)),
        st.sampled_from((timedelta(hours=9), timedelta(hours=9), SECOND)),
    ),
    max_size=120,
)


rests = st.dictionaries(st.integers(0, 119), st.lists(st.integers(0, 9), max_size=3))


def resting(put_back):
    """For how long each must be put back, digests by how many they tell."""
    left = {number: list(rests) for number, rests in put_back.items()}

    def unsent(notification):
        number = int(notification.id[1:]) if notification.id[0] == "n" else notification.body.number
        rests = left.get(number)
        return timedelta(seconds=rests.pop()) if rests else None

    return unsent


def played(story, *, most=20, excess=0, unsent=lambda _: None, replies=()):
    """A sender that was given a story and all the time it needs."""
    sender, at = Sender(most=most, excess=excess), NOON
    for number, (after, to, lane, useful_for) in enumerate(story):
        at += timedelta(milliseconds=after)
        sender.run(at, unsent=unsent)
        if number in replies:
            sender.pace.spend(to.chat, sender.now)
        sender.queue.put(alert(number, to, lane=lane, queued_at=at, useful_for=useful_for))
    sender.run(at + timedelta(hours=2), unsent=unsent)
    return sender
