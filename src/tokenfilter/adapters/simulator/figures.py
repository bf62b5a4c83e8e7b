"""Every constant that shapes the simulated market, with where it comes from.

*Recorded* figures are drawn from shared/data (see docs/explanation/simulated-market.md for the traps and the fit);
a *prior* is our own belief, because nothing recorded can tell. Tables are (share, value): the value below which that
share of cases lies.
"""

Table = tuple[tuple[float, float], ...]

MCAP_AT_CALL: Table = (
    (0.0, 4_800),
    (0.01, 9_000),
    (0.05, 28_341),
    (0.1, 37_593),
    (0.25, 51_070),
    (0.5, 68_640),
    (0.75, 102_290),
    (0.9, 167_785),
    (0.95, 3_084_602),
    (0.99, 16_347_506),
    (1.0, 40_000_000),
)
"""USD. Recorded: calls/call_posts_2024_2025.csv `call_mc` (17,332) and calls/detections_2026.json `detect_mc` (the
1,656 rows whose peak lies after the detection), each source weighing half. The lowest percent is a prior: recorded caps
under the launch cap are unit errors of the sources."""

MULTIPLE_BELOW_2: Table = (
    (0.0, 1.0),
    (0.05, 1.064),
    (0.1, 1.101),
    (0.25, 1.197),
    (0.5, 1.434),
    (0.75, 1.689),
    (0.9, 1.86),
    (1.0, 1.999),
)
"""Peak over the call's market cap where it stays under 2. Recorded: calls/detections_2026.json `o_ath_true` over
`detect_mc`, 735 of the 1,656 rows (call_posts hides everything below 2)."""

MULTIPLE_FROM_2: Table = (
    (0.0, 2.0),
    (0.1885, 2.5),
    (0.313, 3.0),
    (0.474, 4.0),
    (0.5675, 5.0),
    (0.6868, 7.0),
    (0.7669, 10.0),
    (0.856, 20.0),
    (0.9385, 50.0),
    (0.9641, 100.0),
    (0.98, 200.0),
    (0.9893, 500.0),
    (1.0, 1_000.0),
)
"""The same where it reaches 2. Recorded: the mean of calls/call_posts_2024_2025.csv `max_gain` (9,547 rows >= 2) and
calls/detections_2026.json (921 rows). Cut at 1,000."""

MINUTES_TO_PEAK: tuple[tuple[float, Table], ...] = (
    (1.5, ((0.0, 0.02), (0.1, 0.033), (0.25, 0.267), (0.5, 1.733), (0.75, 9.1), (0.9, 37.1), (0.95, 84.5), (1.0, 948))),
    (
        2.0,
        ((0.0, 0.02), (0.1, 0.1), (0.25, 0.717), (0.5, 5.167), (0.75, 39.8), (0.9, 100.1), (0.95, 175.1), (1.0, 849)),
    ),
    (5.0, ((0.0, 0.1), (0.1, 0.517), (0.25, 3.017), (0.5, 16.3), (0.75, 66.5), (0.9, 173), (0.95, 404.5), (1.0, 1430))),
    (
        10.0,
        (
            (0.0, 0.3),
            (0.1, 3.283),
            (0.25, 16.63),
            (0.5, 61.8),
            (0.75, 173.2),
            (0.9, 571.9),
            (0.95, 1228.7),
            (1.0, 1430),
        ),
    ),
    (1e9, ((0.0, 0.5), (0.1, 2.65), (0.25, 24.97), (0.5, 117.8), (0.75, 451.4), (0.9, 1109), (1.0, 1430))),
)
"""From the call to the peak, by how high the peak is (first: the multiple below which the table holds). Recorded:
calls/detections_2026.json `o_ath_ts` - `detect_ts`, rows with the peak after the detection. Cut at 1,430 minutes, as
outcomes count for 24 h: 2.3 % of the rows peak later."""

TOP10_PCT: Table = (
    (0.0, 4.0),
    (0.05, 12.4),
    (0.1, 16.3),
    (0.25, 20.6),
    (0.5, 23.3),
    (0.75, 25.8),
    (0.9, 29.9),
    (0.95, 33.0),
    (0.99, 50.9),
    (1.0, 80.0),
)
"""Percent held by the ten largest. Recorded: calls/call_posts_2024_2025.csv `top_holders_percent`."""

SOL_USD = 170.0
"""Prior, a round figure between the years of the recorded calls; only liquidity hangs on it."""

LAUNCH_SOL = 30.0
GRADUATION_SOL = 85.0
LAUNCH_MCAP = 4_800.0
GRADUATION_MCAP = 69_000.0
"""pump.fun's bonding curve as published: 30 SOL of virtual reserves at launch, 85 SOL of real ones at graduation."""

PEAK_MCAP_LIMIT = 250e6
"""Prior: no peak beyond it, so that 1,000x does not befall a token called at 10 million."""

# Activity: priors, chosen so that a newcomer sees the first alert of every preset within half a minute.
FIRST_CALLS_A_DAY = 9_300.0
DAILY_SWING = 0.15
LAUNCHES_UNCALLED_A_DAY = 300.0
SECOND_CALLER_SHARE = 0.22
REPEAT_CALL_SHARE = 0.04

# Channels: priors, as nothing recorded tells skills apart (the strategies of call_posts are one scanner). Only the
# scanners' skill and share of first calls were set so that the recorded share of calls reaching 2x is met.
SCANNERS = 90
CALLERS = 100
COPYCATS = 64
COPIED_SHARE = 0.8
SCANNER_SKILL = (0.56, 0.60)
CALLER_SKILL = (0.10, 0.60)
SCANNER_SHARE_OF_FIRST_CALLS = 0.90
DISHONEST_SHARE = {"scanner": 0.12, "caller": 0.30, "copycat": 0.36}
LOSERS_HIDDEN = (0.40, 0.85)
RECORD_KEPT = 120
GAIN_CAP = 50.0

# What becomes of a token after its peak: priors.
RUG_SHARE_AFTER_MISS = 0.20
RUG_SHARE_AFTER_HIT = 0.08

# Flaws of the feed: priors.
NAME_HOSTILE = 0.012
MISSING_AT_FIRST = 0.24  # of the first calls of tokens younger than 20 minutes
MISSING_FOR_S = 30.0
DUPLICATE_SAME_ID = 0.010
DUPLICATE_OTHER_ID = 0.006
LATE_SHARE = 0.02
DUST_WICK_SHARE = 0.015
ELSEWHERE_SHARE = 0.05
"""Tokens on other chains than Solana."""

NEVER_KNOWN_SHARE = 0.08
"""Of each metric that not every provider can tell."""
