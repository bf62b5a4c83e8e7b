"""Bodies of requests: query, JSON, urlencoded form, or multipart form, all into `Parameters`."""

import re
from email.message import Message
from urllib.parse import parse_qsl

from starlette.requests import Request

from tokenfilter.adapters.sandbox.errors import ApiError, bad_request
from tokenfilter.adapters.sandbox.parameters import Parameters, Upload, decode_json, text_of

MAX_FIELDS = 1000
_QUOTED = re.compile(r"\\(.)|%22")
_BOUNDARY = re.compile(rb"[0-9A-Za-z'()+_,./:=? -]{1,70}")


async def body_of(request: Request, *, at_most: int) -> bytes:
    """The whole body.

    Raises:
        ApiError: 413, it is longer than `at_most` bytes; the rest is not read.
    """
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > at_most:
            raise ApiError(413, "Request Entity Too Large")
        chunks.append(chunk)
    return b"".join(chunks)


async def parameters_of(request: Request, *, at_most: int) -> Parameters:
    """Parameters of the query and the body together; the body wins.

    Raises:
        ApiError: the body is too long, or not what its content type says.
    """
    values = dict(request.query_params.multi_items())
    files: dict[str, Upload] = {}
    body = await body_of(request, at_most=at_most)
    content_type = request.headers.get("content-type", "")
    kind = content_type.split(";")[0].strip().lower()
    if body and kind == "application/json":
        values |= _json_fields(body)
    elif body and kind == "multipart/form-data":
        more, files = parse_multipart(content_type, body)
        values |= more
    elif body and kind in ("application/x-www-form-urlencoded", ""):
        values |= _form_fields(body)
    for value in values.values():
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise bad_request("strings must be encoded in UTF-8")
    return Parameters(values=values, files=files)


def _json_fields(body: bytes) -> dict[str, str]:
    try:
        value = decode_json(body)
    except ValueError:
        raise bad_request("can't parse JSON object") from None
    if not isinstance(value, dict):
        raise bad_request("object expected as request body")
    return {name: text_of(field) for name, field in value.items()}


def _form_fields(body: bytes) -> dict[str, str]:
    try:
        return dict(
            parse_qsl(
                body.decode("ascii"),
                keep_blank_values=True,
                errors="strict",
                max_num_fields=MAX_FIELDS,
            )
        )
    except ValueError:
        raise bad_request("strings must be encoded in UTF-8") from None


def _header(line: str) -> Message:
    message = Message()
    name, _, value = line.partition(":")
    message[name.strip()] = value.strip()
    return message


def parse_multipart(content_type: str, body: bytes) -> tuple[dict[str, str], dict[str, Upload]]:
    """Fields and files of a multipart form (RFC 7578).

    Raises:
        ApiError: no boundary, a part without a name, a body that does not end with its boundary, too many parts.
    """
    given = _header(f"content-type: {content_type}").get_param("boundary")
    boundary = given.encode("ascii", "replace") if isinstance(given, str) else b""
    if not _BOUNDARY.fullmatch(boundary):
        raise bad_request("boundary boundary not found")
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--") or pieces[-1][2:].strip() or len(pieces) > MAX_FIELDS:
        raise bad_request("can't parse multipart form: unexpected end of the body")
    values: dict[str, str] = {}
    files: dict[str, Upload] = {}
    for piece in pieces[1:-1]:
        head, separator, content = piece.lstrip(b" \t").partition(b"\r\n\r\n")
        if not separator or not head.startswith(b"\r\n"):
            raise bad_request("can't parse multipart form: no headers in a part")
        _read_part(head[2:], content, values, files)
    return values, files


def _read_part(head: bytes, content: bytes, values: dict[str, str], files: dict[str, Upload]) -> None:
    try:
        lines = head.decode("utf-8").split("\r\n")
        name = filename = None
        mime_type = "application/octet-stream"
        for line in lines:
            lowered = line.lower()
            if lowered.startswith("content-disposition:"):
                disposition = re.findall(r';\s*([a-zA-Z*]+)="((?:[^"\\]|\\.)*)"', line)
                found = {key.lower(): _QUOTED.sub(lambda hit: hit.group(1) or '"', text) for key, text in disposition}
                name, filename = found.get("name"), found.get("filename")
            elif lowered.startswith("content-type:"):
                mime_type = line.partition(":")[2].strip().split(";")[0].lower()
        if not name:
            raise bad_request("can't parse multipart form: a part has no name")
        if filename is None:
            values[name] = content.decode("utf-8")
        else:
            files[name] = Upload(name=filename, mime_type=mime_type, content=content)
    except UnicodeDecodeError:
        raise bad_request("strings must be encoded in UTF-8") from None
