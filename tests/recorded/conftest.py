"""Turns the recorded files into feed files (FORMATS 1), the way someone with such files would write them.

What the files do not say in USD or at all stays unknown: nothing is converted or guessed.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("TOKENFILTER_RECORDED") or Path(__file__).parents[2] / ".." / "shared" / "data")
Line = dict[str, object]


@pytest.fixture(scope="session")
def recorded_feeds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Feed files by the name of what they were made of, in order of time; skips where there is no recorded data."""
    if not FOLDER.is_dir():
        pytest.skip("no recorded data: set TOKENFILTER_RECORDED to its folder")
    into = tmp_path_factory.mktemp("feeds")
    sources: list[tuple[Path, Callable[[Path], Iterable[Line]]]] = [
        (FOLDER / "calls" / "detections_2026.json", detections),
        (FOLDER / "launches" / "coins_raw.json", coins),
        *((path, launches) for path in sorted((FOLDER / "launches").glob("launches_*.json"))),
    ]
    return {source.stem: feed_file(into / f"{source.stem}.jsonl", read(source)) for source, read in sources}


def feed_file(path: Path, lines: Iterable[Line]) -> Path:
    """Write a feed file in order of time."""
    in_order = sorted(lines, key=lambda line: str(line.get("observed_at") or line.get("as_of")))
    path.write_text("".join(f"{json.dumps(line)}\n" for line in in_order), encoding="utf-8")
    return path


def detections(source: Path) -> Iterator[Line]:
    """A detection is a call by the scanner that made it; a peak is told as a price only where it came after the call.

    Ten rows do not say when they were detected (`detect_ts` 0) and are left out; all of C are also in B, so that there
    two scanners call one token at one instant.
    """
    scanners = json.loads(source.read_text(encoding="utf-8"))
    for scanner in ("A", "B", "C"):
        for row in scanners[scanner]:
            if not row["detect_ts"]:
                continue
            called_at, size = instant(row["detect_ts"]), row["detect_mc"]
            created = row.get("created")
            yield {
                "type": "token",
                "id": f"{row['pop']}:{row['mint']}:{row['detect_ts']}",
                "token": {"address": row["mint"], "created_at": created and instant(created)},
                "market": {"market_cap_usd": size},
                "flags": {"graduated": row.get("f_graduated")},
                "calls": [{"channel": row["pop"], "called_at": called_at, "market_cap_usd": size}],
                "observed_at": called_at,
            }
            if row["o_ath_ts"] and row["o_ath_ts"] > row["detect_ts"]:
                yield {
                    "type": "price",
                    "address": row["mint"],
                    "market_cap_usd": row["o_ath_true"],
                    "observed_at": instant(row["o_ath_ts"]),
                }


def launches(source: Path) -> Iterator[Line]:
    """A launch names nobody who called it and its size in SOL only; names and links are as people wrote them."""
    for row in json.loads(source.read_text(encoding="utf-8")):
        created = instant(int(row["created_timestamp"]) / 1000)
        yield {
            "type": "token",
            "id": row["url"],
            "token": {
                "chain": "solana",
                "address": row["mint"],
                "symbol": row["symbol"],
                "name": row["name"],
                "created_at": created,
                "launchpad": "pump.fun",
            },
            "flags": links(row),
            "observed_at": created,
        }


def coins(source: Path) -> Iterator[Line]:
    """A coin as it was when it was last looked at."""
    for row in json.loads(source.read_text(encoding="utf-8")):
        yield {
            "type": "token",
            "token": {
                "address": row["mint"],
                "symbol": row["symbol"],
                "name": row["name"],
                "created_at": instant(row["created_timestamp"] / 1000),
                "dex": "pumpswap" if row.get("pool_address") else None,
                "launchpad": "pump.fun",
            },
            "market": {"market_cap_usd": row["usd_market_cap"], "total_supply": row["total_supply"]},
            "flags": {**links(row), "graduated": row["complete"]},
            "observed_at": instant(row["updated_at"]),
        }


def links(row: Line) -> dict[str, bool]:
    """Which links were given."""
    given = {name: bool(row.get(name)) for name in ("website", "twitter", "telegram")}
    return {**given, "has_socials": any(given.values())}


def instant(seconds: float) -> str:
    """Spell a Unix time."""
    return datetime.fromtimestamp(seconds, tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
