"""Orders, payments, subscriptions, coupons, referrals."""

from alembic import op

revision = "0003_money"
down_revision = "0002_tokens"

TABLES = """
CREATE TABLE orders (
    id TEXT CONSTRAINT orders_pkey PRIMARY KEY,
    chat BIGINT NOT NULL,
    plan TEXT NOT NULL,
    provider TEXT NOT NULL,
    asset TEXT NOT NULL,
    amount NUMERIC NOT NULL,
    lamports BIGINT,
    status TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT orders_amount_check CHECK (amount >= 0 AND lamports >= 0)
);
CREATE INDEX orders_chat ON orders (chat);
CREATE INDEX orders_status ON orders (status, expires_at);

CREATE TABLE payments (
    provider TEXT,
    payment_id TEXT,
    order_id TEXT CONSTRAINT payments_order_id_fkey REFERENCES orders (id),
    status TEXT NOT NULL,
    asset TEXT NOT NULL,
    amount NUMERIC NOT NULL,
    lamports BIGINT,
    settles BOOLEAN NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT payments_pkey PRIMARY KEY (provider, payment_id),
    CONSTRAINT payments_amount_check CHECK (amount >= 0 AND lamports >= 0),
    CONSTRAINT payments_settles_check CHECK (order_id IS NOT NULL OR NOT settles)
);
CREATE INDEX payments_order ON payments (order_id);
CREATE UNIQUE INDEX payments_settlement ON payments (order_id) WHERE settles;

CREATE TABLE subscriptions (
    chat BIGINT,
    from_at TIMESTAMPTZ,
    until_at TIMESTAMPTZ,
    plan TEXT NOT NULL,
    order_id TEXT CONSTRAINT subscriptions_order_id_fkey REFERENCES orders (id) CONSTRAINT subscriptions_key UNIQUE,
    granted_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT subscriptions_pkey PRIMARY KEY (chat, from_at),
    CONSTRAINT subscriptions_period_check CHECK (until_at > from_at)
);
CREATE INDEX subscriptions_until ON subscriptions (until_at);

CREATE TABLE coupons (
    code TEXT CONSTRAINT coupons_pkey PRIMARY KEY,
    percent NUMERIC NOT NULL,
    uses INTEGER,
    until_at TIMESTAMPTZ,
    CONSTRAINT coupons_percent_check CHECK (percent > 0 AND percent <= 100),
    CONSTRAINT coupons_uses_check CHECK (uses >= 0)
);

CREATE TABLE coupon_uses (
    code TEXT CONSTRAINT coupon_uses_code_fkey REFERENCES coupons (code),
    chat BIGINT,
    used_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT coupon_uses_pkey PRIMARY KEY (code, chat)
);
CREATE INDEX coupon_uses_chat ON coupon_uses (chat);

CREATE TABLE referrals (
    chat BIGINT CONSTRAINT referrals_pkey PRIMARY KEY,
    referrer BIGINT NOT NULL,
    referred_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT referrals_oneself_check CHECK (chat <> referrer)
);
CREATE INDEX referrals_referrer ON referrals (referrer);
"""


def upgrade() -> None:
    """Make the tables."""
    for statement in filter(str.strip, TABLES.split(";\n")):
        op.execute(statement)
