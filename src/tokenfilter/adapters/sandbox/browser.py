"""The browser side over HTTP: state, messages, the event stream, people and what they do, ledger, faults, files."""

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from tokenfilter.adapters.sandbox.chronicle import Chronicle
from tokenfilter.adapters.sandbox.conversation import Conversation, person_view
from tokenfilter.adapters.sandbox.errors import ApiError, BrowserError
from tokenfilter.adapters.sandbox.faults import Faults
from tokenfilter.adapters.sandbox.files import Files
from tokenfilter.adapters.sandbox.ledger import Ledger
from tokenfilter.adapters.sandbox.methods_chats import Commands
from tokenfilter.adapters.sandbox.multipart import body_of
from tokenfilter.adapters.sandbox.parameters import decode_json
from tokenfilter.adapters.sandbox.payments import Payments
from tokenfilter.adapters.sandbox.people import People

Handler = Callable[[Request], Awaitable[Response]]

_MAX_BODY = 64 * 1024
_MAX_PAGE = 200
_MAX_CALLS = 5_000
_LARGEST_ID = 2**53
_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "video/mp4"})


def _guarded(handler: Handler, chronicle: Chronicle) -> Handler:
    """Refusals as `{"error": ...}`; whatever changes something is refused to other sites' pages, and remembered."""

    async def guarded(request: Request) -> Response:
        try:
            if request.method not in ("GET", "HEAD"):
                _refuse_foreign(request)
            answer = await handler(request)
            chronicle.commit()
        except BrowserError as error:
            return JSONResponse({"error": error.text}, status_code=error.status)
        except OSError:
            return JSONResponse({"error": "the sandbox can remember nothing: is the disk full?"}, status_code=500)
        return answer

    return guarded


def _refuse_foreign(request: Request) -> None:
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise BrowserError("requests from other sites are refused", status=403)


async def _fields(request: Request, *, known: frozenset[str]) -> Mapping[str, object]:
    try:
        value = decode_json(await body_of(request, at_most=_MAX_BODY) or b"{}")
    except ApiError:
        raise BrowserError(f"expected at most {_MAX_BODY} bytes", status=413) from None
    except ValueError:
        raise BrowserError("expected JSON") from None
    if not isinstance(value, dict):
        raise BrowserError("expected a JSON object")
    if unknown := sorted(set(value) - known):
        raise BrowserError(f"unknown field {unknown[0]!r}")
    return value


def _text(fields: Mapping[str, object], name: str, *, default: str | None = None) -> str:
    value = fields.get(name, default)
    if not isinstance(value, str):
        raise BrowserError(f"expected {name} as text")
    return value


def _integer(fields: Mapping[str, object], name: str) -> int:
    value = fields.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _LARGEST_ID:
        raise BrowserError(f"expected {name} as a whole number")
    return value


def _number_in(text: str, name: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 17):
        raise BrowserError(f"expected {name} as a whole number")
    return int(text)


