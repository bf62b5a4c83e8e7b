"""What was judged, seen, called and told of tokens; events and prices lie in one partition a day."""

from alembic import op

revision = "0002_tokens"
down_revision = "0001_people"

TABLES = """
CREATE SEQUENCE token_events_seq AS BIGINT;
CREATE TABLE token_events (
    event TEXT,
    judged_at TIMESTAMPTZ,
    seq BIGINT NOT NULL DEFAULT nextval('token_events_seq'),
    token TEXT COLLATE "C" NOT NULL,
    evidence JSONB NOT NULL,
    CONSTRAINT token_events_pkey PRIMARY KEY (event, judged_at)
) PARTITION BY RANGE (judged_at);
CREATE INDEX token_events_order ON token_events (seq);
CREATE INDEX token_events_period ON token_events (judged_at, seq);
CREATE INDEX token_events_token ON token_events (token, seq);
CREATE TABLE token_events_other PARTITION OF token_events DEFAULT;

CREATE TABLE tokens (
    token TEXT COLLATE "C" CONSTRAINT tokens_pkey PRIMARY KEY,
    newest_seq BIGINT NOT NULL,
    newest_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE token_symbols (
    symbol TEXT COLLATE "C",
    token TEXT COLLATE "C",
    CONSTRAINT token_symbols_pkey PRIMARY KEY (symbol, token)
);
CREATE INDEX token_symbols_token ON token_symbols (token);

CREATE TABLE token_prices (
    token TEXT COLLATE "C" NOT NULL,
    observed_at TIMESTAMPTZ NOT NULL,
    fdv NUMERIC,
    mcap NUMERIC,
    price NUMERIC,
    liquidity NUMERIC,
    CONSTRAINT token_prices_key UNIQUE NULLS NOT DISTINCT (token, observed_at, fdv, mcap, price, liquidity)
) PARTITION BY RANGE (observed_at);
CREATE TABLE token_prices_other PARTITION OF token_prices DEFAULT;

CREATE TABLE calls (
    token TEXT COLLATE "C",
    channel TEXT,
    called_at TIMESTAMPTZ NOT NULL,
    market_cap_usd NUMERIC,
    fdv_usd NUMERIC,
    message_url TEXT,
    CONSTRAINT calls_pkey PRIMARY KEY (token, channel)
);
CREATE INDEX calls_channel ON calls (channel, called_at);

CREATE TABLE token_performance (
    token TEXT COLLATE "C",
    caller TEXT,
    basis TEXT NOT NULL,
    entry NUMERIC NOT NULL,
    entered_at TIMESTAMPTZ NOT NULL,
    peak NUMERIC NOT NULL,
    peak_at TIMESTAMPTZ NOT NULL,
    seen_until TIMESTAMPTZ NOT NULL,
    CONSTRAINT token_performance_pkey PRIMARY KEY (token, caller)
);
CREATE INDEX token_performance_caller ON token_performance (caller, entered_at);

CREATE TABLE channel_stats (
    channel TEXT COLLATE "C",
    as_of TIMESTAMPTZ,
    stats JSONB NOT NULL,
    CONSTRAINT channel_stats_pkey PRIMARY KEY (channel, as_of)
);

CREATE TABLE notifications (
    notification TEXT,
    event TEXT,
    token TEXT COLLATE "C",
    chat BIGINT NOT NULL,
    thread BIGINT,
    told_at TIMESTAMPTZ NOT NULL,
    outcome TEXT,
    ended_at TIMESTAMPTZ,
    message_id BIGINT,
    call_to_sent DOUBLE PRECISION,
    CONSTRAINT notifications_pkey PRIMARY KEY (notification, event)
);
CREATE INDEX notifications_chat ON notifications (chat);
CREATE INDEX notifications_token ON notifications (token, chat, told_at);
CREATE INDEX notifications_told ON notifications (told_at);
CREATE INDEX notifications_open ON notifications (told_at) WHERE ended_at IS NULL;
"""


def upgrade() -> None:
    """Make the tables."""
    for statement in filter(str.strip, TABLES.split(";\n")):
        op.execute(statement)
