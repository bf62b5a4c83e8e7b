"""Scripted faults: which of the coming calls fail, are late, or take effect without an answer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tokenfilter.adapters.sandbox.errors import ApiError, BrowserError

MAX_SCRIPTED = 1_000
MAX_DELAY_SECONDS = 60.0
_ACTIONS = ("error", "delay", "drop")
_FIELDS = frozenset({"method", "chat_id", "times", "action", "error_code", "description", "parameters", "delay"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One scripted fault; `delay` in seconds. `method` "*" is every method but getUpdates."""

    method: str
    action: str
    times: int
    chat_id: int | None = None
    error: ApiError | None = None
    delay: float = 0.0

    def concerns(self, method: str, chat_id: str) -> bool:
        """Whether a call of `method` with this `chat_id` meets the fault."""
        lowered = method.lower()
        named = lowered == self.method or (self.method == "*" and lowered != "getupdates")
        return named and (self.chat_id is None or chat_id.strip() == str(self.chat_id))

    def wire(self) -> dict[str, object]:
        return {"method": self.method, "chat_id": self.chat_id, "action": self.action, "times": self.times}


class Faults:
    """The faults still to come; of several that concern a call, the one scripted first is met."""

    def __init__(self) -> None:
        self._scripted: list[Fault] = []

    def script(self, value: Mapping[str, object]) -> None:
        """Add a fault as the page or a test writes it.

        Raises:
            BrowserError: a field is unknown, missing or out of range.
        """
        if len(self._scripted) >= MAX_SCRIPTED:
            raise BrowserError(f"expected at most {MAX_SCRIPTED} faults at a time")
        self._scripted.append(_fault(value))

    def clear(self) -> None:
        self._scripted.clear()

    def remaining(self) -> list[dict[str, object]]:
        return [fault.wire() for fault in self._scripted]

    def meet(self, method: str, chat_id: str) -> Fault | None:
        """The fault this call meets, used up by one; None for a call that goes well."""
        for index, fault in enumerate(self._scripted):
            if fault.concerns(method, chat_id):
                if fault.times == 1:
                    del self._scripted[index]
                else:
                    self._scripted[index] = replace(fault, times=fault.times - 1)
                return fault
        return None


def _integer(value: Mapping[str, object], name: str, *, low: int, high: int) -> int:
    number = value.get(name)
    if not isinstance(number, int) or isinstance(number, bool) or not low <= number <= high:
        raise BrowserError(f"expected {name} as a whole number from {low} to {high}")
    return number


def _fault(value: Mapping[str, object]) -> Fault:
    if unknown := sorted(set(value) - _FIELDS):
        raise BrowserError(f"unknown field {unknown[0]!r}")
    method, action = value.get("method"), value.get("action")
    if not isinstance(method, str) or not method:
        raise BrowserError('expected method as the name of a Bot API method or "*"')
    if action not in _ACTIONS:
        raise BrowserError("expected action as one of error, delay, drop")
    chat_id = _integer(value, "chat_id", low=-(2**53), high=2**53) if value.get("chat_id") is not None else None
    fault = Fault(
        method=method.lower(),
        action=str(action),
        times=_integer({"times": 1, **value}, "times", low=1, high=1_000_000),
        chat_id=chat_id,
    )
    if action == "error":
        return replace(fault, error=_error(value))
    if action == "delay":
        delay = value.get("delay")
        if not isinstance(delay, int | float) or isinstance(delay, bool) or not 0 <= delay <= MAX_DELAY_SECONDS:
            raise BrowserError(f"expected delay as seconds from 0 to {MAX_DELAY_SECONDS:g}")
        return replace(fault, delay=float(delay))
    return fault


def _error(value: Mapping[str, object]) -> ApiError:
    code = _integer({"error_code": 500, **value}, "error_code", low=400, high=599)
    description = value.get("description", "Internal Server Error")
    parameters = value.get("parameters")
    if not isinstance(description, str):
        raise BrowserError("expected description as text")
    if parameters is not None and not isinstance(parameters, dict):
        raise BrowserError("expected parameters as an object")
    return ApiError(code, description, parameters=parameters)
