"""Where a private server listens: a socket in its own directory, or a loopback port where that path is too long."""

import os
import secrets
import socket
from pathlib import Path

_LONGEST_SOCKET_PATH = 103
"""Bytes: `sun_path` holds 104 on macOS and 108 on Linux, the closing zero included."""

LOOPBACK = "127.0.0.1"


def fits(path: Path) -> bool:
    """Whether a socket may have this path, and an address may name it (a comma parts hosts there)."""
    name = os.fsencode(path)
    return len(name) <= _LONGEST_SOCKET_PATH and b"," not in name


def remembered_port(memory: Path) -> int | None:
    """The port that was used last, None if there was none."""
    return int(memory.read_text(encoding="utf-8")) if memory.exists() else None


def free_port(memory: Path) -> int:
    """The port that was used last if it is free, so that addresses stay; else any other."""
    port = _bound(remembered_port(memory) or 0) or _bound(0)
    if port is None:
        raise OSError("no loopback port is free")
    written(memory, str(port))
    return port


def password(file: Path) -> str:
    """The secret the directory's servers share, made at first use and readable by its owner only."""
    if not file.exists():
        written(file, secrets.token_hex(24))
    return file.read_text(encoding="utf-8")


def written(file: Path, text: str) -> None:
    """Write a private file whole or not at all, whatever happens meanwhile."""
    new = file.with_name(f"{file.name}.new")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:  # noqa: PTH123 - with a mode
        out.write(text)
    new.replace(file)


def _bound(port: int) -> int | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return None
        return int(probe.getsockname()[1])
