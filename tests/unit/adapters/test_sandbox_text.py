"""Markup, automatic entities and the text that is stored."""

import contextlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.adapters.sandbox.automatic_entities import automatic_entities
from tokenfilter.adapters.sandbox.errors import ApiError
from tokenfilter.adapters.sandbox.formatted_text import FormattedText, format_text, plain_text
from tokenfilter.adapters.sandbox.html_entities import EntityParseError, parse_html
from tokenfilter.adapters.sandbox.text_entities import Entity, units

TAGS = ("b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "tg-spoiler", "code", "pre", "blockquote", "a")
LETTERS = st.characters(exclude_categories=["Cs"])
PIECES = st.one_of(
    st.text(LETTERS, max_size=8),
    st.sampled_from(
        [
            *(f"<{tag}>" for tag in TAGS),
            *(f"</{tag}>" for tag in TAGS),
            '<a href="https://x.com/y">',
            '<span class="tg-spoiler">',
            "</span>",
            '<code class="language-python">',
            "<blockquote expandable>",
            "&lt;",
            "&#128512;",
            "&#55357;",
            "\U0001f680",
            "claim-now.com",
            "@someone",
            "/stop@abc",
            "$TAG",
            "#gem",
            "  ",
            "\n",
            "\r",
            "\u202e",
            "\u200b",
        ]
    ),
)
SOURCES = st.lists(PIECES, max_size=14).map("".join)


def marks(text: FormattedText) -> list[tuple[str, str]]:
    encoded = text.text.encode("utf-16-le")
    return [(entity.type, encoded[2 * entity.offset : 2 * entity.end].decode("utf-16-le")) for entity in text.entities]


def html(source: str) -> FormattedText:
    return format_text(source, parse_mode="HTML")


@given(SOURCES)
def test_html_raises_nothing_but_its_own_error(source: str) -> None:
    try:
        text, entities = parse_html(source)
    except EntityParseError:
        return
    assert all(0 <= entity.offset < entity.end <= units(text) for entity in entities)


@given(st.text(st.characters(), max_size=40))
def test_html_of_arbitrary_text_raises_nothing_but_its_own_error(source: str) -> None:
    with contextlib.suppress(EntityParseError):
        parse_html(source)


@given(SOURCES)
def test_stored_entities_lie_within_the_text_on_character_borders_and_in_order(source: str) -> None:
    try:
        stored = html(source)
    except ApiError:
        return
    encoded = stored.text.encode("utf-16-le")
    for entity in stored.entities:
        assert 0 <= entity.offset < entity.end <= stored.length
        encoded[2 * entity.offset : 2 * entity.end].decode("utf-16-le")
    assert list(stored.entities) == sorted(stored.entities, key=lambda entity: entity.order)


@given(SOURCES)
def test_nothing_is_marked_or_detected_inside_code(source: str) -> None:
    try:
        stored = html(source)
    except ApiError:
        return
    literal = [entity for entity in stored.entities if entity.type in ("code", "pre")]
    for inner in literal:
        others = [entity for entity in stored.entities if entity is not inner and "blockquote" not in entity.type]
        assert not [other for other in others if other.offset < inner.end and inner.offset < other.end]


@given(st.text(LETTERS, max_size=60))
def test_escaped_text_comes_back_as_it_was_typed(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    if "\0" not in text:
        assert html(escaped) == plain_text(text)


@given(st.text(LETTERS, max_size=60))
def test_detected_entities_never_overlap(text: str) -> None:
    found = automatic_entities(text)
    assert all(one.end <= other.offset for one, other in pairwise(found))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<x>a</x>", 'Unsupported start tag "x" at byte offset 0'),
        ("é<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
        ("é<q>", 'Unsupported start tag "q" at byte offset 2'),
        ("<b>a</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("a</b>", "Unexpected end tag at byte offset 1"),
        ("<b", "Unclosed start tag at byte offset 0"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ('<a href="x.com>y</a>', "Unclosed start tag at byte offset 0"),
        ("<a href=x_y>z</a>", "Unexpected end of name token at byte offset 8"),
        ('<a ="x">z</a>', 'Empty attribute name in the tag "a" at byte offset 0'),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("a\0b", "Text must not contain null bytes"),
    ],
)
def test_markup_is_refused_in_the_words_of_telegram(source: str, expected: str) -> None:
    with pytest.raises(ApiError) as refused:
        html(source)
    assert refused.value.description == f"Bad Request: can't parse entities: {expected}"


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("<b>a</b> <i>b</i>", "a b", [("bold", "a"), ("italic", "b")]),
        ("<b>\U0001f680x</b>y", "\U0001f680xy", [("bold", "\U0001f680x")]),
        ("<b>a<i>b</i></b>", "ab", [("bold", "a"), ("bold", "b"), ("italic", "b")]),
        ("<b>a <code>b</code> c</b>", "a b c", [("bold", "a "), ("code", "b"), ("bold", "c")]),
        ('<a href="x.com">claim-now.com</a>', "claim-now.com", [("text_link", "claim-now.com")]),
        ('<a href="nothing">a</a>', "a", []),
        ("<code>claim-now.com @someone /stop $TAG</code>", "claim-now.com @someone /stop $TAG", None),
        ('<pre><code class="language-py">x</code></pre>', "x", [("pre", "x")]),
        ("<blockquote expandable>q</blockquote>", "q", [("expandable_blockquote", "q")]),
        ("&lt;b&gt; &amp;amp; &nbsp; &#x41;&#66;", "<b> &amp; &nbsp; AB", []),
        ("<B>a</B>", "a", [("bold", "a")]),
        ("  <b> a </b>  ", "a", [("bold", "a")]),
        ("a\u202eb", "ab", []),
    ],
)
def test_markup_becomes_the_entities_telegram_shows(
    source: str, text: str, expected: list[tuple[str, str]] | None
) -> None:
    stored = html(source)
    assert stored.text == text
    assert marks(stored) == ([("code", text)] if expected is None else expected)


def test_a_language_of_code_is_kept() -> None:
    stored = html('<pre><code class="language-py">x</code></pre>')
    assert [entity.language for entity in stored.entities] == ["py"]


def test_a_link_is_stored_as_telegram_normalises_it() -> None:
    assert [entity.url for entity in html('<a href="Example.COM?q">x</a>').entities] == ["http://example.com/?q"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("claim-now.com", [("url", "claim-now.com")]),
        ("see https://x.io/a(b)c).", [("url", "https://x.io/a(b)c")]),
        ("go to pump.fun/coin?x=1, now", [("url", "pump.fun/coin?x=1")]),
        ("end.So it goes", []),
        ("a.notatld", []),
        ("http://a.notatld", [("url", "http://a.notatld")]),
        ("1.5 and 10.000", []),
        ("8.8.8.8", [("url", "8.8.8.8")]),
        ("tg://resolve?domain=x", [("url", "tg://resolve?domain=x")]),
        ("me@mail.com", [("email", "me@mail.com")]),
        ("@someone", [("mention", "@someone")]),
        ("@abc @gif a@someone", [("mention", "@gif")]),
        ("/stop /stop@abc x/stop", [("bot_command", "/stop"), ("bot_command", "/stop@abc")]),
        ("$TAG $A $1INCH", [("cashtag", "$TAG"), ("cashtag", "$A"), ("cashtag", "$1INCH")]),
        ("$ABCDEFGH $ABCDEFGHI $tag $TAGx 5$TAG", [("cashtag", "$ABCDEFGH")]),
        ("#gem #100 #a#b", [("hashtag", "#gem")]),
    ],
)
def test_plain_text_is_marked_as_telegram_marks_it(text: str, expected: list[tuple[str, str]]) -> None:
    assert marks(plain_text(text)) == expected


def test_an_unknown_parse_mode_is_refused() -> None:
    with pytest.raises(ApiError, match="Bad Request: unsupported parse_mode"):
        format_text("x", parse_mode="Wiki")


def test_an_entity_past_the_end_is_refused() -> None:
    with pytest.raises(ApiError, match="ends after the end of the text"):
        format_text("ab", parse_mode="", entities=[Entity(type="bold", offset=1, length=2)])


def test_an_entity_inside_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(ApiError, match="middle of a UTF-16 symbol"):
        format_text("\U0001f680", parse_mode="", entities=[Entity(type="bold", offset=1, length=1)])
