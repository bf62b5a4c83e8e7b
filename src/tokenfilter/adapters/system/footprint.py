"""How much memory this process holds, and how much it may: read from the kernel, so on Linux only."""

import os
from pathlib import Path

from tokenfilter.domain.health import Footprint

_PAGES = Path("/proc/self/statm")
_GROUP = Path("/proc/self/cgroup")
_GROUPS = Path("/sys/fs/cgroup")


def footprint(limit: int | None) -> Footprint | None:
    """The memory held now against `limit`; None where it cannot be known."""
    pages = _read(_PAGES).split()
    return Footprint(used=int(pages[1]) * os.sysconf("SC_PAGE_SIZE"), limit=limit) if pages else None


def memory_limit(given: int | None) -> int | None:
    """The limit in bytes: the one given, else that of the container or unit, else the machine's memory."""
    if given is not None:
        return given
    group = next((line.removeprefix("0::/") for line in _read(_GROUP).splitlines() if line.startswith("0::/")), "")
    for place in (_GROUPS / group, _GROUPS):
        text = _read(place / "memory.max").strip()
        if text.isdigit():
            return int(text)
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return None


def _read(place: Path) -> str:
    try:
        return place.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
