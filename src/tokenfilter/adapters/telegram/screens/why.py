"""Why a token did or did not come: verdict, what an earlier judgement settled, mutes, delivery, then every rule."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from tokenfilter.adapters.telegram import figures, trace, wording
from tokenfilter.adapters.telegram.callback import Action, Press
from tokenfilter.adapters.telegram.html import Html, bold, code, fitted, text
from tokenfilter.adapters.telegram.keyboard import Button, Screen, button, columns
from tokenfilter.adapters.telegram.links import token_links
from tokenfilter.adapters.telegram.screens.plain import CANCEL
from tokenfilter.app.explain_verdict import Explanation, FilterExplained, NeverSeen, Several
from tokenfilter.domain.dedup import ACCEPTED_FOR, REJECTED_FOR, Accepted, Rejected
from tokenfilter.domain.history import DeliveryOutcome
from tokenfilter.domain.ids import FilterId
from tokenfilter.domain.matching import Matched
from tokenfilter.domain.mute import withheld
from tokenfilter.domain.notification import CallAlert
from tokenfilter.domain.subscriber import Standing

MOST_FILTERS_NAMED = 20
_TOLD = frozenset({DeliveryOutcome.SENT, DeliveryOutcome.IN_DIGEST, DeliveryOutcome.IN_DOUBT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """An explanation, and which filter's rules are shown; None: the one that came closest."""

    told: Explanation
    shown: FilterId | None = None


def why(state: Why) -> Screen:
    """The whole trace of one filter, and buttons to the others'."""
    told = state.told
    chosen = _chosen(state)
    rows = [_head(told), _verdict(told), _earlier(told), _standing(told), _delivery(told)]
    if chosen is not None:
        rows += [text(" "), *_rules(chosen, told)]
    return Screen(html=fitted(rows), keyboard=tuple(row for row in _buttons(told, chosen) if row))


def which(found: Several) -> Screen:
    """More than one token goes by that name."""
    rows = [bold(text("Which one?")) + text(" Newest first; names can be copied, addresses cannot.")]
    buttons = []
    for number, evidence in enumerate(found.tokens, start=1):
        token = evidence.event.token
        size = wording.size_now(evidence)
        named = text(f"{number}. ") + wording.symbol(evidence) + text(" at ") + size + text(" ")
        rows.append(named + code(_ends(token.address)))
        buttons.append(button(f"{number}. {_ends(token.address)}", Press(action=Action.WHY, token=token)))
    return Screen(html=fitted(rows), keyboard=columns(buttons))


def never_seen(found: NeverSeen) -> Screen:
    """Nothing was heard of the token."""
    rows = [
        text("No event about ") + code(found.text, most=64) + text(" was heard in the time that is kept."),
        text("Either no followed channel called it, or the name is spelled differently. Its address is the surest."),
    ]
    return Screen(html=fitted(rows))


def ask_token() -> Screen:
    """`/why` alone."""
    asked = text("Which token? Send its address, the beginning of it, or its symbol, for example ") + code("LAMB")
    return Screen(html=asked + text(". Or answer a card with /why."), keyboard=((CANCEL,),))


def _chosen(state: Why) -> FilterExplained | None:
    found = [f for f in state.told.filters if f.filter.id == state.shown]
    if found or not state.told.filters:
        return found[0] if found else None
    return min(state.told.filters, key=lambda f: (f.filter.paused, not f.matched, _distance(f)))


def _head(told: Explanation) -> Html:
    evidence = told.evidence
    age = figures.duration(told.now - evidence.at)
    return (
        text("❓ ")
        + wording.symbol(evidence)
        + text(f" · {wording.CHAIN_NAMES[told.token.chain]} · ")
        + wording.size_now(evidence)
        + text(f" · figures {age} old")
    )


def _verdict(told: Explanation) -> Html:
    delivery = told.delivery
    if delivery is not None and delivery.outcome in _TOLD:
        return text("✓ ") + bold(text("You were told")) + text(".")
    if isinstance(told.record, Accepted):
        return text("✓ ") + bold(text("It passed")) + text(" and is claimed for this chat.")
    if not told.filters:
        return text("✗ ") + bold(text("Not told")) + text(": you have no filter yet. /start offers four.")
    wanting = [f for f in told.filters if f.matched]
    if not wanting:
        return text("✗ ") + bold(text("Not told")) + text(": no filter of yours lets it through.")
    passed = text("✓ ") + wording.names(f.filter.name for f in wanting) + text(" lets it through")
    if told.subscriber.standing is not Standing.ACTIVE:
        return passed + text(", but alerts are stopped. /resume starts them.")
    if all(f.filter.paused for f in wanting):
        return passed + text(", but is paused.")
    if not any(told.subscriber.own_chat in f.filter.destinations for f in wanting):
        return passed + text(", but its matches go to another chat.")
    return passed + text(" as it is now. It was not told: its next event is judged anew.")


