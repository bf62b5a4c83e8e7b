"""What PostgreSQL keeps of money: plans bought, wishes to pay, receipts, coupons, referrals.

Of a payment only what identifies it is kept, nothing of the payer. Orders and payments outlive the person's `/delete`:
they are the legal minimum (R62). What is written here is decided by domain/payment.py.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
)

from tokenfilter.adapters.postgres.tables import Instant
from tokenfilter.adapters.postgres.tables import metadata as metadata  # complete only with what follows

orders = Table(
    "orders",
    metadata,
    Column("id", Text, primary_key=True),
    Column("chat", BigInteger, nullable=False),
    Column("plan", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("asset", Text, nullable=False),
    Column("amount", Numeric, nullable=False, doc="in units of the asset"),
    Column("lamports", BigInteger, doc="the same exactly, where the asset is SOL"),
    Column("status", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    CheckConstraint("amount >= 0 AND lamports >= 0", name="amount"),
    Index("orders_chat", "chat"),
    Index("orders_status", "status", "expires_at"),
)

payments = Table(
    "payments",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("payment_id", Text, primary_key=True, doc="a transaction's signature, or the provider's own number"),
    Column("order_id", Text, ForeignKey("orders.id"), doc="empty while it is not known what was paid"),
    Column("status", Text, nullable=False),
    Column("asset", Text, nullable=False),
    Column("amount", Numeric, nullable=False),
    Column("lamports", BigInteger),
    Column("settles", Boolean, nullable=False, doc="whether this is what paid the order"),
    Column("received_at", Instant, nullable=False),
    CheckConstraint("amount >= 0 AND lamports >= 0", name="amount"),
    CheckConstraint("order_id IS NOT NULL OR NOT settles", name="settles"),
    Index("payments_order", "order_id"),
    Index("payments_settlement", "order_id", unique=True, postgresql_where=Column("settles", Boolean)),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("chat", BigInteger, primary_key=True, autoincrement=False),
    Column("from_at", Instant, primary_key=True),
    Column("until_at", Instant, doc="empty: no end"),
    Column("plan", Text, nullable=False),
    Column("order_id", Text, ForeignKey("orders.id"), unique=True, doc="empty: a trial, or given"),
    Column("granted_at", Instant, nullable=False),
    CheckConstraint("until_at > from_at", name="period"),
    Index("subscriptions_until", "until_at"),
)

coupons = Table(
    "coupons",
    metadata,
    Column("code", Text, primary_key=True),
    Column("percent", Numeric, nullable=False),
    Column("uses", Integer, doc="empty: as many as there are people"),
    Column("until_at", Instant),
    CheckConstraint("percent > 0 AND percent <= 100", name="percent"),
    CheckConstraint("uses >= 0", name="uses"),
)

coupon_uses = Table(
    "coupon_uses",
    metadata,
    Column("code", Text, ForeignKey("coupons.code"), primary_key=True),
    Column("chat", BigInteger, primary_key=True, autoincrement=False),
    Column("used_at", Instant, nullable=False),
    Index("coupon_uses_chat", "chat"),
)

referrals = Table(
    "referrals",
    metadata,
    Column("chat", BigInteger, primary_key=True, autoincrement=False),
    Column("referrer", BigInteger, nullable=False),
    Column("referred_at", Instant, nullable=False),
    CheckConstraint("chat <> referrer", name="oneself"),
    Index("referrals_referrer", "referrer"),
)
