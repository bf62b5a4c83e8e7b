"""The Bot API over HTTP: token, method, parameters, scripted faults, ledger, chronicle, envelope."""

import asyncio
import contextlib
import inspect
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from tokenfilter.adapters.sandbox.chronicle import Chronicle
from tokenfilter.adapters.sandbox.errors import ApiError
from tokenfilter.adapters.sandbox.faults import Fault, Faults
from tokenfilter.adapters.sandbox.ledger import Ledger
from tokenfilter.adapters.sandbox.limits import Limits
from tokenfilter.adapters.sandbox.multipart import parameters_of
from tokenfilter.adapters.sandbox.parameters import Parameters
from tokenfilter.adapters.sandbox.world import World

Method = Callable[[Parameters], object | Awaitable[object]]

_OVERHEAD_BYTES = 1024 * 1024


class _NoAnswer(Response):
    """Begins an answer and never ends it, so the server closes the connection and the bot learns nothing."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the shape of ASGI
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


class BotApi:
    """Calls `methods` (by lower-case name) for the one bot this sandbox has."""

    def __init__(
        self,
        token: str,
        methods: Mapping[str, Method],
        *,
        world: World,
        limits: Limits,
        faults: Faults,
        ledger: Ledger,
        chronicle: Chronicle,
        download: Callable[[str], bytes],
    ) -> None:
        self._token = token
        self._methods = methods
        self._world = world
        self._limits = limits
        self._faults = faults
        self._ledger = ledger
        self._chronicle = chronicle
        self._download = download
        self._closing = asyncio.Event()

    def close(self) -> None:
        """Let the calls that a fault delays go on at once."""
        self._closing.set()

    def _check_token(self, token: str) -> None:
        number, separator, _ = token.partition(":")
        if not separator or not (number.isascii() and number.isdigit()):
            raise ApiError(404, "Not Found")
        if token != self._token:
            raise ApiError(401, "Unauthorized")

    async def call(self, request: Request) -> Response:
        """`/bot<token>/<method>`."""
        name = request.path_params["method"]
        parameters = Parameters()
        fault: Fault | None = None
        try:
            self._check_token(request.path_params["token"])
            parameters = await parameters_of(request, at_most=self._limits.upload_bytes + _OVERHEAD_BYTES)
            fault = self._faults.meet(name, parameters.text("chat_id"))
            result = await self._answer(name, parameters, fault)
            self._ledger.record(name, parameters, at=self._world.moment(), result=result)
            self._chronicle.commit()
        except ApiError as error:
            return self._refused(name, parameters, error)
        except OSError:
            return self._refused(name, parameters, ApiError(500, "Internal Server Error: nothing can be remembered"))
        if fault is not None and fault.action == "drop":
            return _NoAnswer()
        return JSONResponse({"ok": True, "result": result})

    async def _answer(self, name: str, parameters: Parameters, fault: Fault | None) -> object:
        if fault is not None and fault.error is not None:
            raise fault.error
        if fault is not None and fault.delay:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), fault.delay)
        method = self._methods.get(name.lower())
        if method is None:
            raise ApiError(404, "Not Found: method not found")
        result = method(parameters)
        return await result if inspect.isawaitable(result) else result

    def _refused(self, name: str, parameters: Parameters, error: ApiError) -> Response:
        self._ledger.record(name, parameters, at=self._world.moment(), error=error)
        with contextlib.suppress(OSError):
            self._chronicle.commit()
        return JSONResponse(error.envelope(), status_code=error.code)

    async def file(self, request: Request) -> Response:
        """`/file/bot<token>/<file_path>`."""
        try:
            self._check_token(request.path_params["token"])
            content = self._download(request.path_params["path"])
        except ApiError as error:
            return JSONResponse(error.envelope(), status_code=error.code)
        return Response(content, media_type="application/octet-stream")
