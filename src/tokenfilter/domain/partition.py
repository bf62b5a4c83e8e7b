"""Which partition a token, or what belongs to none, is at home in, and which slot of a Redis Cluster a key has.

Both are by the CRC16 that Redis Cluster uses, so that a partition is the same to every process, for good.
"""

from binascii import crc_hqx
from collections.abc import Sequence

from tokenfilter.domain.ids import Destination, Token

PARTITIONS = 16

_SLOTS = 16_384  # Redis Cluster specification, "Key distribution model"


def partition_of(name: str, partitions: int = PARTITIONS) -> int:
    """The partition of a name, from 0 up to `partitions`."""
    return _crc16(name) % partitions


def home(token: Token | None, destination: Destination, partitions: int = PARTITIONS) -> int:
    """The partition of what is told to a destination: the token's, where it is about one, else the destination's."""
    return partition_of(str(destination if token is None else token), partitions)


def share(names: Sequence[str], place: int, places: int) -> tuple[str, ...]:
    """What falls to one of several places, from 0, when names are dealt out: everything to somebody, nothing twice."""
    return tuple(names[place::places])


def hash_slot(key: str) -> int:
    """The slot of a key: that of what stands between the first `{` and the next `}`, unless it is nothing."""
    _, opened, rest = key.partition("{")
    tag, closed, _ = rest.partition("}")
    return _crc16(tag if opened and closed and tag else key) % _SLOTS


def _crc16(text: str) -> int:
    """CRC16/XMODEM of the UTF-8."""
    return crc_hqx(text.encode(), 0)
