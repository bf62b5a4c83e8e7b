"""What PostgreSQL keeps, table by table; money's tables are in tables_money.py.

Chats are BIGINT, money NUMERIC, lamports BIGINT, instants timestamptz. A token is `<chain>:<address>` and sorts by its
letters, so that the start of an address is a range. Domain objects are JSONB, spelt by domain/plain/.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Double,
    Index,
    Integer,
    MetaData,
    Numeric,
    Sequence,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_key",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)

Instant = DateTime(timezone=True)
ByLetters = Text(collation="C")

judgement_order = Sequence("token_events_seq", metadata=metadata, data_type=BigInteger)
"""Numbers judged events in the order in which they were recorded."""

subscribers = Table(
    "subscribers",
    metadata,
    Column("chat", BigInteger, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("seq", BigInteger, nullable=False, doc="of the last change to what is judged, 0 before the first"),
    Column("renewed", JSONB, nullable=False, doc="destinations whose rejections that change forgot"),
    Column("saved_at", Instant, nullable=False),
    Column("settings", JSONB, nullable=False),
)

filter_versions = Table(
    "filter_versions",
    metadata,
    Column("chat", BigInteger, primary_key=True, autoincrement=False),
    Column("filter", Text, primary_key=True),
    Column("version", Integer, primary_key=True, doc="of the subscriber that first had this text"),
    Column("saved_at", Instant, nullable=False),
    Column("name", Text, nullable=False),
    Column("text", Text, nullable=False),
)

settings_changes = Table(
    "settings_changes",
    metadata,
    Column("chat", BigInteger, primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True),
    Column("saved_at", Instant, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("changed", JSONB, nullable=False, doc="names of the settings that differ from the version before"),
)

activity_log = Table(
    "activity_log",
    metadata,
    Column("chat", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, primary_key=True),
    Column("what", Text, primary_key=True),
    Index("activity_log_at", "at"),
)

token_events = Table(
    "token_events",
    metadata,
    Column("event", Text, primary_key=True),
    Column("judged_at", Instant, primary_key=True),
    Column("seq", BigInteger, server_default=judgement_order.next_value(), nullable=False),
    Column("token", ByLetters, nullable=False),
    Column("evidence", JSONB, nullable=False),
    Index("token_events_order", "seq"),
    Index("token_events_period", "judged_at", "seq"),
    Index("token_events_token", "token", "seq"),
    postgresql_partition_by="RANGE (judged_at)",
)

tokens = Table(
    "tokens",
    metadata,
    Column("token", ByLetters, primary_key=True),
    Column("newest_seq", BigInteger, nullable=False),
    Column("newest_at", Instant, nullable=False),
)
"""The newest judged event of each."""

token_symbols = Table(
    "token_symbols",
    metadata,
    Column("symbol", ByLetters, primary_key=True, doc="as it is looked for: no $, no case"),
    Column("token", ByLetters, primary_key=True),
    Index("token_symbols_token", "token"),
)

token_prices = Table(
    "token_prices",
    metadata,
    Column("token", ByLetters, nullable=False),
    Column("observed_at", Instant, nullable=False),
    Column("fdv", Numeric),
    Column("mcap", Numeric),
    Column("price", Numeric),
    Column("liquidity", Numeric),
    UniqueConstraint("token", "observed_at", "fdv", "mcap", "price", "liquidity", postgresql_nulls_not_distinct=True),
    postgresql_partition_by="RANGE (observed_at)",
)

calls = Table(
    "calls",
    metadata,
    Column("token", ByLetters, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("called_at", Instant, nullable=False),
    Column("market_cap_usd", Numeric),
    Column("fdv_usd", Numeric),
    Column("message_url", Text),
    Index("calls_channel", "channel", "called_at"),
)
"""The first call of each token by each channel."""

token_performance = Table(
    "token_performance",
    metadata,
    Column("token", ByLetters, primary_key=True),
    Column("caller", Text, primary_key=True, doc="a channel, or the event of an alert"),
    Column("basis", Text, nullable=False),
    Column("entry", Numeric, nullable=False),
    Column("entered_at", Instant, nullable=False),
    Column("peak", Numeric, nullable=False),
    Column("peak_at", Instant, nullable=False),
    Column("seen_until", Instant, nullable=False),
    Index("token_performance_caller", "caller", "entered_at"),
)

channel_stats = Table(
    "channel_stats",
    metadata,
    Column("channel", ByLetters, primary_key=True),
    Column("as_of", Instant, primary_key=True),
    Column("stats", JSONB, nullable=False),
)

notifications = Table(
    "notifications",
    metadata,
    Column("notification", Text, primary_key=True),
    Column("event", Text, primary_key=True, doc="the event an alert told of, else empty"),
    Column("token", ByLetters),
    Column("chat", BigInteger, nullable=False),
    Column("thread", BigInteger),
    Column("told_at", Instant, nullable=False, doc="as of when an alert's event was judged; of others, when it ended"),
    Column("outcome", Text, doc="empty while it is not known to have ended"),
    Column("ended_at", Instant),
    Column("message_id", BigInteger),
    Column("call_to_sent", Double, doc="seconds"),
    Index("notifications_chat", "chat"),
    Index("notifications_token", "token", "chat", "told_at"),
    Index("notifications_told", "told_at"),
    Index("notifications_open", "told_at", postgresql_where=Column("ended_at").is_(None)),
)
