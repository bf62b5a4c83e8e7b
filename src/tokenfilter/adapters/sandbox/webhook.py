"""Delivery of updates to a webhook: one at a time, in order, repeated with a doubling delay until a 2xx answer.

Telegram itself delivers several at once; here order makes tests repeatable.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping

from tokenfilter.adapters.sandbox.errors import bad_request
from tokenfilter.adapters.sandbox.parameters import Parameters
from tokenfilter.adapters.sandbox.rendering import Wire
from tokenfilter.adapters.sandbox.updates import DEFAULT_KINDS, UpdateQueue

WebhookSender = Callable[[str, Mapping[str, str], bytes], Awaitable[int]]
"""POST the body with these headers to the address; returns the status, raises OSError if there was no answer."""

FIRST_DELAY = 1.0
MAX_DELAY = 64.0
_SECRET = re.compile("[A-Za-z0-9_-]{1,256}")


class Webhook:
    """`setWebhook`, `deleteWebhook`, `getWebhookInfo` and the task that delivers while an address is set."""

    def __init__(
        self,
        updates: UpdateQueue,
        *,
        sender: WebhookSender | None,
        now: Callable[[], int],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._updates = updates
        self._sender = sender
        self._now = now
        self._sleep = sleep
        self._secret = ""
        self._max_connections = 40
        self._last_error: tuple[int, str] | None = None
        self._task: asyncio.Task[None] | None = None
        self.url = ""

    def set(self, parameters: Parameters) -> object:
        url = parameters.text("url")
        if not url:
            return self.delete(parameters)
        if not url.lower().startswith("https://"):
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        if self._sender is None:
            raise bad_request("bad webhook: the sandbox was built without a sender")
        secret = parameters.text("secret_token")
        if secret and not _SECRET.fullmatch(secret):
            raise bad_request("secret token contains unallowed characters")
        self._updates.allow(parameters)
        if parameters.boolean("drop_pending_updates"):
            self._updates.drop_pending()
        self._stop()
        self.url, self._secret, self._last_error = url, secret, None
        self._max_connections = parameters.integer("max_connections", default=40, low=1, high=100)
        self._updates.interrupt()
        self._task = asyncio.get_running_loop().create_task(self._deliver(self._sender))
        return True

    def delete(self, parameters: Parameters) -> object:
        if parameters.boolean("drop_pending_updates"):
            self._updates.drop_pending()
        self._stop()
        self.url = ""
        return True

    def info(self, parameters: Parameters) -> object:  # noqa: ARG002 - every method takes the parameters
        wire: Wire = {"url": self.url, "has_custom_certificate": False, "pending_update_count": self._updates.pending}
        if self.url:
            wire |= {"max_connections": self._max_connections, "ip_address": "127.0.0.1"}
            if self._last_error is not None:
                wire["last_error_date"], wire["last_error_message"] = self._last_error
        if self._updates.allowed != DEFAULT_KINDS:
            wire["allowed_updates"] = sorted(self._updates.allowed)
        return wire

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def close(self) -> None:
        """Stop delivering at once; what was not acknowledged stays queued."""
        self._stop()

    async def _deliver(self, sender: WebhookSender) -> None:
        delay = FIRST_DELAY
        while True:
            update = self._updates.head()
            if update is None:
                self._updates.arrived.clear()
                await self._updates.arrived.wait()
                continue
            failure = await self._attempt(sender, update)
            if failure is None:
                delay = FIRST_DELAY
                self._updates.confirm(int(str(update["update_id"])) + 1)
            else:
                self._last_error = (self._now(), failure)
                await self._sleep(delay)
                delay = min(delay * 2, MAX_DELAY)

    async def _attempt(self, sender: WebhookSender, update: Wire) -> str | None:
        headers = {"Content-Type": "application/json"}
        if self._secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self._secret
        try:
            status = await sender(self.url, headers, json.dumps(update).encode())
        except OSError as error:
            return f"Connection failed: {type(error).__name__}"
        return None if 200 <= status < 300 else f"Wrong response from the webhook: {status}"
