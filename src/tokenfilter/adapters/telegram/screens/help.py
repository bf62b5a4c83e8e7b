"""What one can type, and what the signs mean."""

from tokenfilter.adapters.telegram.callback import Action
from tokenfilter.adapters.telegram.html import bold, code, join, lines, text
from tokenfilter.adapters.telegram.keyboard import Screen, button

COMMANDS = (
    ("start", "Begin, and choose a preset"),
    ("filters", "See, make and change filters"),
    ("why", "Why a token did or did not come"),
    ("status", "Whether all is well"),
    ("settings", "Destinations, noise, time zone"),
    ("stop", "Stop all alerts"),
    ("resume", "Hear alerts again"),
    ("privacy", "What is kept; export, delete"),
    ("help", "This page"),
)
"""The commands Telegram offers while one types, with their descriptions."""


def help_page() -> Screen:
    """The page behind `/help`."""
    commands = lines(*(text(f"/{name}  {about}") for name, about in COMMANDS if name != "help"))
    why = text("Send a token's address, or answer a card with /why, to see every rule with what it saw.")
    example = lines(
        text("A filter is a list of criteria, by buttons or as text:"),
        code("mcap 20k..200k, liq >= 5k, win >= 55, record >= 10, mint revoked unknown pass", most=200),
    )
    signs = text("📣 call  💰 size  👥 holders  🛡 safety  🎯 matched filter. An en dash (–) means unknown.")
    parts = (bold(text("What you can do")), commands, why, example, signs)
    return Screen(
        html=join("\n\n", (lines(parts[0], parts[1]), *parts[2:])),
        keyboard=((button("Filters", Action.FILTERS), button("Settings", Action.SETTINGS)),),
    )
