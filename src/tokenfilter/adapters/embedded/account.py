"""Under whose name PostgreSQL runs: ours, or where we are root (as which it refuses to run) somebody else's.

No account is made and no folder opened to others for it: where the other account may not enter the folders, it is given
the one right to enter them.
"""

import contextlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from tokenfilter.adapters.embedded.failures import ServerFailedError

_CANDIDATES = ("postgres", "nobody")
_PATIENCE = 10


class Identity(TypedDict, total=False):
    """What `subprocess` needs to run something under another name."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """How to start a program under a name."""

    prefix: tuple[str, ...] = ()
    identity: Identity
    owner: tuple[int, int] | None = None
    """User and group that must own the data; None for ourselves."""


def account(data: Path, reaching: Path, program: Path) -> Account:
    """Whose name to use for `data`: that of its owner, where it exists already.

    Args:
        data: The directory of the data.
        reaching: An existing directory above it or itself, which the account must be able to enter.
        program: What it must be able to run.

    Raises:
        ServerFailedError: We are root, and nobody else can be used.
    """
    if os.geteuid() != 0:
        return Account(identity={})
    user, group = _somebody(data)
    identity = Identity(user=user, group=group, extra_groups=[])
    if _reaches(identity, reaching, program):
        return Account(identity=identity, owner=(user, group))
    if setpriv := shutil.which("setpriv"):
        names = (f"--reuid={user}", f"--regid={group}", "--clear-groups")
        rights = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")
        return Account(prefix=(setpriv, *names, *rights), identity={}, owner=(user, group))
    raise ServerFailedError(
        "PostgreSQL",
        f"refuses to run as root, and user {user} may not enter {reaching} or run {program}: "
        "run tokenfilter as another user, or set postgres.url",
    )


def _somebody(data: Path) -> tuple[int, int]:
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return owner.st_uid, owner.st_gid
    for name in _CANDIDATES:
        with contextlib.suppress(KeyError):
            found = pwd.getpwnam(name)
            return found.pw_uid, found.pw_gid
    raise ServerFailedError(
        "PostgreSQL", f"refuses to run as root, and there is no user named {' or '.join(_CANDIDATES)}"
    )


def _reaches(identity: Identity, folder: Path, program: Path) -> bool:
    tried: list[str | Path] = ["/bin/sh", "-c", 'cd "$0" && exec "$1" --version', folder, program]
    with contextlib.suppress(PermissionError):
        return subprocess.run(tried, capture_output=True, check=False, timeout=_PATIENCE, **identity).returncode == 0
    return False
