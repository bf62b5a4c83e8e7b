"""Uploaded files: taken in under Telegram's limits, kept in memory or beside the chronicle, found by their file_id."""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from tokenfilter.adapters.sandbox.chronicle import Chronicle
from tokenfilter.adapters.sandbox.errors import ApiError, bad_request
from tokenfilter.adapters.sandbox.limits import Limits
from tokenfilter.adapters.sandbox.message import File
from tokenfilter.adapters.sandbox.noted_lines import line_of, values_of
from tokenfilter.adapters.sandbox.parameters import Parameters, Upload
from tokenfilter.adapters.sandbox.pictures import picture_size

MAX_KEPT_BYTES = 256 * 1024 * 1024
"""Beyond this the oldest files are forgotten and their ids no longer known."""

_MAX_SIDES = 10_000
_MAX_RATIO = 20
_EXTENSIONS = {"photo": "jpg", "video": "mp4", "animation": "gif", "document": "bin"}


class Files:
    """The file store. Ids are derived from kind and content, so the same upload gets the same id."""

    def __init__(self, limits: Limits, chronicle: Chronicle) -> None:
        self._limits = limits
        self._chronicle = chronicle
        self._kept: dict[str, File] = {}
        self._contents: dict[str, bytes] = {}
        self._bytes = 0
        chronicle.keep(self._told, file=self._take_file)

    def take(self, parameters: Parameters, value: str, *, kind: str) -> File:
        """The file a parameter names: an `attach://` upload, the upload under the parameter's own name, or a file_id.

        Raises:
            ApiError: nothing is there, it is too big or empty, no picture where one is needed, or of another kind.
        """
        upload = parameters.files.get(value.removeprefix("attach://"))
        if value.startswith("attach://") or (upload is not None and value == kind):
            if upload is None:
                raise bad_request("can't parse InputMedia: media not found")
            return self._keep(upload, kind=kind)
        if not value:
            raise bad_request(f"there is no {kind} in the request")
        if value.startswith(("http://", "https://")):
            # The sandbox reaches nothing outside the machine, so every address is one that gives no content.
            raise bad_request("failed to get HTTP URL content")
        kept = self._kept.get(value)
        if kept is None:
            raise bad_request("wrong remote file identifier specified: Wrong string length")
        if kept.kind != kind:
            raise bad_request(
                f"type of file mismatch: can't use file of type {kept.kind.capitalize()} as {kind.capitalize()}"
            )
        return kept

    def _keep(self, upload: Upload, *, kind: str) -> File:
        size = len(upload.content)
        if not size:
            raise bad_request("file must be non-empty")
        if size > self._limits.upload_bytes:
            raise ApiError(413, "Request Entity Too Large")
        width, height = picture_size(upload.content) or (0, 0)
        if kind == "photo":
            self._check_photo(size, width, height)
        digest = hashlib.sha256(kind.encode() + b"\0" + upload.content).digest()
        file = File(
            file_id="AgAC" + base64.urlsafe_b64encode(digest).decode().rstrip("="),
            unique_id="AQAD" + base64.urlsafe_b64encode(digest[:9]).decode(),
            kind=kind,
            name=upload.name or f"file.{_EXTENSIONS[kind]}",
            mime_type=upload.mime_type,
            size=size,
            width=width or 320,
            height=height or 320,
        )
        if file.file_id not in self._kept:
            self._put(file.file_id, upload.content)
            self._add(file)
            self._chronicle.note("file", file)
        return file

    def _add(self, file: File) -> None:
        self._kept[file.file_id] = file
        self._bytes += file.size
        while self._bytes > MAX_KEPT_BYTES and len(self._kept) > 1:
            oldest = self._kept.pop(next(iter(self._kept)))
            self._bytes -= oldest.size
            self._drop(oldest.file_id)

    def _check_photo(self, size: int, width: int, height: int) -> None:
        if size > self._limits.photo_bytes:
            raise bad_request(f"file of size {size} bytes is too big for a photo")
        if not width:
            raise bad_request("IMAGE_PROCESS_FAILED")
        if width + height > _MAX_SIDES or max(width, height) > _MAX_RATIO * min(width, height):
            raise bad_request("PHOTO_INVALID_DIMENSIONS")

    def found(self, file_id: str) -> tuple[File, bytes] | None:
        kept = self._kept.get(file_id)
        content = None if kept is None else self._content(file_id)
        return None if kept is None or content is None else (kept, content)

    def at_path(self, path: str) -> bytes | None:
        """The content under a `file_path` that `path_of` gave."""
        found = self.found(path.rpartition("/")[2].partition(".")[0])
        return found[1] if found and self.path_of(found[0]) == path else None

    @staticmethod
    def path_of(file: File) -> str:
        """The `file_path` of a file."""
        return f"{file.kind}s/{file.file_id}.{_EXTENSIONS[file.kind]}"

    def describe(self, file_id: str) -> tuple[File, str]:
        """`getFile`: the file and its path.

        Raises:
            ApiError: it is unknown or too big to be downloaded.
        """
        if not file_id:
            raise bad_request("file_id not specified")
        kept = self._kept.get(file_id)
        if kept is None:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        if kept.size > self._limits.download_bytes:
            raise bad_request("file is too big")
        return kept, self.path_of(kept)

    def tidy(self) -> None:
        """Remove contents that nothing refers to: an end came between the content and its note."""
        if self._chronicle.directory is not None:
            for place in (self._chronicle.directory / "files").glob("*"):
                if place.name not in self._kept:
                    place.unlink()

    def _told(self) -> Iterable[str]:
        return [line_of("file", file) for file in self._kept.values()]

    def _take_file(self, line: str) -> None:
        (file,) = values_of(line)
        if file.file_id not in self._kept:
            self._add(file)

    def _place(self, file_id: str) -> Path | None:
        return None if self._chronicle.directory is None else self._chronicle.directory / "files" / file_id

    def _put(self, file_id: str, content: bytes) -> None:
        place = self._place(file_id)
        if place is None:
            self._contents[file_id] = content
        else:
            place.parent.mkdir(mode=0o700, exist_ok=True)
            place.write_bytes(content)

    def _content(self, file_id: str) -> bytes | None:
        place = self._place(file_id)
        if place is None:
            return self._contents.get(file_id)
        return place.read_bytes() if place.exists() else None

    def _drop(self, file_id: str) -> None:
        self._contents.pop(file_id, None)
        if place := self._place(file_id):
            place.unlink(missing_ok=True)


def with_claims(file: File, parameters: Parameters) -> File:
    """The file with the width, height and duration its sender states."""
    return replace(
        file,
        width=parameters.integer("width", low=0, high=10_000) or file.width,
        height=parameters.integer("height", low=0, high=10_000) or file.height,
        duration=parameters.integer("duration", low=0, high=86_400),
    )
