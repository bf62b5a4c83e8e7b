"""What a staged token is: its chain and address, its exchange and launchpad, its names."""

from collections.abc import Iterator
from random import Random

from tokenfilter.adapters.simulator.names import hex_token, solana_token, token_name
from tokenfilter.adapters.simulator.stage_numbers import CannotBeError
from tokenfilter.domain.filter import Criteria, OneOf, SetField
from tokenfilter.domain.ids import Chain, InvalidIdError, Token, parse_token

_EXCHANGE = {
    Chain.SOLANA: ("pumpswap", "raydium", "meteora"),
    Chain.BSC: ("pancakeswap", "biswap"),
    Chain.ETHEREUM: ("uniswap", "sushiswap"),
    Chain.BASE: ("aerodrome", "uniswap"),
}
_LAUNCHPAD = {
    Chain.SOLANA: ("pump.fun", "letsbonk", "moonshot"),
    Chain.BSC: ("four.meme",),
    Chain.ETHEREUM: ("stagepad",),
    Chain.BASE: ("stagepad",),
}
_PLAIN_NAMES = (("ZQX", "Zqx"), ("777", "777"), ("OOO", "OOO"), ("KY", "Ky"), ("É", "Éé"), ("—", "—"))


def fresh_token(criteria: Criteria, random: Random) -> Token:
    """A token on a chain that is allowed; one of those named, where some are.

    Raises:
        CannotBeError: no token is allowed.
    """
    chains = [c for c in Chain if _allows(_set_of(criteria, "chain"), c.value)]
    named = _set_of(criteria, "token")
    if named is not None and named.only:
        for address in sorted(named.only - named.exclude):
            for chain in chains:
                try:
                    return parse_token(address, chain.value)
                except InvalidIdError:
                    continue
        raise CannotBeError("none of the tokens the filter names lies on an allowed chain")
    if not chains:
        raise CannotBeError("the filter allows no chain that we know")
    return solana_token(random) if Chain.SOLANA in chains else hex_token(random, chains[0].value)


def exchange(criteria: Criteria, chain: Chain) -> str:
    """The DEX.

    Raises:
        CannotBeError: none is allowed.
    """
    return _member(criteria, "dex", _EXCHANGE[chain])


def launchpad(criteria: Criteria, chain: Chain) -> str:
    """The launchpad.

    Raises:
        CannotBeError: none is allowed.
    """
    return _member(criteria, "launchpad", _LAUNCHPAD[chain])


def named(criteria: Criteria, random: Random, proposed: tuple[str, str] | None) -> tuple[str, str]:
    """Symbol and name: `proposed` where given, with a wanted word added; else believable ones.

    Raises:
        CannotBeError: no name contains what is wanted without what is not.
    """
    words = _set_of(criteria, "word")
    for symbol, name in _names(words, random, proposed):
        texts = (symbol.lower(), name.lower())
        found = {w for w in (words.only | words.exclude if words else ()) if any(w in t for t in texts)}
        if (
            symbol
            and name
            and (words is None or (not found & words.exclude and (not words.only or found & words.only)))
        ):
            return symbol, name
    raise CannotBeError("word: no name contains a wanted word and none of the unwanted")


def _names(words: OneOf | None, random: Random, proposed: tuple[str, str] | None) -> Iterator[tuple[str, str]]:
    usual = [proposed] if proposed else [*(token_name(random) for _ in range(12)), *_PLAIN_NAMES]
    if words is None or not words.only:
        yield from usual
        return
    for symbol, name in usual:
        yield from ((symbol, f"{name} {w}") for w in sorted(words.only))
    if proposed is None:
        yield from ((w.upper(), w) for w in sorted(words.only))
        yield from ((w, w) for w in sorted(words.only))


def _member(criteria: Criteria, field: SetField, usual: tuple[str, ...]) -> str:
    wanted = _set_of(criteria, field)
    choices = sorted(wanted.only) if wanted and wanted.only else [*usual, *(f"stage{n}" for n in range(1, 600))]
    found = next((c for c in choices if _allows(wanted, c)), None)
    if found is None:
        raise CannotBeError(f"{field}: every wanted value is also unwanted")
    return found


def _set_of(criteria: Criteria, field: SetField) -> OneOf | None:
    return next((s for s in criteria.sets if s.field == field), None)


def _allows(wanted: OneOf | None, value: str) -> bool:
    folded = value.lower()
    return wanted is None or (folded not in wanted.exclude and (not wanted.only or folded in wanted.only))
