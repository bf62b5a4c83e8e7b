"""What was done, as values: calls of the bot, pressed buttons, movements of Stars."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tokenfilter.adapters.sandbox.message import Invoice


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One Bot API call that was answered; `n` counts them, `at` is in ISO 8601.

    `chat_id` as the bot wrote it. `addresses` are the token addresses in the text, in the order in which they stand.
    A message that tells alerts is a `card` of one or a `digest` of `alerts`; `mark` is the same for the same digest.
    """

    n: int
    at: str
    method: str
    chat_id: int | str | None = None
    message_id: int | None = None
    error_code: int | None = None
    description: str | None = None
    addresses: tuple[str, ...] = ()
    tells: str | None = None
    alerts: int = 0
    mark: str | None = None

    def plain(self) -> tuple[object, ...]:
        """As flat values: there are many of them, and all are read at the start."""
        message = (self.n, self.at, self.method, self.chat_id, self.message_id, self.error_code, self.description)
        return (*message, " ".join(self.addresses), self.tells, self.alerts, self.mark)

    @classmethod
    def of(cls, plain: Sequence[Any]) -> "Call":
        """The call that `plain` gave."""
        n, at, method, chat_id, message_id, error_code, description, addresses, tells, alerts, mark = plain
        return cls(
            n=n,
            at=at,
            method=method,
            chat_id=chat_id,
            message_id=message_id,
            error_code=error_code,
            description=description,
            addresses=tuple(addresses.split()),
            tells=tells,
            alerts=alerts,
            mark=mark,
        )

    def wire(self) -> dict[str, object]:
        return {
            "n": self.n,
            "at": self.at,
            "method": self.method,
            "chat_id": self.chat_id,
            "message_id": self.message_id,
            "ok": self.error_code is None,
            "error_code": self.error_code,
            "description": self.description,
            "addresses": list(self.addresses),
            "tells": self.tells,
            "alerts": self.alerts,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """A pressed inline button; `pressed_at` in Unix time."""

    person_id: int
    chat_id: int
    message_id: int
    pressed_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One movement of Stars; `incoming` from the person to the bot."""

    id: str
    amount: int
    date: int
    person_id: int
    invoice: Invoice
    incoming: bool
