"""One criterion of a filter: its present value, and every way to change it."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from tokenfilter.adapters.telegram import figures
from tokenfilter.adapters.telegram.callback import Action, Press
from tokenfilter.adapters.telegram.draft import Draft, Side, can_be_unknown, found, keys
from tokenfilter.adapters.telegram.html import Html, bold, code, lines, text
from tokenfilter.adapters.telegram.keyboard import Button, Keyboard, Screen, button, columns
from tokenfilter.adapters.telegram.menus import CATEGORIES, LABELS, LISTS, QUORUM, Category, steps
from tokenfilter.adapters.telegram.screens.filter import criterion_label
from tokenfilter.adapters.telegram.screens.plain import CANCEL
from tokenfilter.adapters.telegram.wording import CHAIN_NAMES
from tokenfilter.domain.filter import ChannelRule, FlagIs, OneOf, Range, Unknown
from tokenfilter.domain.filter_print import limit_text
from tokenfilter.domain.filter_values import spell_number, spell_window
from tokenfilter.domain.ids import Chain
from tokenfilter.domain.market import FLAGS, METRICS, Unit

QUORUMS = (1, 2, 3, 4, 5, 8)
WINDOWS = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60, 360, 1440))
SIDES: dict[Side, str] = {"low": "At least", "high": "At most"}
_EXAMPLES = {
    Unit.USD: "5.7k or 1.5m",
    Unit.PERCENT: "55%",
    Unit.COUNT: "12",
    Unit.SECONDS: "30m or 2h",
    Unit.MULTIPLE: "1.8x",
    Unit.SCORE: "40",
}
_LIST_EXAMPLES = {
    LISTS: "only @alpha @beta, or not @spam",
    "dex": "only pumpswap, or not raydium",
    "launchpad": "only pump.fun",
    "word": "not inu elon",
    "token": "not and the addresses",
    "chain": "only solana",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionShown:
    """A criterion by its name, in the filter of that number."""

    number: int
    draft: Draft
    key: str
    note: str = ""

    @property
    def is_set(self) -> bool:
        """Whether the filter has this criterion."""
        return self.key in keys(self.draft.criteria)


def criterion(state: CriterionShown) -> Screen:
    """The criterion's value and its buttons, by its kind."""
    shown = criterion_label(state.draft.criteria, state.key) if state.is_set else f"{LABELS[state.key]}: any"
    value = code(shown.removeprefix(LABELS[state.key]).strip(": "), most=900)
    rows = (text(state.note), bold(text(LABELS[state.key])) + text(": ") + value, _about(state))
    return Screen(html=lines(*rows), keyboard=(*_choices(state), *_common(state)))


def bounds(state: CriterionShown, side: Side) -> Screen:
    """Round values for one bound of a range, and a way to type another."""
    metric = METRICS[state.key]
    old = found(state.draft.criteria, state.key)
    current = (old.low if side == "low" else old.high) if isinstance(old, Range) else None
    offered = [_step(state, side, step, is_current=step == current) for step in steps(metric, current)]
    now = "no limit" if current is None else figures.limit(state.key, current)
    return Screen(
        html=bold(text(f"{metric.label}: {SIDES[side].lower()}")) + text(f" · now {now}"),
        keyboard=(
            *columns(offered, 3),
            (_key(Action.BOUND_OPEN, "No limit", state, word=side), _key(Action.TYPE, "Type it", state, word=side)),
            (_key(Action.CRITERION, "Back", state),),
        ),
    )


def can_be_typed(key: str) -> bool:
    """Whether a criterion's value can be asked for as text; flags and quorums are chosen."""
    return key in METRICS or key in _LIST_EXAMPLES


def ask_value(state: CriterionShown, side: str) -> Screen:
    """Asks for a typed value."""
    if state.key in METRICS:
        which = {"low": "the lower limit", "high": "the upper limit"}.get(side, "the limits")
        example = _EXAMPLES[METRICS[state.key].unit]
        asked = text(f"Send {which} for {METRICS[state.key].label}, for example ") + code(example)
        asked = asked + text(", or both such as ") + code(_both(state.key)) + text(".")
    else:
        asked = text(f"Send the values for {LABELS[state.key]}, for example ") + code(
            _LIST_EXAMPLES[state.key], most=60
        )
        asked = asked + text(". ") + code("any") + text(" takes the criterion away.")
    return Screen(html=asked, keyboard=((CANCEL,),))


def add(number: int, draft: Draft) -> Screen:
    """The categories of criteria."""
    offered = (_category(category, number, draft) for category in CATEGORIES)
    back = button("Back", Press(action=Action.ALTERNATIVE, number=number, part=draft.part))
    return Screen(html=bold(text("Add a criterion")), keyboard=(*columns(offered, 3), (back,)))


