"""Every error that may cross a port. Adapters translate by class at their edge; use cases choose by class, not text.

```
PortError
├── UnavailableError      the other side cannot be reached, or it cannot be known whether it acted; repeat if the
method says so
├── RateLimitedError      not done; repeat after `retry_after`
├── StaleOwnerError       another worker owns this partition now; read again, decide again
└── RefusedError          done never; repeating is pointless
    ├── RecipientGoneError    the recipient blocked us, left or never was
    └── MigratedError         the chat has a new id
```
"""

from datetime import timedelta

from tokenfilter.domain.ids import ChatId


class PortError(Exception):
    """A promise of a port that could not be kept."""


class UnavailableError(PortError):
    """The other side cannot be reached or did not answer in time.

    `acted` is None where it may have acted all the same.
    """

    def __init__(self, message: str, *, acted: bool | None = False) -> None:
        super().__init__(message)
        self.acted = acted


class RateLimitedError(PortError):
    """Nothing was done; the other side asks to wait."""

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__(f"retry after {retry_after.total_seconds():g} s")
        self.retry_after = retry_after


class StaleOwnerError(PortError):
    """Another worker owns this partition, or the record changed meanwhile: nothing was written."""


class RefusedError(PortError):
    """The other side will never do this."""


class RecipientGoneError(RefusedError):
    """The recipient blocked the bot, left, was deleted, or never existed."""


class MigratedError(RefusedError):
    """The chat goes on under a new id."""

    def __init__(self, new_chat: ChatId) -> None:
        super().__init__(f"the chat moved to {new_chat}")
        self.new_chat = new_chat
