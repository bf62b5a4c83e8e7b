"""Subscribers, their filters, their settings and what they did."""

from alembic import op

revision = "0001_people"
down_revision = None

TABLES = """
CREATE TABLE subscribers (
    chat BIGINT CONSTRAINT subscribers_pkey PRIMARY KEY,
    version INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    renewed JSONB NOT NULL,
    saved_at TIMESTAMPTZ NOT NULL,
    settings JSONB NOT NULL
);

CREATE TABLE filter_versions (
    chat BIGINT,
    filter TEXT,
    version INTEGER,
    saved_at TIMESTAMPTZ NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    CONSTRAINT filter_versions_pkey PRIMARY KEY (chat, filter, version)
);

CREATE TABLE settings_changes (
    chat BIGINT,
    version INTEGER,
    saved_at TIMESTAMPTZ NOT NULL,
    seq BIGINT NOT NULL,
    changed JSONB NOT NULL,
    CONSTRAINT settings_changes_pkey PRIMARY KEY (chat, version)
);

CREATE TABLE activity_log (
    chat BIGINT,
    at TIMESTAMPTZ,
    what TEXT,
    CONSTRAINT activity_log_pkey PRIMARY KEY (chat, at, what)
);
CREATE INDEX activity_log_at ON activity_log (at);
"""


def upgrade() -> None:
    """Make the tables."""
    for statement in filter(str.strip, TABLES.split(";\n")):
        op.execute(statement)
