"""What can prevent a private server from running, each in a sentence that says what to do."""

from pathlib import Path

_LINES = 15


class EmbeddedError(Exception):
    """The private servers cannot be had."""


class DirectoryInUseError(EmbeddedError):
    """Another living program owns the directory."""

    def __init__(self, directory: Path, owner: str) -> None:
        who = f"process {owner}" if owner else "another process"
        what = f"stop it (kill {owner}), or" if owner else "stop it, or"
        super().__init__(
            f"{directory} is in use by a tokenfilter that is running ({who}): {what} use another directory"
        )
        self.directory = directory
        self.owner = owner


class MissingBinaryError(EmbeddedError):
    """No server of this kind, or none new enough, is installed."""


class ServerFailedError(EmbeddedError):
    """A server did not start, did not stop, or does not keep what it should; tells the last lines of its log."""

    def __init__(self, name: str, what: str, log: Path | None = None) -> None:
        last = _last_lines(log) if log else ""
        super().__init__(f"{name} {what}" + (f"; the end of {log}:\n{last}" if last else ""))


def _last_lines(log: Path) -> str:
    if not log.exists():
        return ""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LINES:])
