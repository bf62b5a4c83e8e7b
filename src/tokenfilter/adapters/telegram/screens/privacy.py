"""Privacy: what is kept of a person, the export, and the deletion with its last question (R62)."""

from tokenfilter.adapters.telegram.callback import Action
from tokenfilter.adapters.telegram.html import bold, lines, text
from tokenfilter.adapters.telegram.keyboard import Screen, button
from tokenfilter.adapters.telegram.wording import counted


def privacy(*, retention_days: int) -> Screen:
    """What is kept, for how long, and who sees it."""
    return Screen(
        html=lines(
            bold(text("Privacy")),
            text("Kept: your chat's number and the name Telegram shows, your filters with their earlier versions,"),
            text("settings, which commands and buttons you used and when, and which tokens you were told of."),
            text("Not kept: what else you type, your contacts, your phone number."),
            text(f"Alerts and uses are deleted after {counted(retention_days, 'day')}; the rest when you say so."),
            text("Nobody but the operator of this bot can see it."),
        ),
        keyboard=((button("Export", Action.EXPORT), button("Delete", Action.DELETE)),),
    )


def exported(rows: int) -> Screen:
    """Below the exported file."""
    return Screen(html=text(f"Everything that is kept of you: {counted(rows, 'entry', 'entries')}, as JSON."))


def sure() -> Screen:
    """The last question before everything goes."""
    return Screen(
        html=lines(
            bold(text("Delete everything?")),
            text("Your filters, settings and history go, here and in every store, within a few minutes."),
            text("Payments stay as long as the law asks, without your name. This cannot be undone."),
        ),
        keyboard=((button("Delete everything", Action.DELETE_SURE), button("Keep", Action.PRIVACY)),),
    )


def deleted() -> Screen:
    """After it."""
    return Screen(html=text("Deleted. You hear nothing more. /start begins anew, with nothing of before."))