def _earlier(told: Explanation) -> Html:
    match told.record:
        case None:
            return text("Earlier: no judgement of it counts here any more; its next event is judged in full.")
        case Accepted(at=at):
            return text(
                f"Earlier: accepted {figures.duration(told.now - at)} ago; not told again for {_left(at, told)}."
            )
        case Rejected(at=at) as record:
            ago = figures.duration(told.now - at)
            if record.is_over(told.now):
                return text(f"Earlier: refused {ago} ago, which no longer counts; its next event is judged in full.")
            left = figures.duration(at + REJECTED_FOR - told.now)
            fresh = "a new call, or a figure that was missing,"
            return text(f"Earlier: refused {ago} ago. Only {fresh} has it judged again within {left}.")
        case _:
            assert_never(told.record)


def _left(accepted_at: datetime, told: Explanation) -> str:
    return figures.long_duration(accepted_at + ACCEPTED_FOR - told.now)


def _standing(told: Explanation) -> Html:
    subscriber = told.subscriber
    if subscriber.version == 0:
        return text("You: not started. /start makes you a reader.")
    reason = withheld(subscriber, CallAlert(evidence=told.evidence, filters=()), now=told.now)
    if reason is None:
        return text("You: alerts are on, nothing here is muted.")
    return text(f"🔕 You: {reason}.")


def _delivery(told: Explanation) -> Html:
    delivery = told.delivery
    if delivery is None:
        is_owed = isinstance(told.record, Accepted)
        return text("Delivery: on its way." if is_owed else "Delivery: nothing was to be sent.")
    delay = ""
    if delivery.call_to_sent is not None and delivery.outcome in _TOLD:
        delay = f", {figures.seconds(delivery.call_to_sent)} after we heard of it"
    return text(f"Delivery: {delivery.outcome} on {_time(delivery.at, told)}{delay} ({told.subscriber.zone}).")


def _rules(chosen: FilterExplained, told: Explanation) -> list[Html]:
    judged = chosen.verdict.by
    head = code(chosen.filter.name, most=40) + text(f" · {trace.summary(judged)}")
    if chosen.filter.paused:
        head = head + text(" · ⏸ paused")
    if len(chosen.verdict.judged) > 1:
        head = head + text(f" · closest of {len(chosen.verdict.judged)} alternatives")
    rows = [head, *trace.rows(judged, told.evidence)]
    if chosen.nearest is not None:
        rows.append(text("Nearest pass: ") + code(chosen.nearest.text, most=120))
    elif not chosen.matched:
        rows.append(text("No single change would let it pass."))
    return rows


def _buttons(told: Explanation, chosen: FilterExplained | None) -> list[tuple[Button, ...]]:
    rows: list[tuple[Button, ...]] = []
    if chosen is not None:
        number = number_of(chosen.filter.id)
        edit = button("Edit filter", Press(action=Action.FILTER, number=number))
        if chosen.nearest is not None:
            relax = Press(action=Action.RELAX, token=told.token, number=number)
            rows.append((button(f"Relax to {chosen.nearest.text}", relax),))
        rows.append((edit, *token_links(told.token)[:2]))
    others = [f for f in told.filters[:MOST_FILTERS_NAMED] if chosen is None or f.filter.id != chosen.filter.id]
    rows += columns(_other(f, told) for f in others)
    return rows


def _other(f: FilterExplained, told: Explanation) -> Button:
    sign = "✓" if f.matched else "✗"
    press = Press(action=Action.WHY_FILTER, token=told.token, number=number_of(f.filter.id))
    return button(f"{sign} {f.filter.name}", press)


def number_of(filter_id: FilterId) -> int:
    """The number by which buttons name a person's own filter."""
    return int(filter_id.rpartition(".")[2])


def _distance(f: FilterExplained) -> int:
    return 0 if isinstance(f.verdict, Matched) else trace.unmet(f.verdict.by)


def _time(at: datetime, told: Explanation) -> str:
    return figures.instant(at, told.subscriber.zone)


def _ends(address: str) -> str:
    return f"{address[:6]}…{address[-4:]}"
