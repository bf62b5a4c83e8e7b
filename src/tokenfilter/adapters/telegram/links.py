"""Addresses of pages about a token, built only from validated token addresses and fixed beginnings."""

import re

from tokenfilter.adapters.telegram.keyboard import Button, link
from tokenfilter.domain.call import Call
from tokenfilter.domain.ids import Chain, Token

_DEXSCREENER = {Chain.SOLANA: "solana", Chain.BSC: "bsc", Chain.ETHEREUM: "ethereum", Chain.BASE: "base"}
_GMGN = {Chain.SOLANA: "sol", Chain.BSC: "bsc", Chain.ETHEREUM: "eth", Chain.BASE: "base"}
_POST = re.compile(r"https://t\.me/([A-Za-z0-9_]{4,32})/([0-9]{1,12})")
_START_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")


def token_links(token: Token) -> tuple[Button, ...]:
    """Where to look at a token's chart and trade it, for its chain."""
    found = [
        link("Chart", f"https://dexscreener.com/{_DEXSCREENER[token.chain]}/{token.address}"),
        link("GMGN", f"https://gmgn.ai/{_GMGN[token.chain]}/token/{token.address}"),
    ]
    if token.chain is Chain.SOLANA:
        found.append(link("Axiom", f"https://axiom.trade/t/{token.address}"))
    return tuple(found)


def post_link(call: Call) -> Button | None:
    """The post in which a channel called; None unless the address is that of a post of that very channel."""
    found = _POST.fullmatch(call.message_url or "")
    if found is None or f"@{found[1].lower()}" != call.channel:
        return None
    return link("Post", f"https://t.me/{found[1]}/{found[2]}")


def start_link(bot: str, payload: str) -> str:
    """The address that opens a private chat with the bot and starts it with a payload (Telegram deep links)."""
    if not _START_PAYLOAD.fullmatch(payload):
        raise ValueError(f"not a start payload: {payload[:64]!r}")
    return f"https://t.me/{bot}?start={payload}"


def token_payload(token: Token) -> str:
    """A token as a start payload: base58 alone, 0x addresses with their chain before them."""
    return token.address if token.chain is Chain.SOLANA else f"{token.chain}-{token.address}"


def payload_text(payload: str) -> tuple[str, str | None]:
    """The address and, where given, the chain that a start payload names."""
    chain, dash, address = payload.partition("-")
    return (address, chain) if dash else (payload, None)
