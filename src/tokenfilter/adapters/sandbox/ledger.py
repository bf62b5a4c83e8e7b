"""Every Bot API call received, in order, for tests and the stage."""

from collections import deque
from datetime import datetime

from tokenfilter.adapters.sandbox.errors import ApiError

KEPT = 20_000


class Ledger:
    """The last calls; `getUpdates` is left out, because it would drown the rest."""

    def __init__(self) -> None:
        self._calls: deque[dict[str, object]] = deque(maxlen=KEPT)
        self._count = 0

    def record(self, method: str, *, chat_id: str, at: datetime, error: ApiError | None) -> None:
        """Note one call; `chat_id` as the bot wrote it."""
        if method.lower() == "getupdates":
            return
        self._count += 1
        number = chat_id.removeprefix("-")
        numeric = number.isascii() and number.isdigit() and len(number) < 19
        self._calls.append(
            {
                "n": self._count,
                "at": at.isoformat(),
                "method": method,
                "chat_id": int(chat_id) if numeric else chat_id or None,
                "ok": error is None,
                "error_code": error.code if error else None,
                "description": error.description if error else None,
            }
        )

    def after(self, n: int) -> list[dict[str, object]]:
        """Calls with a number above `n`, oldest first."""
        return [call for call in self._calls if isinstance(call["n"], int) and call["n"] > n]
