"""What every key is called (FORMATS 7), and so which keys share a slot of a Redis Cluster.

The braces are literal: keys with equal text between them lie in one slot, and what one script touches must.
"""

from tokenfilter.domain.ids import ChannelId, ChatId, Token
from tokenfilter.domain.notification import Lane
from tokenfilter.domain.partition import PARTITIONS, partition_of

SETTINGS = "cfg"
MONEY = "money"
"""Tags beside the partitions' numbers: of settings, and of money. Each has a journal of its own."""


class Keys:
    """Every key of one instance; `partitions` is fixed when its Redis is first used."""

    def __init__(self, prefix: str = "tokenfilter:", partitions: int = PARTITIONS) -> None:
        self.prefix = prefix
        self.partitions = partitions

    def partition(self, token: Token) -> int:
        """The partition of a token."""
        return partition_of(str(token), self.partitions)

    def accepted(self, token: Token) -> str:
        """Sorted set: destination, and when it was told in microseconds since 1970."""
        return f"{self.prefix}processed_token:{{{self.partition(token)}}}:{token}:accepted"

    def rejected(self, token: Token) -> str:
        """Hash: the version, the cohorts and all else that is remembered of a token."""
        return f"{self.prefix}processed_token:{{{self.partition(token)}}}:{token}:rejected"

    def latest(self, token: Token) -> str:
        """String: the newest event about a token that was judged, as it stood in its stream."""
        return f"{self.prefix}processed_token:{{{self.partition(token)}}}:{token}:latest"

    def events(self, partition: int) -> str:
        """Stream: what is to be judged."""
        return f"{self.prefix}events:{{{partition}}}"

    def outbox(self, partition: int, lane: Lane) -> str:
        """Stream: notifications, those of one event together."""
        return f"{self.prefix}outbox:{{{partition}}}:{lane.value}"

    def owed(self, partition: int, token: str = "") -> str:
        """Hash: who is owed what of a token, or, without one, what else is owed (lua/outbox_index.lua)."""
        return self.prefix + (f"processed_token:{{{partition}}}:{token}:owed" if token else f"owed:{{{partition}}}")

    def left(self, partition: int) -> str:
        """Hash: of each entry of the outbox, by its lane and id, how many of its notifications are owed; and of all."""
        return f"{self.prefix}left:{{{partition}}}"

    def journal(self, tag: int | str) -> str:
        """Stream: what history is to be told; by partition, or of settings or money."""
        return f"{self.prefix}journal:{{{tag}}}"

    def dead(self, kind: str) -> str:
        """Stream: dead letters, `items` or `lines`."""
        return f"{self.prefix}dead:{{{kind}}}"

    def lease(self, name: str) -> str:
        """String with an expiry: `<fence>:<holder>` of a lease, which is called `match:3` or `ingest`."""
        return f"{self.prefix}lease:{_tagged(name)}"

    def fence(self, name: str) -> str:
        """String: the last fence of a lease. It stays when the lease runs out, so a script asks it who leads."""
        return f"{self.prefix}fence:{_tagged(name)}"

    def settings(self, what: str) -> str:
        """What belongs to settings, such as `seq` and `stream`."""
        return f"{self.prefix}settings:{{{SETTINGS}}}:{what}"

    def subscriber(self, chat: ChatId) -> str:
        """A subscriber with everything chosen."""
        return self.settings(f"user:{chat}")

    def money(self, kind: str, name: str) -> str:
        """What belongs to money: kind `subscription` or `order`."""
        return f"{self.prefix}{kind}:{{{MONEY}}}:{name}"

    def budget(self, chat: ChatId | None = None) -> str:
        """What Telegram allows: overall, or to a chat."""
        return f"{self.prefix}budget:{{send}}:{'all' if chat is None else f'chat:{chat}'}"

    def session(self, chat: ChatId) -> str:
        """A question that is open in a chat."""
        return f"{self.prefix}session:{chat}"

    def channel(self, channel: ChannelId) -> str:
        """A channel's statistics."""
        return f"{self.prefix}channel:{channel}:info"


def _tagged(lease: str) -> str:
    """`{3}:match` of `match:3`: in one slot with what the owner of the partition writes; `{ingest}` of `ingest`."""
    role, _, tag = lease.partition(":")
    return f"{{{tag}}}:{role}" if tag else f"{{{role}}}"
