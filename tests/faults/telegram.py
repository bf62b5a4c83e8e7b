"""A Telegram that outlives the programs which talk to it: the sandbox as a process of its own, and what it was told."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import httpx
from tests.faults.oracle import Pair
from tests.faults.programs import Program

from tokenfilter.container import SANDBOX_TOKEN
from tokenfilter.domain.ids import ChatId

PEOPLE = 50
_PAGE = 5_000
_DEADLINE = 30


def begun(folder: Path) -> Program:
    """The process; it is not ready yet."""
    return Program(["-m", "tokenfilter", "sandbox", "--http", "127.0.0.1:0"], {}, folder=folder, tells="Bot API")


class Telegram:
    """Its people have all written to the bot, which has not been told so. `program` is ready."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._web = httpx.Client(base_url=program.address, timeout=_DEADLINE)
        self._seen = 0
        self.told: Counter[Pair] = Counter()
        self.people = [self._person(n) for n in range(PEOPLE)]
        self.forget_updates()

    def close(self) -> None:
        self._web.close()

    @property
    def base_url(self) -> str:
        """What the program is told instead of Telegram's."""
        return f"{self._program.address}/sandbox/bot"

    def look(self) -> Counter[Pair]:
        """How often each chat was told of each token since the beginning; a digest tells of each token it names."""
        while calls := self._calls():
            self._seen = calls[-1]["n"]
            for call in calls:
                if call["ok"] and call["tells"]:
                    self.told.update((address, ChatId(call["chat_id"])) for address in call["addresses"])
        return self.told

    def of(self, addresses: Iterable[str]) -> Counter[Pair]:
        """The same of some tokens only."""
        wanted = set(addresses)
        return Counter({pair: times for pair, times in self.look().items() if pair[0] in wanted})

    def say(self, person: ChatId, text: str) -> None:
        """Let a person write to the bot."""
        body = {"chat_id": person, "text": text}
        self._web.post(f"/sandbox/api/people/{person}/messages", json=body).raise_for_status()

    def heard_by(self, person: ChatId) -> list[str]:
        """What the bot wrote to a person, newest last."""
        found = self._web.get(f"/sandbox/api/chats/{person}/messages").raise_for_status().json()["messages"]
        return [message.get("text", "") for message in found if not message.get("out")]

    def forget_updates(self) -> None:
        """Nothing of what people wrote so far is given to the bot."""
        url = f"/sandbox/bot{SANDBOX_TOKEN}/deleteWebhook"
        self._web.post(url, json={"drop_pending_updates": True}).raise_for_status()

    def new_person(self) -> ChatId:
        """Somebody who never wrote to the bot."""
        made = self._web.post("/sandbox/api/people", json={"first_name": "Somebody"}).raise_for_status()
        return ChatId(made.json()["id"])

    def _person(self, number: int) -> ChatId:
        person = self.new_person()
        self.say(person, f"hello {number}")
        return person

    def _calls(self) -> list[dict]:
        asked = self._web.get("/sandbox/api/ledger", params={"after": self._seen, "limit": _PAGE})
        return asked.raise_for_status().json()["calls"]
