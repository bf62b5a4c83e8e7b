"""From what a bot sends to what Telegram stores: markup parsed, text cleaned and trimmed, entities made consistent.

The steps and their order follow TDLib; the length limit is left to the caller, because it depends on the field.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from tokenfilter.adapters.sandbox.automatic_entities import automatic_entities
from tokenfilter.adapters.sandbox.errors import bad_request
from tokenfilter.adapters.sandbox.html_entities import EntityParseError, parse_html
from tokenfilter.adapters.sandbox.text_entities import LITERAL, QUOTES, SPLITTABLE, Entity, unit_offsets, units

MAX_ENTITIES = 100
"""Entities beyond these are not shown (Telegram Bot API, observed)."""

_REMOVED = re.compile("[\r\u2028-\u202e\u0333\u033f\u030a]")
_BLANKED = re.compile("[\0-\x09\x0b\x0c\x0e-\x1f]")
_DETECTED = frozenset({"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number"})


@dataclass(frozen=True, slots=True)
class FormattedText:
    """Text as shown, and its entities, sorted; every offset lies within the text."""

    text: str
    entities: tuple[Entity, ...] = ()

    @property
    def length(self) -> int:
        """UTF-16 units."""
        return units(self.text)


def format_text(source: str, *, parse_mode: str, entities: Sequence[Entity] = ()) -> FormattedText:
    """Store-ready text; empty if nothing visible remains.

    Raises:
        ApiError: an unknown parse mode, markup that cannot be parsed, or entities that do not fit the text.
    """
    marked = list(entities)
    mode = parse_mode.lower()
    if source and mode and mode != "none":
        if mode != "html":
            raise bad_request("unsupported parse_mode")
        try:
            source, marked = parse_html(source)
        except EntityParseError as error:
            raise bad_request(f"can't parse entities: {error}") from None
    return _fixed(source, marked)


def plain_text(source: str) -> FormattedText:
    """What a person typed: no markup, automatic entities only."""
    return _fixed(source, [])


def _fixed(source: str, marked: list[Entity]) -> FormattedText:
    total = units(source)
    for entity in marked:
        if entity.offset < 0 or entity.length < 0 or entity.offset > total:
            raise bad_request(f"entity begins after the end of the text at UTF-16 offset {entity.offset}")
        if entity.end > total:
            raise bad_request(
                f"entity beginning at UTF-16 offset {entity.offset} ends after the end of the text at UTF-16 offset"
                f" {entity.end}"
            )
    borders = set(unit_offsets(source)) if marked and total != len(source) else None
    for entity in marked:
        if borders is not None and not {entity.offset, entity.end} <= borders:
            raise bad_request(f"entity begins in a middle of a UTF-16 symbol at UTF-16 offset {entity.offset}")
    text, kept = _cleaned(source, [entity for entity in marked if entity.length])
    text, kept = _trimmed(text, _without_blanks(text, kept))
    if not text:
        return FormattedText("")
    found = _consistent(kept, automatic_entities(text))
    found = _consistent(_without_blanks(text, found), [])
    return FormattedText(text, tuple(found[:MAX_ENTITIES]))


def _cleaned(source: str, marked: list[Entity]) -> tuple[str, list[Entity]]:
    """Blank control characters, drop the ones Telegram drops, and move the entities along."""
    source = _BLANKED.sub(" ", source)
    text = _REMOVED.sub("", source)
    if not marked or text == source:
        return text, marked
    before = unit_offsets(source)
    moved: dict[int, int] = {}
    removed = 0
    for offset, character in zip(before, source + " ", strict=True):
        moved[offset] = offset - removed
        removed += bool(_REMOVED.match(character))
    kept = []
    for entity in marked:
        offset = moved[entity.offset]
        kept.append(replace(entity, offset=offset, length=moved[entity.end] - offset))
    return text, kept


def _without_blanks(text: str, entities: Iterable[Entity]) -> list[Entity]:
    """Entities that show something: leading blanks left out, those over blanks alone dropped (links and code stay)."""
    blank_units = set()
    offsets = unit_offsets(text)
    for offset, character in zip(offsets, text, strict=False):
        if character in " \n":
            blank_units.add(offset)
    kept = []
    for entity in entities:
        offset, end = entity.offset, entity.end
        if entity.type not in LITERAL | {"text_link", "text_mention"}:
            while offset < end and offset in blank_units:
                offset += 1
        if offset < end:
            kept.append(entity if offset == entity.offset else replace(entity, offset=offset, length=end - offset))
    return kept


def _trimmed(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    stripped = text.rstrip(" \n")
    total = units(stripped)
    kept = [entity if entity.end <= total else replace(entity, length=total - entity.offset) for entity in entities]
    kept = [entity for entity in kept if entity.length > 0]
    lead = len(stripped) - len(stripped.lstrip(" \n"))
    if kept:
        lead = min(lead, *(entity.offset for entity in kept), len(stripped))
    if not lead:
        return stripped, kept
    return stripped[lead:], [replace(entity, offset=entity.offset - lead) for entity in kept]


def _disjoint(entities: Iterable[Entity]) -> list[Entity]:
    kept: list[Entity] = []
    for entity in sorted(entities, key=lambda entity: entity.order):
        if not kept or entity.offset >= kept[-1].end:
            kept.append(entity)
    return kept


def _crosses(entity: Entity, quote: Entity) -> bool:
    """Whether one begins or ends inside the other without lying wholly in the quote."""
    overlaps = entity.offset < quote.end and quote.offset < entity.end
    return overlaps and not (quote.offset <= entity.offset and entity.end <= quote.end)


def _consistent(marked: Iterable[Entity], detected: Sequence[Entity]) -> list[Entity]:
    """Links, code and detected marks never overlap; quotes hold them whole; styles are cut at all their borders."""
    marked = list(marked)
    quotes = _disjoint(entity for entity in marked if entity.type in QUOTES)
    solid = _disjoint(entity for entity in marked if entity.type not in QUOTES | SPLITTABLE)
    fresh: list[Entity] = []
    solid = [entity for entity in solid if not any(_crosses(entity, quote) for quote in quotes)]
    starts = [entity.offset for entity in solid]
    for entity in detected:
        following = bisect_right(starts, entity.offset)
        clear = following == len(solid) or entity.end <= solid[following].offset
        clear = clear and (following == 0 or solid[following - 1].end <= entity.offset)
        if clear and not any(_crosses(entity, quote) for quote in quotes):
            fresh.append(entity)
    fixed = [*quotes, *solid, *fresh]
    styles = _styles([entity for entity in marked if entity.type in SPLITTABLE], fixed)
    return sorted([*fixed, *styles], key=lambda entity: entity.order)


def _styles(marked: Sequence[Entity], fixed: Sequence[Entity]) -> list[Entity]:
    united: list[Entity] = []
    for kind in sorted({entity.type for entity in marked}):
        run: Entity | None = None
        for entity in sorted((entity for entity in marked if entity.type == kind), key=lambda entity: entity.order):
            if run is not None and entity.offset <= run.end:
                run = replace(run, length=max(run.end, entity.end) - run.offset)
            else:
                united += [run] if run is not None else []
                run = entity
        united += [run] if run is not None else []
    borders = {entity.offset for entity in fixed} | {entity.end for entity in fixed}
    cuts = sorted(borders | {entity.offset for entity in united})
    literal = [entity for entity in fixed if entity.type in LITERAL]
    pieces = []
    for entity in united:
        edges = [entity.offset, *(cut for cut in cuts if entity.offset < cut < entity.end), entity.end]
        for begin, end in pairwise(edges):
            if not any(other.offset <= begin and end <= other.end for other in literal):
                pieces.append(replace(entity, offset=begin, length=end - begin))
    return pieces


def entity_from(value: object) -> Entity | None:
    """One entity as a bot names it; None for the kinds Telegram detects itself and so ignores.

    Raises:
        ApiError: not an entity.
    """
    if not isinstance(value, dict):
        raise bad_request("can't parse MessageEntity: expected an Object")
    numbers = [value.get("offset"), value.get("length")]
    for name, number in zip(("offset", "length"), numbers, strict=True):
        if not isinstance(number, int) or isinstance(number, bool):
            raise bad_request(f'can\'t parse MessageEntity: Field "{name}" must be of type Number')
        if not 0 <= number <= 1_000_000:
            raise bad_request(f"receive an entity with incorrect {name} {number}")
    kind = value.get("type")
    if not isinstance(kind, str) or not kind:
        raise bad_request("can't parse MessageEntity: Type is not specified")
    if kind in _DETECTED:
        return None
    entity = Entity(type=kind, offset=value["offset"], length=value["length"])
    if kind in SPLITTABLE | QUOTES or kind == "code":
        return entity
    match kind:
        case "pre":
            return replace(entity, language=_field(value, "language", required=False) or None)
        case "text_link":
            return replace(entity, url=_field(value, "url", required=True))
        case "custom_emoji":
            return replace(entity, custom_emoji_id=_field(value, "custom_emoji_id", required=True))
        case "text_mention" if isinstance(value.get("user"), dict) and isinstance(value["user"].get("id"), int):
            return replace(entity, user_id=value["user"]["id"])
    raise bad_request("can't parse MessageEntity: unsupported type specified")


def _field(value: dict[str, object], name: str, *, required: bool) -> str:
    field = value.get(name, None if required else "")
    if not isinstance(field, str):
        raise bad_request(f'can\'t parse MessageEntity: Field "{name}" must be of type String')
    return field
