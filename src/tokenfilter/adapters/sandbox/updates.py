"""The queue of updates and the long poll on it, with Telegram's confirmation by offset and its conflicts."""

import asyncio
from collections import deque
from collections.abc import Iterable
from itertools import islice

from tokenfilter.adapters.sandbox.chronicle import Chronicle
from tokenfilter.adapters.sandbox.errors import ApiError, bad_request, conflict
from tokenfilter.adapters.sandbox.limits import Limits
from tokenfilter.adapters.sandbox.noted_lines import line_of, numbers_of, values_of
from tokenfilter.adapters.sandbox.parameters import Parameters

KINDS = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "message_reaction",
    "message_reaction_count",
    "inline_query",
    "chosen_inline_result",
    "callback_query",
    "shipping_query",
    "pre_checkout_query",
    "purchased_paid_media",
    "poll",
    "poll_answer",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
    "chat_boost",
    "removed_chat_boost",
)
DEFAULT_KINDS = frozenset(KINDS) - {"chat_member", "message_reaction", "message_reaction_count"}
MAX_PENDING = 100_000
FIRST_UPDATE_ID = 500_000_001

Update = dict[str, object]

_OTHER_POLL = "terminated by other getUpdates request; make sure that only one bot instance is running"
_WEBHOOK_SET = "terminated by setWebhook request"
_WEBHOOK_ACTIVE = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"


class UpdateQueue:
    """Updates wait here until the bot confirms them with a higher offset; at most one poll waits at a time."""

    def __init__(self, limits: Limits, chronicle: Chronicle) -> None:
        self._limits = limits
        self._chronicle = chronicle
        self._pending: deque[tuple[int, Update | str]] = deque(maxlen=MAX_PENDING)
        self._next_id = FIRST_UPDATE_ID
        self._poll: asyncio.Future[None] | None = None
        self._closed = False
        self.allowed: frozenset[str] = DEFAULT_KINDS
        self.arrived = asyncio.Event()
        chronicle.keep(
            self._told,
            next_update=self._take_next,
            allowed=self._take_allowed,
            update=self._take_update,
            confirmed=lambda line: self._forget(numbers_of(line)[0]),
        )

    def push(self, kind: str, body: object) -> None:
        """Queue an update, unless the bot asked not to receive its kind."""
        if kind not in self.allowed:
            return
        update: Update = {"update_id": self._next_id, kind: body}
        self._pending.append((self._next_id, update))
        self._chronicle.note("update", self._next_id, update)
        self._next_id += 1
        self.arrived.set()
        self._end_poll(None)

    def close(self) -> None:
        """Answer the waiting poll at once; no later poll waits."""
        self._closed = True
        self._end_poll(None)

    def interrupt(self) -> None:
        """A webhook was set: the waiting poll ends with a conflict."""
        self._end_poll(conflict(_WEBHOOK_SET))

    def _end_poll(self, error: ApiError | None) -> None:
        if self._poll is not None and not self._poll.done():
            if error is None:
                self._poll.set_result(None)
            else:
                self._poll.set_exception(error)
        self._poll = None

    @property
    def pending(self) -> int:
        return len(self._pending)

    def head(self) -> Update | None:
        """The oldest update not yet confirmed."""
        return _read(self._pending[0][1]) if self._pending else None

    def confirm(self, before: int) -> None:
        """Forget every update with an id below `before`."""
        if self._forget(before):
            self._chronicle.note("confirmed", before)

    def _forget(self, before: int) -> bool:
        pending = len(self._pending)
        while self._pending and self._pending[0][0] < before:
            self._pending.popleft()
        return len(self._pending) < pending

    def drop_pending(self) -> None:
        self.confirm(self._next_id)

    def allow(self, parameters: Parameters) -> None:
        """Remember `allowed_updates`; absent keeps the former list, an empty list means the default kinds."""
        if not parameters.text("allowed_updates"):
            return
        value = parameters.parsed("allowed_updates", otherwise="can't parse allowed updates JSON object")
        if not isinstance(value, list):
            raise bad_request("expected an Array of String as allowed updates")
        names = {name for name in value if isinstance(name, str) and name in KINDS}
        allowed = frozenset(names) if names else DEFAULT_KINDS
        if allowed != self.allowed:
            self.allowed = allowed
            self._chronicle.note("allowed", tuple(sorted(allowed)))

    async def poll(self, parameters: Parameters, *, webhook_active: bool) -> list[Update]:
        """`getUpdates`: confirm, then what is pending, waiting up to the timeout if that is nothing.

        Raises:
            ApiError: 409, a webhook is set, or a later poll or a webhook ended this one.
        """
        if webhook_active:
            raise conflict(_WEBHOOK_ACTIVE)
        self.allow(parameters)
        offset = parameters.integer("offset")
        limit = parameters.integer("limit", default=100, low=1, high=100)
        timeout = parameters.integer("timeout", low=0, high=self._limits.poll_seconds)
        self._end_poll(conflict(_OTHER_POLL))
        if offset < 0 and self._pending:
            offset = max(self._pending[0][0], self._next_id + offset)
        self.confirm(offset)
        if not self._pending and timeout and not self._closed:
            waiter = self._poll = asyncio.get_running_loop().create_future()
            try:
                await asyncio.wait_for(waiter, timeout)
            except TimeoutError:
                pass
            finally:
                if self._poll is waiter:
                    self._poll = None
        return [_read(update) for _, update in islice(self._pending, limit)]

    def _told(self) -> Iterable[str]:
        yield line_of("next_update", self._next_id)
        yield line_of("allowed", tuple(sorted(self.allowed)))
        for number, update in self._pending:
            yield update if isinstance(update, str) else line_of("update", number, update)

    def _take_next(self, line: str) -> None:
        (self._next_id,) = numbers_of(line)

    def _take_allowed(self, line: str) -> None:
        (kinds,) = values_of(line)
        self.allowed = frozenset(kinds)

    def _take_update(self, line: str) -> None:
        (number,) = numbers_of(line)
        self._pending.append((number, line))
        self._next_id = number + 1


def _read(update: Update | str) -> Update:
    if not isinstance(update, str):
        return update
    _, found = values_of(update)
    return dict(found)
