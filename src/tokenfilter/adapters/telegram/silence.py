"""What is said of a filter that stays silent for one unknown fact, and when that is over."""

from tokenfilter.adapters.telegram.callback import Action, Press
from tokenfilter.adapters.telegram.html import code, lines, text
from tokenfilter.adapters.telegram.keyboard import Button, Screen, button
from tokenfilter.adapters.telegram.menus import LABELS
from tokenfilter.adapters.telegram.screens.why import number_of
from tokenfilter.domain.ids import FilterId
from tokenfilter.domain.notification import BlindSpotNotice, KnownAgain


def blind_spot(notice: BlindSpotNotice) -> Screen:
    """What happened in figures, and two ways out."""
    what = fact(notice.criterion)
    happened = code(notice.filter_name, most=40) + text(
        f" hears little: in {notice.unknown} of the last {notice.refusals} refusals {what} was not known."
    )
    number = number_of(notice.filter_id)
    let_pass = Press(action=Action.UNTIL_KNOWN, number=number, key=notice.criterion)
    offer = text("Let through what is not known there? It refuses again by itself once the feed tells it.")
    return Screen(
        html=lines(happened, offer),
        keyboard=((button("Let it pass until known", let_pass),), (_edit(notice.filter_id),)),
    )


def known_again(told: KnownAgain) -> Screen:
    """What changed by itself."""
    what = fact(told.criterion)
    return Screen(
        html=code(told.filter_name, most=40)
        + text(f": {what} is known now. The filter refuses again where it is not, as it did before."),
        keyboard=((_edit(told.filter_id),),),
    )


def passes_note(criterion: str) -> str:
    """Said once the unknown was let through."""
    what = fact(criterion)
    return f"Saved. Where {what} is not known, the filter lets it pass; once it is known, that ends by itself."


def fact(criterion: str) -> str:
    """A criterion's label within a sentence: `the win rate`, `the FDV`."""
    label = LABELS[criterion]
    return f"the {label[0].lower()}{label[1:]}" if label[1].islower() else f"the {label}"


def _edit(filter_id: FilterId) -> Button:
    return button("Edit filter", Press(action=Action.FILTER, number=number_of(filter_id)))