class Browser:
    """The API of the page, as the contract of the sandbox page lists it."""

    def __init__(
        self,
        conversation: Conversation,
        *,
        people: People,
        commands: Commands,
        payments: Payments,
        files: Files,
        ledger: Ledger,
        chronicle: Chronicle,
        faults: Faults,
        banner: str | None,
    ) -> None:
        self._conversation = conversation
        self._world = conversation.world
        self._stream = conversation.stream
        self._people = people
        self._commands = commands
        self._payments = payments
        self._files = files
        self._ledger = ledger
        self._chronicle = chronicle
        self._faults = faults
        self._banner = banner

    def routes(self) -> list[BaseRoute]:
        """Everything under `/api`."""
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/api/state", self._state),
            ("GET", "/api/chats/{chat_id}/messages", self._messages),
            ("GET", "/api/stream", self._follow),
            ("POST", "/api/people", self._add_person),
            ("POST", "/api/people/{person_id}/messages", self._write),
            ("POST", "/api/people/{person_id}/press", self._press),
            ("POST", "/api/people/{person_id}/block", self._block),
            ("POST", "/api/people/{person_id}/unblock", self._unblock),
            ("POST", "/api/people/{person_id}/pay", self._pay),
            ("GET", "/api/file/{file_id}", self._file),
            ("GET", "/api/ledger", self._calls),
            ("POST", "/api/faults", self._script_fault),
            ("DELETE", "/api/faults", self._clear_faults),
        ]
        return [Route(path, _guarded(handler, self._chronicle), methods=[method]) for method, path, handler in table]

    async def _state(self, request: Request) -> Response:  # noqa: ARG002 - handlers share one shape
        bot = self._world.bot
        return JSONResponse(
            {
                "bot": {"id": bot.id, "username": bot.username, "first_name": bot.first_name},
                "me": [person_view(person) for person in self._world.people.values()],
                "chats": [self._conversation.chat_view(chat) for chat in self._world.chats.values()],
                "commands": self._commands.shown(),
                "banner": self._banner,
                "seq": self._stream.seq,
            }
        )

    async def _messages(self, request: Request) -> Response:
        chat_id = _number_in(request.path_params["chat_id"], "chat_id")
        if chat_id not in self._world.chats:
            raise BrowserError("no such chat", status=404)
        before = _number_in(request.query_params.get("before", str(_LARGEST_ID)), "before")
        limit = _number_in(request.query_params.get("limit", "50"), "limit")
        if not 1 <= limit <= _MAX_PAGE:
            raise BrowserError(f"expected limit from 1 to {_MAX_PAGE}")
        found = self._world.messages(chat_id, before=before, limit=limit)
        return JSONResponse({"messages": [self._conversation.message_view(message) for message in found]})

    async def _follow(self, request: Request) -> Response:
        last = request.headers.get("last-event-id") or request.query_params.get("after")
        after = self._stream.seq if last is None else _number_in(last, "Last-Event-ID")
        return StreamingResponse(
            self._stream.follow(after),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    async def _add_person(self, request: Request) -> Response:
        fields = await _fields(request, known=frozenset({"first_name", "username"}))
        username = "" if fields.get("username") is None else _text(fields, "username")
        return JSONResponse(person_view(self._people.add(_text(fields, "first_name"), username)))

    async def _write(self, request: Request) -> Response:
        person = self._people.person(_number_in(request.path_params["person_id"], "person"))
        fields = await _fields(request, known=frozenset({"chat_id", "text", "reply_to_message_id"}))
        chat = self._people.chat_of(person, _integer(fields, "chat_id"))
        reply_to = None if fields.get("reply_to_message_id") is None else _integer(fields, "reply_to_message_id")
        message = self._people.write(person, chat=chat, text=_text(fields, "text"), reply_to=reply_to)
        return JSONResponse(self._conversation.message_view(message))

    async def _press(self, request: Request) -> Response:
        person = self._people.person(_number_in(request.path_params["person_id"], "person"))
        fields = await _fields(request, known=frozenset({"chat_id", "message_id", "data"}))
        chat = self._people.chat_of(person, _integer(fields, "chat_id"))
        query_id = self._people.press(
            person, chat=chat, message_id=_integer(fields, "message_id"), data=_text(fields, "data")
        )
        return JSONResponse({"callback_query_id": query_id})

    async def _block(self, request: Request) -> Response:
        person = self._people.person(_number_in(request.path_params["person_id"], "person"))
        return JSONResponse(person_view(self._people.set_blocked(person, blocked=True)))

    async def _unblock(self, request: Request) -> Response:
        person = self._people.person(_number_in(request.path_params["person_id"], "person"))
        return JSONResponse(person_view(self._people.set_blocked(person, blocked=False)))

    async def _pay(self, request: Request) -> Response:
        person = self._people.person(_number_in(request.path_params["person_id"], "person"))
        fields = await _fields(request, known=frozenset({"chat_id", "message_id", "link"}))
        if fields.get("link") is not None:
            invoice = self._payments.invoice_behind(_text(fields, "link"))
        else:
            chat = self._people.chat_of(person, _integer(fields, "chat_id"))
            invoice = self._payments.invoice_at(chat.id, _integer(fields, "message_id"))
        return JSONResponse(await self._payments.pay(person, invoice))

    async def _file(self, request: Request) -> Response:
        found = self._files.found(request.path_params["file_id"])
        if found is None:
            raise BrowserError("no such file", status=404)
        file, content = found
        # Only what a browser shows inertly keeps its type; anything else is a download.
        media_type = file.mime_type if file.mime_type in _PICTURES else "application/octet-stream"
        return Response(content, media_type=media_type, headers={"X-Content-Type-Options": "nosniff"})

    async def _calls(self, request: Request) -> Response:
        after = _number_in(request.query_params.get("after", "0"), "after")
        limit = _number_in(request.query_params.get("limit", "1000"), "limit")
        if not 1 <= limit <= _MAX_CALLS:
            raise BrowserError(f"expected limit from 1 to {_MAX_CALLS}")
        return JSONResponse({"calls": self._ledger.after(after, limit=limit), "last": self._ledger.last})

    async def _script_fault(self, request: Request) -> Response:
        fields = await _fields(
            request,
            known=frozenset(
                {"method", "chat_id", "times", "action", "error_code", "description", "parameters", "delay"}
            ),
        )
        self._faults.script(fields)
        return JSONResponse({"faults": self._faults.remaining()})

    async def _clear_faults(self, request: Request) -> Response:  # noqa: ARG002 - handlers share one shape
        self._faults.clear()
        return JSONResponse({"faults": []})
