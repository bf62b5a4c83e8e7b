"""Short messages: refusals that say what is expected, and things that went wrong."""

from tokenfilter.adapters.telegram.callback import Action
from tokenfilter.adapters.telegram.html import NOTHING, Html, code, lines, sentence, text
from tokenfilter.adapters.telegram.keyboard import Screen, button
from tokenfilter.domain.filter import InvalidFilterError
from tokenfilter.domain.filter_text import InvalidFilterTextError

CANCEL = button("Cancel", Action.CANCEL)
OLD_BUTTON = "This button is from an older screen. Send the command again."
FORGOTTEN = "That change was not saved within 5 minutes and is forgotten. Nothing is different."
NOT_YOURS = "Only the person whose filter sent this can mute it. Open the chat with me for alerts of your own."
STARTED_NEVER = "Open the chat with me and send /start first."


def not_understood() -> Screen:
    """Something was typed that answers no question."""
    return Screen(html=text("I know commands such as /filters, and token addresses. /help lists them all."))


def went_wrong(incident: str) -> Screen:
    """A mistake of ours."""
    return Screen(html=text(f"Something went wrong here. Nothing else is affected. Incident {incident}."))


def try_again() -> Screen:
    """A store or history cannot be reached."""
    return Screen(html=text("This cannot be read or saved right now. Nothing was changed; try again soon."))


def refused(message: str, question: Html) -> Screen:
    """An answer that cannot be taken, and the question once more."""
    return Screen(html=lines(text("✗ ") + sentence(message), question), keyboard=((CANCEL,),))


def wrong_value(error: InvalidFilterError, question: Html) -> Screen:
    """A typed criterion that cannot be read: what was expected, and the question once more."""
    return Screen(html=lines(text("✗ ") + said_of(error), question), keyboard=((CANCEL,),))


def wrong_filter(error: InvalidFilterTextError, question: Html) -> Screen:
    """A typed filter that cannot be read: which criterion, where it stands, what was expected."""
    where = (
        code(error.criterion, most=60) + text(f" (character {error.position + 1}): ") if error.criterion else NOTHING
    )
    return Screen(html=lines(text("✗ ") + where + said_of(error), question), keyboard=((CANCEL,),))


def said_of(error: InvalidFilterError) -> Html:
    """What was expected, without repeating what was typed."""
    if not isinstance(error, InvalidFilterTextError):
        return sentence(_begun(str(error)))
    guess = text(" Did you mean ") + code(error.nearest) + text("?") if error.nearest else NOTHING
    return sentence(f"{_begun(error.expected)}.") + guess


def told(message: str) -> Screen:
    """One sentence."""
    return Screen(html=sentence(message))


def in_group(bot: str) -> Screen:
    """Where settings are changed."""
    return Screen(html=text(f"Filters, settings and /why are for the private chat with @{bot}."))


def _begun(words: str) -> str:
    return words[:1].upper() + words[1:]
