"""What is said where a group or channel no longer takes messages."""

from tokenfilter.adapters.telegram.callback import Action
from tokenfilter.adapters.telegram.html import code, lines, text
from tokenfilter.adapters.telegram.keyboard import Screen, button
from tokenfilter.domain.notification import PlaceLost


def place_lost(lost: PlaceLost) -> Screen:
    """What happened, what was done about it, and where to undo it."""
    happened = text("I can no longer post in ") + code(lost.title) + text(". It is no destination of yours any more.")
    done = text("Filters that only went there send their matches here. Let me in again to add it anew.")
    return Screen(
        html=lines(happened, done),
        keyboard=((button("Destinations", Action.PLACES), button("Filters", Action.FILTERS)),),
    )
