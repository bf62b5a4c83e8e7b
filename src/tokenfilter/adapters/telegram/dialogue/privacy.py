"""What is kept of a person: shown, exported, deleted."""

import json

from tokenfilter.adapters.telegram.dialogue.turn import Attachment, Reply, Turn
from tokenfilter.adapters.telegram.screens import privacy
from tokenfilter.app.forget_person import ForgetPerson


class Privacy:
    """Deleting asks once more; both work from the person's own chat only, as every turn does."""

    def __init__(self, person: ForgetPerson, retention_days: int) -> None:
        self._person = person
        self._retention_days = retention_days

    async def page(self, turn: Turn) -> Reply:  # noqa: ARG002 - the same for everybody
        """What is kept."""
        return Reply(screen=privacy.privacy(retention_days=self._retention_days))

    async def export(self, turn: Turn) -> Reply:
        """Everything that is kept, as a file."""
        kept = await self._person.export(turn.person)
        content = json.dumps(kept, ensure_ascii=False, indent=1, default=str).encode("utf-8", "replace")
        shown = privacy.exported(sum(map(len, kept.values())))
        return Reply(screen=shown, attachment=Attachment(name="tokenfilter-export.json", content=content), anew=True)

    async def ask(self, turn: Turn) -> Reply:  # noqa: ARG002 - the same for everybody
        """The last question."""
        return Reply(screen=privacy.sure())

    async def delete(self, turn: Turn) -> Reply:
        """Everything goes."""
        await self._person.forget(turn.person)
        return Reply(screen=privacy.deleted())
