"""The tables, the same on SQLite and Postgres. Migrations create them."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    false,
    text,
)

from bot.storage.types import String, Text, UtcDateTime

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
    entries.c.seen_at,
    entries.c.published_at,
    entries.c.id,
    # SQLite uses a partial index only where the query says the very same.
    sqlite_where=text("unread = 1"),
    postgresql_where=entries.c.unread,
)
Index("ix_entries_seen_at", entries.c.seen_at)
# On Postgres a hash: its B-trees take no values as long as an address may be.
Index("ix_entries_url", entries.c.url, postgresql_using="hash")

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
    # One report that only touches the topic; no reading names it, its lead is all that it has.
    Column("peripheral", Boolean, nullable=False, server_default=false()),
    # Since when it is never told: an admin took it back.
    Column("withdrawn_at", UtcDateTime),
)
Index("ix_stories_topic_last_seen_at", stories.c.topic, stories.c.last_seen_at)
# Without it every entry that is dropped would look through all stories (foreign keys).
Index("ix_stories_lead_entry_id", stories.c.lead_entry_id)

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
    # The story that an admin took it out of: it does not join that one again.
    Column("parted_from", Id),
)
Index("ix_readings_story_id", readings.c.story_id)
Index("ix_readings_topic_entry_id", readings.c.topic, readings.c.entry_id)
Index(
    "ix_readings_duplicate_of",
    readings.c.duplicate_of,
    sqlite_where=readings.c.duplicate_of.is_not(None),
    postgresql_where=readings.c.duplicate_of.is_not(None),
)

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
    # The words of the schedule, such as "daily 08:00".
    Column("schedule", Text, nullable=False, server_default=""),
    Column("zone", String(64), nullable=False),
    Column("language", String(8), nullable=False),
    Column("max_stories", Integer, nullable=False),
    Column("status", String(20), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(80)),
    Column("last_slot_at", UtcDateTime, nullable=False),
    # When the slots are to be looked at: worked out from the schedule, and NULL until it is.
    Column("due_at", UtcDateTime),
    Column("owed_slot_at", UtcDateTime),
    Column("covered_until", UtcDateTime),
    Column("problem", Text),
    # Filters, length and what is told at once (bot/storage/tastes.py); NULL: a plain taste.
    Column("taste", JSON(none_as_null=True)),
    # Whether anything is told at once, so that those are found without reading the tastes.
    Column("breaking", Boolean, nullable=False, server_default=false()),
)
Index("ix_subscriptions_workspace", subscriptions.c.platform, subscriptions.c.workspace)
Index("ix_subscriptions_status_due_at", subscriptions.c.status, subscriptions.c.due_at)

# What became of each slot. Its primary key is why no slot is ever told twice.
slots = Table(
    "slots",
    metadata,
    Column(
        "subscription_id",
        Id,
        ForeignKey("subscriptions.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("slot_at", UtcDateTime, primary_key=True),
    Column("status", String(20), nullable=False),
    Column("reason", Text),
    Column("recorded_at", UtcDateTime, nullable=False),
)

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
    Column("updates", Integer, nullable=False, server_default="0"),
)
Index("ix_told_story_id", told.c.story_id)

# Which stories a subscription was told at once. Its primary key is why none is told so twice.
broken = Table(
    "broken",
    metadata,
    Column(
        "subscription_id",
        Id,
        ForeignKey("subscriptions.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("story_id", Id, ForeignKey("stories.id", ondelete="CASCADE"), primary_key=True),
    Column("told_at", UtcDateTime, nullable=False),
)
Index("ix_broken_story_id", broken.c.story_id)

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
    # How often it was claimed: the number that fences off a claim's earlier holders.
    Column("claims", Integer, nullable=False, server_default="0"),
    Column("notice", Boolean, nullable=False, server_default=false()),
    # The delivery whose message this one replaces by a corrected one.
    Column("edits", Id),
    UniqueConstraint("subscription_id", "slot_at", "part"),
)
Index("ix_deliveries_status_next_attempt_at", deliveries.c.status, deliveries.c.next_attempt_at)
# Each claim looks through the open deliveries, and for the first one of each destination: with
# the status first, what was sent long ago costs nothing.
Index(
    "ix_deliveries_destination",
    deliveries.c.status,
    deliveries.c.platform,
    deliveries.c.workspace,
    deliveries.c.channel,
    deliveries.c.id,
)

# Small facts that outlive a restart, such as which commands a platform knows.
facts = Table(
    "facts",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("value", Text, nullable=False),
)

# What models were paid for on a day (UTC), and how that day's summaries came to be.
spending = Table(
    "spending",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("method", String(160), primary_key=True),
    Column("summaries", Integer, nullable=False),
    Column("tokens", BigInteger, nullable=False),
    Column("cost_micros", BigInteger, nullable=False),
)

# Items whose entries were dropped: a feed that still lists them must not bring them back as
# new. Of the identifier only a hash is kept, and of the time the day: 40 bytes an item.
pruned_items = Table(
    "pruned_items",
    metadata,
    Column("feed_id", Id, ForeignKey("feeds.id", ondelete="CASCADE"), primary_key=True),
    Column("guid_hash", LargeBinary(16), primary_key=True),
    Column("listed_on", Date, nullable=False),
    sqlite_with_rowid=False,
)

# Workspaces that the bot was added to or removed from. The token, of platforms that give one
# for each workspace, is encrypted; an export leaves out every column marked secret.
installations = Table(
    "installations",
    metadata,
    Column("platform", String(20), primary_key=True),
    Column("workspace", String(80), primary_key=True),
    Column("token", Text, info={"secret": True}),
    # Names the key that encrypted it, so that a change of keys can be seen through.
    Column("key_id", String(16), info={"secret": True}),
    Column("installed_by", String(80)),
    Column("installed_at", UtcDateTime, nullable=False),
    Column("removed_at", UtcDateTime),
)

# What people ask of feeds from chat, until it is answered: minutes. An address may hold a
# secret, so that none of it is exported.
feed_requests = Table(
    "feed_requests",
    metadata,
    Column("id", Id, primary_key=True),
    Column("platform", String(20), nullable=False),
    Column("workspace", String(80), nullable=False),
    Column("verb", String(20), nullable=False),
    Column("address", Text, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    # Whoever works on it has it until then; one that died keeps nobody waiting for longer.
    Column("taken_until", UtcDateTime),
    Column("answer", JSON(none_as_null=True)),
    info={"secret": True},
)

# Which days of the calendar a subscription has been told of: each once.
occasions_told = Table(
    "occasions_told",
    metadata,
    Column(
        "subscription_id",
        Id,
        ForeignKey("subscriptions.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("occasion", String(120), primary_key=True),
    Column("slot_at", UtcDateTime, nullable=False),
)

# What an admin found wrong: who mended what, when and why. Rows are only added.
corrections = Table(
    "corrections",
    metadata,
    Column("id", Id, primary_key=True),
    Column("story_id", Id, ForeignKey("stories.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("language", String(8)),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("entry_id", Id),
    Column("reason", Text, nullable=False),
    Column("made_by", String(160), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    # How often posted digests were looked through for it.
    Column("rounds", Integer, nullable=False, server_default="0"),
)
Index("ix_corrections_story_id", corrections.c.story_id)

# Which correction a delivery's readers are to see, and whether the next digest has to tell them.
correction_notices = Table(
    "correction_notices",
    metadata,
    Column(
        "correction_id",
        Id,
        ForeignKey("corrections.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column(
        "delivery_id",
        Id,
        ForeignKey("deliveries.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column(
        "subscription_id",
        Id,
        ForeignKey("subscriptions.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("headline", Text, nullable=False),
    Column("owed", Boolean, nullable=False),
    Column("told_at", UtcDateTime),
)
Index("ix_correction_notices_delivery_id", correction_notices.c.delivery_id)
Index("ix_correction_notices_subscription_id", correction_notices.c.subscription_id)
