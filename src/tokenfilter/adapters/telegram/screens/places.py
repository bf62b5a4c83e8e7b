"""Where matches go: the own chat, and groups, topics and channels added to it."""

from dataclasses import dataclass

from tokenfilter.adapters.telegram.callback import Action, Press
from tokenfilter.adapters.telegram.html import NOTHING, bold, code, fitted, lines, text
from tokenfilter.adapters.telegram.keyboard import Screen, button, columns, link
from tokenfilter.adapters.telegram.screens.plain import CANCEL
from tokenfilter.domain.ids import Destination
from tokenfilter.domain.subscriber import NamedFilter, Subscriber

OWN_CHAT = "This chat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Whose destinations, the bot's name, and a line about what was just done."""

    subscriber: Subscriber
    bot: str
    note: str = ""


def places(state: Places) -> Screen:
    """Every destination, how to add one, and a button to remove each."""
    rows = [text(state.note), bold(text("Destinations")), text("• ") + text(OWN_CHAT)]
    for destination, title in state.subscriber.places.items():
        rows.append(text("• ") + code(title) + text(_topic(destination)))
    rows.append(text("To add a group or channel: make me a member that may post there, and I ask you here."))
    rows.append(text("Only its administrators can. A topic: send /start in it."))
    removes = [
        button(f"Remove {title}", Press(action=Action.PLACE_REMOVE, destination=destination))
        for destination, title in state.subscriber.places.items()
    ]
    return Screen(
        html=fitted(row for row in rows if row),
        keyboard=(
            (
                link("Add to group", f"https://t.me/{state.bot}?startgroup=here"),
                button("Type @name", Action.PLACE_TYPE),
            ),
            *columns(removes),
            (button("Settings", Action.SETTINGS),),
        ),
    )


def ask_place() -> Screen:
    """Asks for a chat by name."""
    asked = text("Send the @name or the number of a group or channel I am in, for example ") + code("@my_channel")
    return Screen(html=asked, keyboard=((CANCEL,),))


def offered(title: str, destination: Destination) -> Screen:
    """The bot was added somewhere: does the person who added it want matches there?"""
    asked = text("I am now in ") + code(title) + text(". Shall matches of your filters go there?")
    add = button("Add it", Press(action=Action.PLACE_ADD, destination=destination))
    return Screen(html=asked, keyboard=((add, button("No", Action.CANCEL)),))


def offered_here(bot: str, destination: Destination) -> Screen:
    """Asked in the group itself: an administrator of it may press."""
    asked = lines(
        text("Matches of your filters can be told here. An administrator of this chat who uses me may press."),
        text(f"Filters are made in the private chat with @{bot}."),
    )
    return Screen(
        html=asked, keyboard=((button("Tell mine here", Press(action=Action.PLACE_ADD, destination=destination)),),)
    )


def routes(shown: NamedFilter, subscriber: Subscriber, number: int, note: str = "") -> Screen:
    """Which destinations a filter's matches go to; each button switches one."""
    every = {subscriber.own_chat: OWN_CHAT, **subscriber.places}
    switches = columns(
        button(
            f"✓ {title}" if destination in shown.destinations else title,
            Press(action=Action.FILTER_ROUTE, number=number, destination=destination),
        )
        for destination, title in every.items()
    )
    head = code(shown.name, most=40) + text(" goes to the chats marked ✓. At least one.")
    more = NOTHING if subscriber.places else text("Add a group or channel under Destinations to choose it here.")
    back = button("Back", Press(action=Action.FILTER, number=number))
    return Screen(
        html=lines(text(note), head, more), keyboard=(*switches, (button("Destinations", Action.PLACES), back))
    )


def _topic(destination: Destination) -> str:
    return "" if destination.thread is None else f" · topic {destination.thread}"
