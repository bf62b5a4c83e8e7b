"""Private servers for those who have none: a Valkey and a PostgreSQL of our own under one directory.

Nothing outside this folder knows where their binaries come from. The ordinary redis and postgres adapters use them by
address, as they would use any other.
"""

from tokenfilter.adapters.embedded.failures import (
    DirectoryInUseError,
    EmbeddedError,
    MissingBinaryError,
    ServerFailedError,
)
from tokenfilter.adapters.embedded.postgres import PostgresServer
from tokenfilter.adapters.embedded.servers import EmbeddedServers, Urls
from tokenfilter.adapters.embedded.valkey import ValkeyServer

__all__ = [
    "DirectoryInUseError",
    "EmbeddedError",
    "EmbeddedServers",
    "MissingBinaryError",
    "PostgresServer",
    "ServerFailedError",
    "Urls",
    "ValkeyServer",
]
