"""Names and addresses of simulated tokens and channels, from our own word lists.

A few tokens have hostile names.
"""

from collections.abc import Iterator
from random import Random

from tokenfilter.domain.ids import ChannelId, Token, base58, parse_channel, parse_token


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_WHAT = _words(
    "Lamb Otter Moose Badger Heron Newt Walrus Gecko Magpie Ferret Toad Lynx Puffin Yak Mole Wombat Kipper Pigeon "
    "Pickle Turnip Waffle Noodle Biscuit Crumpet Radish Dumpling Muffin Pretzel Custard Pancake Marmalade "
    "Wizard Butler Pirate Knight Plumber Janitor Barista Cowboy Monk Goblin Robot Yeti Ghost Granny Dentist "
    "Rocket Teapot Umbrella Bicycle Lantern Trombone Cactus Pebble Comet Sofa Anvil Kite Sock Button Ladder"
)
_HOW = _words(
    "Sleepy Grumpy Tiny Giant Golden Based Cosmic Turbo Silent Lucky Rusty Velvet Electric Angry Jolly Salty "
    "Frozen Spicy Wobbly Quantum Royal Dizzy Smug Lost Final Baby Super Real Mini Dark Neon Honest"
)
_TAIL = ("Coin", "Cat", "Dog", "AI", "Fun", "World", "Club", "Land", "DAO", "Army", "Season", "Protocol", "Inu")

HOSTILE_NAMES: tuple[tuple[str, str], ...] = (
    ("<b>BOLD</b>", "<a href='https://claim-now.com'>Free</a> & <script>x</script>"),
    ("\u202etpircs", "Coin \u202e\u2066reversed\u2069"),
    ("Z\u200bE\u200dR\ufeffO", "Zero\u200b\u200b\u200bWidth \u00ad Coin"),
    ("LONG", "A" * 10_000),
    ("CLAIM", "claim-now.com"),
    ("@someone", "@someone sent you a gift"),
    ("/stop", "/stop /start"),
    ("$TAG", "$TAG #airdrop"),
    ("NL", "Coin\n\n📣 @alpha calls FAKE\n💰 $1M"),
    ("T\u0338\u0321\u0337\u0330\u0334\u0353", "Z\u0336\u0321\u0310a\u0337\u0322\u0301lgo \u0489\u0489"),
    ("مرحبا", "عملة \u200f القمر"),
    ("&amp;lt;", "%s {0} ${x} \\ ' \" `code` *_~|"),
)
"""(symbol, name) pairs that try to break, link or fake a card."""

_CHANNEL_HEAD = _words(
    "alpha lunar gem degen whale moon solar rapid onyx ember delta nova orbit cobalt raven apex mint trench pixel "
    "zen vault prime echo flint"
)
_CHANNEL_TAIL = (
    "calls",
    "gems",
    "radar",
    "scan",
    "lounge",
    "signals",
    "hunters",
    "insider",
    "den",
    "plays",
    "tape",
    "room",
)


def token_name(random: Random) -> tuple[str, str]:
    """A believable (symbol, name)."""
    what = random.choice(_WHAT)
    shape = random.random()
    if shape < 0.45:
        name = f"{random.choice(_HOW)} {what}"
    elif shape < 0.75:
        name = f"{what} {random.choice(_TAIL)}"
    else:
        name = what
    letters = name.replace(" ", "").upper()
    symbol = what.upper() if random.random() < 0.6 else letters[: random.randint(3, 8)]
    return symbol, name


def solana_token(random: Random) -> Token:
    """A fresh Solana address: base58 of 32 random bytes."""
    return parse_token(base58(random.randbytes(32)))


def hex_token(random: Random, chain: str) -> Token:
    """A fresh 0x address on a chain."""
    return parse_token(f"0x{random.randbytes(20).hex()}", chain)


def channel_names(random: Random) -> Iterator[ChannelId]:
    """Channel names without end, none twice."""
    pairs = [f"@{head}_{tail}" for head in _CHANNEL_HEAD for tail in _CHANNEL_TAIL]
    random.shuffle(pairs)
    yield from map(parse_channel, pairs)
    more = 2
    while True:
        yield from (parse_channel(f"{pair}{more}") for pair in pairs)
        more += 1
