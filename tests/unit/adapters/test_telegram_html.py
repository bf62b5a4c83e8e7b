"""Other people's text comes in only as `code`, and stays text."""

import ast
import unicodedata
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

import tokenfilter.adapters.telegram as package
from tokenfilter.adapters.sandbox.formatted_text import format_text
from tokenfilter.adapters.telegram import html
from tokenfilter.testing.strategies import hostile_text

ANY_TEXT = st.text() | hostile_text()


@given(ANY_TEXT)
@example("<b>x</b>")
@example("claim-now.com")
@example("@someone /stop $TAG #tag +1 555 123 4567 me@example.com")
@example("\u202eevil\u202c\u2066")
@example("a" * 10_000)
def test_nothing_but_our_own_mark_is_found_in_foreign_text(foreign):
    shown = html.text("Token ") + html.code(foreign) + html.text(" ends.")
    stored = format_text(shown.markup, parse_mode="HTML")
    assert {entity.type for entity in stored.entities} <= {"code"}
    assert stored.text.startswith("Token ")
    assert stored.text.endswith(" ends.")


@given(ANY_TEXT)
def test_foreign_text_is_short_and_all_of_it_can_be_seen(foreign):
    cleaned = html.cleaned_text(foreign, most=32)
    assert len(cleaned) <= 32
    assert all(unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co", "Cn"} for letter in cleaned)
    assert cleaned == cleaned.strip()
    assert html.cleaned_text(cleaned, most=32) == cleaned


@given(st.text(alphabet="\u200b\u200e\u202e\u3164\u2800\u00ad \n\t\u0301", max_size=50))
def test_text_of_which_nothing_can_be_seen_is_an_en_dash(foreign):
    assert html.code(foreign).plain == "–"


def test_accents_do_not_pile_up():
    assert html.cleaned_text("Z" + "\u0301" * 40 + "a", most=32) == "Z\u0301\u0301a"


def test_a_name_written_from_right_to_left_keeps_the_rest_of_its_line_in_order():
    assert html.code("שלום").plain == "\u2068שלום\u2069"
    assert html.code("Lamb").plain == "Lamb"


@given(ANY_TEXT)
def test_what_a_person_sees_is_known_beside_the_markup(foreign):
    shown = html.bold(html.text("One & only")) + html.code(foreign)
    stored = format_text(shown.markup, parse_mode="HTML")
    assert stored.text == shown.plain.rstrip()
    assert html.utf16_units(shown.plain) == shown.units


@given(st.lists(ANY_TEXT, max_size=60))
def test_a_fitted_text_is_never_longer_than_a_message(rows):
    fitted = html.fitted([html.text("Head"), *(html.code(row * 20, most=200) for row in rows)])
    assert fitted.units <= html.LONGEST_TEXT
    assert fitted.entities <= html.MOST_ENTITIES


def test_what_does_not_fit_is_counted():
    rows = [html.text("x" * 1000) for _ in range(9)]
    assert html.fitted(rows).plain.endswith("… and 5 more lines")


@given(st.lists(ANY_TEXT, max_size=5))
def test_a_block_keeps_its_lines(rows):
    shown = html.block("\n".join(rows), most=500)
    assert (
        shown.plain.split("\n")
        == [kept for row in "\n".join(rows).split("\n") if (kept := html.cleaned_text(row, most=500))]
        or shown.plain == "–"
        or len(shown.plain) == 500
    )


@given(ANY_TEXT)
def test_what_a_message_quotes_is_marked_as_foreign(typed):
    quoted = typed.replace("'", "").replace('"', "")
    shown = html.sentence(f"unknown '{quoted}': expected a number", most=5_000)
    assert {e.type for e in format_text(shown.markup, parse_mode="HTML").entities} <= {"code"}


def test_empty_parts_leave_no_line():
    assert html.lines(html.text("a"), html.NOTHING, html.text("b")).plain == "a\nb"


def test_only_the_html_module_makes_markup():
    folder = Path(package.__file__).parent
    for path in folder.rglob("*.py"):
        if path.name == "html.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = [n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
        assert "Html" not in calls, path.name
        words = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        assert not any("<b>" in word or "<code>" in word or "<a " in word for word in words), path.name
