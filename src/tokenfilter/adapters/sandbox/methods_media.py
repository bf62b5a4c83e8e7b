"""Methods about files: the four kinds of media, albums, exchanging a file, and downloading."""

from dataclasses import replace

from tokenfilter.adapters.sandbox.chronicle import Chronicle
from tokenfilter.adapters.sandbox.errors import ApiError, bad_request
from tokenfilter.adapters.sandbox.files import Files, with_claims
from tokenfilter.adapters.sandbox.message import Content, Media, Text
from tokenfilter.adapters.sandbox.noted_lines import line_of, numbers_of
from tokenfilter.adapters.sandbox.parameters import Parameters, text_of
from tokenfilter.adapters.sandbox.posting import Posting
from tokenfilter.adapters.sandbox.rendering import message_wire

_ALBUM_KINDS = ("photo", "video", "document")


class MediaMethods:
    """`sendPhoto`, `sendVideo`, `sendAnimation`, `sendDocument`, `sendMediaGroup`, `editMessageMedia`, `getFile`."""

    def __init__(self, posting: Posting, files: Files, *, chronicle: Chronicle) -> None:
        self._chronicle = chronicle
        self._posting = posting
        self._files = files
        self._world = posting.conversation.world
        self._albums = 0
        chronicle.keep(lambda: [line_of("albums", self._albums)], albums=self._take_albums)

    def _take_albums(self, line: str) -> None:
        (self._albums,) = numbers_of(line)

    def send_photo(self, parameters: Parameters) -> object:
        return self._send(parameters, "photo")

    def send_video(self, parameters: Parameters) -> object:
        return self._send(parameters, "video")

    def send_animation(self, parameters: Parameters) -> object:
        return self._send(parameters, "animation")

    def send_document(self, parameters: Parameters) -> object:
        return self._send(parameters, "document")

    def _send(self, parameters: Parameters, kind: str) -> object:
        value = parameters.text(kind) or (kind if kind in parameters.files else "")
        media = self._media(parameters, value, kind=kind)
        return message_wire(self._posting.send(parameters, media), self._world)

    def _media(self, parameters: Parameters, value: str, *, kind: str) -> Media:
        return Media(
            file=with_claims(self._files.take(parameters, value, kind=kind), parameters),
            caption=self._posting.caption(parameters),
            spoiler=parameters.boolean("has_spoiler"),
            caption_above=parameters.boolean("show_caption_above_media"),
        )

    def send_media_group(self, parameters: Parameters) -> object:
        parameters.required("media")
        value = parameters.parsed("media", otherwise="can't parse media JSON object")
        if not isinstance(value, list):
            raise bad_request("expected an Array of InputMedia")
        if not 2 <= len(value) <= self._posting.limits.media_group:
            raise bad_request("wrong number of messages in album: expected 2-10 items")
        album = str(13_000_000_000_000_000 + self._albums + 1)
        contents: list[Content] = [
            replace(self._input_media(parameters, item, album=True), album=album) for item in value
        ]
        kinds = {content.file.kind for content in contents if isinstance(content, Media)}
        if "document" in kinds and len(kinds) > 1:
            raise bad_request("document can't be mixed with other media types")
        sent = self._posting.send_all(parameters, contents)
        self._albums += 1
        self._chronicle.note("albums", self._albums)
        return [message_wire(message, self._world) for message in sent]

    def _input_media(self, parameters: Parameters, value: object, *, album: bool) -> Media:
        if not isinstance(value, dict):
            raise bad_request("can't parse InputMedia: expected an Object")
        kind, media = value.get("type"), value.get("media")
        if album and kind == "animation":
            raise bad_request("can't parse InputMedia: type \"animation\" can't be used in sendMediaGroup")
        if not isinstance(kind, str) or kind not in (*_ALBUM_KINDS, "animation"):
            raise bad_request(f'can\'t parse InputMedia: type "{kind}" is unsupported')
        if not isinstance(media, str) or not media:
            raise bad_request("can't parse InputMedia: media not found")
        fields = Parameters(values={name: text_of(field) for name, field in value.items()}, files=parameters.files)
        return self._media(fields, media, kind=kind)

    def edit_media(self, parameters: Parameters) -> object:
        parameters.required("media")
        value = parameters.parsed("media", otherwise="can't parse input media JSON object")
        content = self._input_media(parameters, value, album=False)
        message = self._posting.own_message(parameters)
        if not isinstance(message.content, Media | Text):
            raise bad_request("message can't be edited")
        if isinstance(message.content, Media) and message.content.album is not None:
            content = replace(content, album=message.content.album)
        return message_wire(self._posting.edit(message, content, parameters), self._world)

    def get_file(self, parameters: Parameters) -> object:
        file, path = self._files.describe(parameters.text("file_id"))
        return {
            "file_id": file.file_id,
            "file_unique_id": file.unique_id,
            "file_size": file.size,
            "file_path": path,
        }

    def download(self, path: str) -> bytes:
        """The bytes under a `file_path`.

        Raises:
            ApiError: 404, there is no such file.
        """
        content = self._files.at_path(path)
        if content is None:
            raise ApiError(404, "Not Found")
        return content
