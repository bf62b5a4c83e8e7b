"""The lines that a card, a trace and a preview share: what is known of a token, each in its fixed place."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from tokenfilter.adapters.telegram import figures
from tokenfilter.adapters.telegram.html import Html, code, join, text
from tokenfilter.domain.call import KeptCall
from tokenfilter.domain.event import CLOCK_SKEW_ALLOWED, Event
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.filter import Range
from tokenfilter.domain.ids import Chain
from tokenfilter.domain.market import FLAGS

DOT = " · "
CHAIN_NAMES = {Chain.SOLANA: "Solana", Chain.BSC: "BNB Chain", Chain.ETHEREUM: "Ethereum", Chain.BASE: "Base"}
MOST_CALLERS = 3
OLD_AFTER = timedelta(minutes=1)
_SAFETY = {Chain.SOLANA: ("mint", "freeze", "lp")}
_SAFETY_ELSEWHERE = ("renounced", "honeypot", "lp")
_SHORT_LABELS = {"mint": "mint", "freeze": "freeze", "lp": "LP", "renounced": "renounced", "honeypot": "honeypot"}


def symbol(evidence: Evidence) -> Html:
    """What the token calls itself, shortest first."""
    facts = evidence.event.heard.facts
    return code(facts.symbol or facts.name)


def names(found: Iterable[str], *, most: int = 3) -> Html:
    """People's own names for things, and how many more there are."""
    listed = list(found)
    shown = join(", ", (code(name) for name in listed[:most]))
    return shown + text(f" and {len(listed) - most} more") if len(listed) > most else shown


def size_now(evidence: Evidence) -> Html:
    """How big the token is, on the first basis known: market cap, FDV, price."""
    for metric, before in (("mcap", ""), ("fdv", "FDV "), ("price", "a price of ")):
        if metric in evidence.values:
            return text(f"{before}{figures.money(evidence.values[metric])}")
    return text(figures.UNKNOWN)


def callers(evidence: Evidence) -> list[Html]:
    """The latest callers with their proof, in the order in which they called."""
    total = len(evidence.calls)
    if not total:
        return [text("📣 no call known")]
    latest = sorted(evidence.calls, key=lambda c: c.last_at)[-MOST_CALLERS:]
    return [_caller(c, n, total, evidence) for n, c in enumerate(evidence.calls, start=1) if c in latest]


def size(evidence: Evidence) -> Html:
    """💰 size now and at the call, liquidity, volume."""
    values = evidence.values
    on_fdv = "mcap" not in values and "fdv" in values
    now, then, label = ("fdv", "fdv_at_call", "FDV") if on_fdv else ("mcap", "mcap_at_call", "MC")
    money = figures.money
    return text(
        f"💰 {label} {money(values.get(now))} · {money(values.get(then))} at call"
        f" · liq {money(values.get('liq'))} · vol 1h {money(values.get('vol1h'))}"
    )


def holders(evidence: Evidence) -> Html:
    """👥 how many hold it, and how much the few hold."""
    values, percent = evidence.values, figures.percent
    return text(
        f"👥 {figures.count(values.get('holders'))} holders · top 10 {percent(values.get('top10'))}"
        f" · dev {percent(values.get('dev'))} · snipers {percent(values.get('snipers'))}"
    )


def safety(evidence: Evidence) -> Html:
    """🛡 what its makers can still do."""
    parts = [_flag(name, evidence) for name in _SAFETY.get(evidence.event.token.chain, _SAFETY_ELSEWHERE)]
    for metric, label in (("tax", "tax"), ("risk", "risk")):
        if evidence.values.get(metric):
            parts.append(f"{label} {figures.value(metric, evidence.values[metric])}")
    return text("🛡 " + DOT.join(parts))


def origin(evidence: Evidence, *, now: datetime, zone: str) -> Html:
    """Chain, age, how fast we were, and the full name, which is other people's text and stands last."""
    event, age = evidence.event, evidence.values.get("age")
    old = f"{figures.value('age', age)} old" if age is not None else f"age {figures.UNKNOWN}"
    parts = [text(CHAIN_NAMES[event.token.chain]), text(old), text(_heard(evidence, now=now, zone=zone))]
    name = event.heard.facts.name
    return join(DOT, [*parts, code(name)] if name and name != event.heard.facts.symbol else parts)


def is_recorded(event: Event) -> bool:
    """Whether the event kept the time of a recording: a live one that is this late is stamped anew at receipt."""
    return event.received_at - event.at > CLOCK_SKEW_ALLOWED


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `3rd`, `11th`."""
    if number % 100 in {11, 12, 13}:
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def bounds_text(bound: Range) -> str:
    """A range with its unit: `≥ $5k`, `≤ 2h`, `$20k–$200k`."""
    low, high = (None if b is None else figures.limit(bound.metric, b) for b in (bound.low, bound.high))
    if low is None:
        return f"≤ {high}"
    if high is None:
        return f"≥ {low}"
    return f"{low} to {high}" if bound.low is not None and bound.low < 0 else f"{low}–{high}"


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 alert`, `2 alerts`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _caller(call: KeptCall, place: int, total: int, evidence: Evidence) -> Html:
    stats = evidence.stats.get(call.channel)
    known: dict[str, Decimal | None] = {m: stats.value(m) if stats else None for m in ("win", "hit", "record")}
    label = "hit" if known["win"] is None and known["hit"] is not None else "win"
    gain, median = (stats.value(m) if stats else None for m in ("gain", "median"))
    proof = f"{label} {figures.rate(known[label], known['record'])} · avg {figures.change(gain)}"
    which = f" ({ordinal(place)} of {total})" if total > 1 else ""
    return text("📣 ") + code(call.channel) + text(f"{which} · {proof} · median {figures.multiple(median)}")


def _flag(name: str, evidence: Evidence) -> str:
    told = evidence.flag(name)
    if told is None:
        return f"{_SHORT_LABELS[name]} {figures.UNKNOWN}"
    return f"{_SHORT_LABELS[name]} {FLAGS[name].yes if told else FLAGS[name].no}"


def _heard(evidence: Evidence, *, now: datetime, zone: str) -> str:
    event = evidence.event
    if is_recorded(event):
        return f"recorded {figures.instant(event.at, zone)} {zone}"
    said = []
    if evidence.calls:
        delay = event.received_at - max(c.last_at for c in evidence.calls)
        said.append(f"heard {figures.duration(delay)} after the call")
    if now - event.at > OLD_AFTER:
        said.append(f"figures {figures.duration(now - event.at)} old")
    return DOT.join(said)
