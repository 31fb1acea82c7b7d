"""The tables, the same on SQLite and Postgres. Migrations create them."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time. SQLite stores it without a zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time: it would be read back as another moment."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone cannot be stored: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Give the time its zone back."""
        if value is None:
            return None
        aware: datetime = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC)


# SQLite numbers rows by itself only in an INTEGER primary key.
Id = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

feeds = Table(
    "feeds",
    metadata,
    Column("id", Id, primary_key=True),
    Column("url", Text, nullable=False, unique=True),
    # As the file or the user named it: a feed that moved is still the one that was named.
    Column("named_url", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("outlet", String(80)),
    Column("language", String(8)),
    Column("country", String(8)),
    Column("zone", String(64)),
    Column("configured", Boolean, nullable=False),
    Column("removed", Boolean, nullable=False, default=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("next_check_at", UtcDateTime),
    Column("checked_at", UtcDateTime),
    Column("succeeded_at", UtcDateTime),
    Column("failures", Integer, nullable=False, default=0),
    Column("problem", Text),
    Column("gone", Boolean, nullable=False, default=False),
)

entries = Table(
    "entries",
    metadata,
    Column("id", Id, primary_key=True),
    Column("feed_id", Id, ForeignKey("feeds.id", ondelete="SET NULL")),
    Column("guid", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("language", String(8)),
    Column("outlet", Text, nullable=False),
    Column("outlet_name", Text, nullable=False),
    Column("country", String(8)),
    Column("published_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("unread", Boolean, nullable=False),
    UniqueConstraint("feed_id", "guid"),
)
Index(
    "ix_entries_unread",
    entries.c.id,
    sqlite_where=entries.c.unread,
    postgresql_where=entries.c.unread,
)
Index("ix_entries_seen_at", entries.c.seen_at)

stories = Table(
    "stories",
    metadata,
    Column("id", Id, primary_key=True),
    Column("topic", String(80), nullable=False),
    Column("headline", Text, nullable=False),
    Column("issue", String(40), nullable=False),
    Column("lead_entry_id", Id, ForeignKey("entries.id"), nullable=False),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("version", Integer, nullable=False),
    # A story that turned out to be another's keeps its id, for links already posted.
    Column("merged_into", Id, ForeignKey("stories.id")),
    # The earlier story that this one follows: ruled, then appealed, then seized.
    Column("follows", Id, ForeignKey("stories.id")),
)
Index("ix_stories_topic_last_seen_at", stories.c.topic, stories.c.last_seen_at)

readings = Table(
    "readings",
    metadata,
    Column("entry_id", Id, ForeignKey("entries.id", ondelete="CASCADE"), primary_key=True),
    Column("topic", String(80), primary_key=True),
    Column("language", String(8), nullable=False),
    Column("relevance", Float, nullable=False),
    Column("relevant", Boolean, nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("issue", String(40), nullable=False),
    Column("entities", JSON, nullable=False),
    Column("vector", LargeBinary),
    Column("duplicate_of", Id, ForeignKey("entries.id", ondelete="SET NULL")),
    Column("story_id", Id, ForeignKey("stories.id")),
)
Index("ix_readings_story_id", readings.c.story_id)
Index("ix_readings_topic_entry_id", readings.c.topic, readings.c.entry_id)

summaries = Table(
    "summaries",
    metadata,
    Column("story_id", Id, ForeignKey("stories.id", ondelete="CASCADE"), primary_key=True),
    Column("language", String(8), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("summary", JSON, nullable=False),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("platform", String(20), nullable=False),
    Column("workspace", String(80), nullable=False),
    Column("channel", String(80), nullable=False),
    Column("topics", JSON, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("hour", Integer, nullable=False),
    Column("minute", Integer, nullable=False),
    Column("weekday", Integer),
    Column("zone", String(64), nullable=False),
    Column("language", String(8), nullable=False),
    Column("max_stories", Integer, nullable=False),
    Column("status", String(20), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(80)),
    Column("last_slot_at", UtcDateTime, nullable=False),
)
Index("ix_subscriptions_workspace", subscriptions.c.platform, subscriptions.c.workspace)

digests = Table(
    "digests",
    metadata,
    Column("id", Id, primary_key=True),
    Column(
        "subscription_id",
        Id,
        ForeignKey("subscriptions.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("topic", String(80), nullable=False),
    Column("slot_at", UtcDateTime, nullable=False),
    Column("document", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("subscription_id", "slot_at", "topic"),
)

# Which version of a story a destination was told last.
told = Table(
    "told",
    metadata,
    Column("platform", String(20), primary_key=True),
    Column("workspace", String(80), primary_key=True),
    Column("channel", String(80), primary_key=True),
    Column("story_id", Id, ForeignKey("stories.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("told_at", UtcDateTime, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Id, primary_key=True),
    Column(
        "subscription_id",
        Id,
        ForeignKey("subscriptions.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("key", String(80), nullable=False, unique=True),
    Column("platform", String(20), nullable=False),
    Column("workspace", String(80), nullable=False),
    Column("channel", String(80), nullable=False),
    Column("slot_at", UtcDateTime, nullable=False),
    Column("part", Integer, nullable=False),
    Column("payload", Text, nullable=False),
    Column("status", String(20), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_attempt_at", UtcDateTime, nullable=False),
    Column("leased_until", UtcDateTime),
    Column("first_attempt_at", UtcDateTime),
    Column("message_id", Text),
    Column("problem", Text),
    UniqueConstraint("subscription_id", "slot_at", "part"),
)
Index("ix_deliveries_status_next_attempt_at", deliveries.c.status, deliveries.c.next_attempt_at)

# Small facts that outlive a restart, such as which commands a platform knows.
facts = Table(
    "facts",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("value", Text, nullable=False),
)