def add_from(number: int, draft: Draft, category: Category) -> Screen:
    """The criteria of one category; those the filter has carry their value."""
    present = keys(draft.criteria)
    offered = [
        button(
            criterion_label(draft.criteria, key) if key in present else LABELS[key],
            Press(action=Action.CRITERION, number=number, part=draft.part, key=key),
        )
        for key in category.keys
    ]
    back = button("Back", Press(action=Action.ADD, number=number, part=draft.part))
    return Screen(html=bold(text(category.label)) + text(": which criterion?"), keyboard=(*columns(offered), (back,)))


def _about(state: CriterionShown) -> Html:
    if state.key in METRICS:
        metric = METRICS[state.key]
        low, high = (figures.limit(state.key, bound) for bound in (metric.low, metric.high))
        return text(f"In filter text: {state.key}. Usual range {low} to {high}.")
    if state.key == QUORUM:
        return text("How many channels that satisfy the channel criteria must have called, within which time.")
    return text(f"In filter text: {state.key}.")


def _choices(state: CriterionShown) -> Keyboard:
    key, criteria = state.key, state.draft.criteria
    old = found(criteria, key)
    if key in METRICS:
        low, high = (None, None) if not isinstance(old, Range) else (old.low, old.high)
        return (
            (_bound(state, "low", low), _bound(state, "high", high)),
            (_key(Action.TYPE, "Type it", state, word="both"),),
        )
    if key in FLAGS:
        flag, wanted = FLAGS[key], old.wanted if isinstance(old, FlagIs) else None
        return (
            (
                _key(Action.FLAG, _marked(flag.yes, is_current=wanted is True), state, word="yes"),
                _key(Action.FLAG, _marked(flag.no, is_current=wanted is False), state, word="no"),
            ),
        )
    if key == "chain":
        only = old.only if isinstance(old, OneOf) else frozenset()
        return columns(_chain(state, chain, is_current=chain.value in only) for chain in Chain)
    if key == QUORUM:
        return _quorum(state, criteria.channel or ChannelRule())
    return ((_key(Action.TYPE, "Type values", state, word="both"),),)


def _common(state: CriterionShown) -> Keyboard:
    rows: list[tuple[Button, ...]] = []
    old = found(state.draft.criteria, state.key)
    if state.is_set:
        remove = _key(Action.REMOVE, "Remove", state)
        policy: tuple[Button, ...] = ()
        if old is not None and can_be_unknown(state.key):
            does = "passes" if old.unknown is Unknown.PASS else "refuses"
            policy = (_key(Action.UNKNOWN, f"Unknown {does}", state),)
        rows.append((*policy, remove))
    rows.append((button("Back", Press(action=Action.ALTERNATIVE, number=state.number, part=state.draft.part)),))
    return tuple(rows)


def _quorum(state: CriterionShown, rule: ChannelRule) -> Keyboard:
    number, part = state.number, state.draft.part
    quorums = tuple(
        button(
            _marked(f"{n}", is_current=rule.quorum == n),
            Press(action=Action.QUORUM, number=number, part=part, value=Decimal(n)),
        )
        for n in QUORUMS
    )
    windows = [
        button(
            _marked(f"in {spell_window(window)}", is_current=rule.window == window),
            Press(action=Action.WINDOW, number=number, part=part, value=Decimal(int(window.total_seconds()))),
        )
        for window in WINDOWS
    ]
    return (quorums, *columns(windows, 3))


def _chain(state: CriterionShown, chain: Chain, *, is_current: bool) -> Button:
    press = Press(action=Action.CHAIN, number=state.number, part=state.draft.part, word=chain.value)
    return button(_marked(CHAIN_NAMES[chain], is_current=is_current), press)


def _step(state: CriterionShown, side: Side, step: Decimal, *, is_current: bool) -> Button:
    press = Press(
        action=Action.BOUND_SET, number=state.number, part=state.draft.part, key=state.key, word=side, value=step
    )
    return button(_marked(figures.limit(state.key, step), is_current=is_current), press)


def _bound(state: CriterionShown, side: Side, bound: Decimal | None) -> Button:
    shown = "–" if bound is None else figures.limit(state.key, bound)
    return _key(Action.BOUND, f"{SIDES[side]}: {shown}", state, word=side)


def _key(action: Action, label: str, state: CriterionShown, *, word: str | None = None) -> Button:
    return button(label, Press(action=action, number=state.number, part=state.draft.part, key=state.key, word=word))


def _category(category: Category, number: int, draft: Draft) -> Button:
    return button(category.label, Press(action=Action.ADD_FROM, number=number, part=draft.part, word=category.word))


def _marked(label: str, *, is_current: bool) -> str:
    return f"✓ {label}" if is_current else label


def _both(key: str) -> str:
    metric = METRICS[key]
    middle = steps(metric, None)
    low, high = middle[len(middle) // 3], middle[2 * len(middle) // 3]
    return limit_text(Range(metric=key, low=low, high=high)) if low < high else spell_number(metric, high)
