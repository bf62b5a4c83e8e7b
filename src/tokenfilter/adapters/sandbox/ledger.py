"""Every Bot API call answered, in order, and what of the alerts they told: for tests, checks and the stage."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice

from tokenfilter.adapters.sandbox.chronicle import Chronicle
from tokenfilter.adapters.sandbox.deeds import Call
from tokenfilter.adapters.sandbox.errors import ApiError
from tokenfilter.adapters.sandbox.noted_lines import line_of, values_of
from tokenfilter.adapters.sandbox.parameters import Parameters
from tokenfilter.adapters.sandbox.telling import telling
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.tally import CardShown, DigestShown, Shown

KEPT = 50_000

_NEW_MESSAGE = "send"
"""How the methods that write a new message begin; an edit tells nothing a second time."""


class Ledger:
    """The last calls; `getUpdates` is left out, because it would drown the rest."""

    def __init__(self, chronicle: Chronicle) -> None:
        self._chronicle = chronicle
        self._calls: deque[Call] = deque(maxlen=KEPT)
        self._shown: deque[CardShown | DigestShown] = deque(maxlen=KEPT)
        self._forgotten_until: datetime | None = None
        chronicle.keep(self._told, call=self._take)

    @property
    def last(self) -> int:
        """The number of the newest call; 0 before the first."""
        return self._calls[-1].n if self._calls else 0

    def record(
        self,
        method: str,
        parameters: Parameters,
        *,
        at: datetime,
        result: object = None,
        error: ApiError | None = None,
    ) -> None:
        """Note one call and its answer."""
        if method.lower() == "getupdates":
            return
        message = result[0] if isinstance(result, list) and result else result
        message = message if isinstance(message, dict) else {}
        told = telling(str(message.get("text") or message.get("caption") or parameters.text("text")))
        is_new = error is None and method.lower().startswith(_NEW_MESSAGE)
        call = Call(
            n=self.last + 1,
            at=at.isoformat(),
            method=method,
            chat_id=_chat_of(message) or _number(parameters.text("chat_id")),
            message_id=message.get("message_id") or parameters.integer("message_id") or None,
            error_code=error.code if error else None,
            description=error.description if error else None,
            addresses=told.addresses,
            tells=told.tells if is_new else None,
            alerts=told.alerts if is_new else 0,
            mark=told.mark if is_new else None,
        )
        self._add(call)
        self._chronicle.note("call", *call.plain())

    def after(self, n: int, *, limit: int) -> list[dict[str, object]]:
        """The first `limit` calls with a number above `n`, oldest first."""
        first = self._calls[0].n if self._calls else 1
        start = max(0, n - first + 1)
        return [call.wire() for call in islice(self._calls, start, start + limit)]

    def shown(self) -> Shown:
        """Which alerts the calls that are kept told, in order."""
        shown: Sequence[CardShown | DigestShown] = tuple(self._shown)
        return Shown(
            cards=tuple(told for told in shown if isinstance(told, CardShown)),
            digests=tuple(told for told in shown if isinstance(told, DigestShown)),
            complete_from=self._forgotten_until,
        )

    def _add(self, call: Call) -> None:
        if len(self._calls) == KEPT:
            self._forgotten_until = datetime.fromisoformat(self._calls[0].at)
        elif not self._calls and call.n > 1:
            self._forgotten_until = datetime.fromisoformat(call.at)
        self._calls.append(call)
        if call.tells is None or not isinstance(call.chat_id, int):
            return
        destination, at = Destination(ChatId(call.chat_id)), datetime.fromisoformat(call.at)
        if call.mark is None:
            self._shown.append(CardShown(address=call.addresses[-1], destination=destination, at=at))
        else:
            self._shown.append(DigestShown(alerts=call.alerts, destination=destination, at=at, mark=call.mark))

    def _told(self) -> Iterable[str]:
        return [line_of("call", *call.plain()) for call in self._calls]

    def _take(self, line: str) -> None:
        self._add(Call.of(values_of(line)))


def _chat_of(message: Mapping[str, object]) -> int | None:
    chat = message.get("chat")
    return chat["id"] if isinstance(chat, dict) else None


def _number(chat_id: str) -> int | str | None:
    digits = chat_id.removeprefix("-")
    return int(chat_id) if digits.isascii() and digits.isdigit() and len(digits) < 19 else chat_id or None
