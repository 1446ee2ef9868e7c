-- The tables of a store. Plain PostgreSQL 13 or later, without extensions. Everything is in the schema aircheck.
--
-- Each table holds the rows of many recordings. The columns have the names and the meaning that they have in a recording, with
-- these differences:
--   recording   the UUID of the recording. Every key starts with it, so that the tables can be distributed by it.
--   at          replaces at_unix_micros. Times that PostgreSQL cannot represent are -infinity; at_unix_micros then has the time.
--   name        the bytes of a name. name_text is the same name as text; null if it is not UTF-8 or contains a zero byte.
-- Sequence numbers and counters from 2^63 are negative, as in a recording.

CREATE SCHEMA aircheck;

CREATE TABLE aircheck.version (
    -- One row.
    one boolean PRIMARY KEY CHECK (one),
    version integer NOT NULL,        -- the version of this schema
    store uuid NOT NULL              -- identifies the store, whatever its address is
);

CREATE TABLE aircheck.recording (
    -- One row per recording, with running totals of its rows in the store.
    recording uuid PRIMARY KEY,
    source text NOT NULL,            -- the server and the sequence prefix that the sequence numbers belong to
    messages bigint NOT NULL DEFAULT 0,
    payload_bytes bigint NOT NULL DEFAULT 0,
    rejected bigint NOT NULL DEFAULT 0,
    findings bigint NOT NULL DEFAULT 0,
    not_recorded bigint NOT NULL DEFAULT 0, -- messages in holes, if their number is known
    deleted bigint NOT NULL DEFAULT 0, -- messages deleted by prune, and by the recorder before the first shipment
    deleted_to_unix_micros bigint    -- when the newest deleted message was received
);

CREATE TABLE aircheck.shipped (
    -- How far each recording was shipped. A batch locks its row, so that only one shipper at a time writes a recording.
    recording uuid PRIMARY KEY,
    through_id bigint NOT NULL,      -- every row of the recording up to this id is in the store
    complete boolean NOT NULL,       -- whether that was all of the recording when it was shipped
    shipped_at timestamptz NOT NULL, -- when the last batch was shipped
    host text NOT NULL               -- the host that shipped it
);

CREATE TABLE aircheck.session (
    -- One run of a recorder.
    recording uuid NOT NULL,
    id bigint NOT NULL,
    started_unix_micros bigint NOT NULL,
    last_unix_micros bigint NOT NULL, -- the last write that was shipped
    ended_unix_micros bigint,        -- null while the session runs, and after a crash until the next session starts
    ended text,                      -- clean or killed
    host text NOT NULL,
    version text NOT NULL,
    target text NOT NULL,
    profile text NOT NULL,
    PRIMARY KEY (recording, id)
);

CREATE TABLE aircheck.clock (
    recording uuid NOT NULL,
    id bigint NOT NULL,
    session bigint NOT NULL,
    offset_micros bigint NOT NULL,
    PRIMARY KEY (recording, id)
);

CREATE TABLE aircheck.channel (
    recording uuid NOT NULL,
    id bigint NOT NULL,
    name bytea NOT NULL,
    name_text text,
    epoch bigint NOT NULL,           -- the last counter epoch in the store
    messages bigint NOT NULL DEFAULT 0, -- messages in the store
    rejected bigint NOT NULL DEFAULT 0,
    last_unix_micros bigint,         -- when the last message was received
    counter bigint,                  -- every number up to this one is recorded or reported as missed; null until known
    counter_unix_micros bigint,
    run_id text,
    replication_id text,
    PRIMARY KEY (recording, id)
);
-- A hash index, because a name can be longer than the maximum of a B-tree.
CREATE INDEX channel_by_name ON aircheck.channel USING hash (name);

CREATE TABLE aircheck.counter_epoch (
    -- Which counter epochs of several recordings are the same: those with equal broadcast_epoch, per source and name of the
    -- channel.
    recording uuid NOT NULL,
    channel bigint NOT NULL,
    epoch bigint NOT NULL,
    broadcast_epoch bigint NOT NULL,
    run_id text,                     -- the server of this epoch, as far as it is known
    replication_id text,
    PRIMARY KEY (recording, channel, epoch)
);

CREATE TABLE aircheck.message_day (
    -- The bounds of the messages of one UTC day, so that a query by sequence number reads only the partitions that can have it.
    recording uuid NOT NULL,
    channel bigint NOT NULL,
    epoch bigint NOT NULL,
    day date NOT NULL,
    sequence_from bigint,            -- the lowest number that a message of the day has or can have
    sequence_to bigint,              -- the highest number
    first_id bigint NOT NULL,
    last_id bigint NOT NULL,
    messages bigint NOT NULL,
    PRIMARY KEY (recording, channel, epoch, day)
);

CREATE TABLE aircheck.certainty (id smallint PRIMARY KEY, certainty text NOT NULL, unknown_reason text);
CREATE TABLE aircheck.verdict (id smallint PRIMARY KEY, verdict text NOT NULL, rejection text);

CREATE TABLE aircheck.message (
    -- Partitioned by the UTC day of at. create_partition makes the partitions.
    recording uuid NOT NULL,
    id bigint NOT NULL,
    session bigint NOT NULL,
    at timestamptz NOT NULL,
    at_unix_micros bigint,
    channel bigint NOT NULL,
    epoch bigint NOT NULL,
    certainty smallint NOT NULL,
    sequence bigint,
    sequence_from bigint,
    sequence_to bigint,
    verdict smallint NOT NULL,
    timestamp bigint,
    payload bytea NOT NULL,
    PRIMARY KEY (recording, id, at)
) PARTITION BY RANGE (at);
CREATE INDEX message_by_sequence ON aircheck.message (recording, channel, sequence) WHERE sequence IS NOT NULL;
CREATE INDEX message_by_range ON aircheck.message (recording, channel, sequence_to, sequence_from) WHERE sequence_to IS NOT NULL;
CREATE INDEX message_unnumbered ON aircheck.message (recording, channel, id) WHERE sequence IS NULL;
CREATE INDEX message_rejected ON aircheck.message (recording, id) WHERE verdict >= 2;
CREATE INDEX message_by_time ON aircheck.message USING brin (at) WITH (pages_per_range = 32, autosummarize = on);

-- A wrong clock could create any number of partitions, so only plausible days have one. There is no default partition: attaching
-- another one would have to wait for all readers of it.
CREATE TABLE aircheck.message_before_2000 PARTITION OF aircheck.message
    FOR VALUES FROM (MINVALUE) TO ('2000-01-01 00:00:00+00');
CREATE TABLE aircheck.message_from_2200 PARTITION OF aircheck.message
    FOR VALUES FROM ('2200-01-01 00:00:00+00') TO (MAXVALUE);

-- Creates the partition of a day if it is missing. It runs as the owner of the tables, so that a writer needs no right to create
-- tables. The partition is attached, because creating it in place would block all readers of the table.
CREATE FUNCTION aircheck.create_partition(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    partition text := 'message_' || to_char(day, 'YYYYMMDD');
BEGIN
    IF day < '2000-01-01' OR day >= '2200-01-01' OR to_regclass('aircheck.' || partition) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(1094928459, 1);
    IF to_regclass('aircheck.' || partition) IS NULL THEN
        EXECUTE format('CREATE TABLE aircheck.%I (LIKE aircheck.message INCLUDING ALL)', partition);
        EXECUTE format('ALTER TABLE aircheck.message ATTACH PARTITION aircheck.%I FOR VALUES FROM (%L) TO (%L)',
            partition, to_char(day, 'YYYY-MM-DD') || ' 00:00:00+00', to_char(day + 1, 'YYYY-MM-DD') || ' 00:00:00+00');
    END IF;
END $$;
REVOKE ALL ON FUNCTION aircheck.create_partition(date) FROM PUBLIC;

CREATE TABLE aircheck.finding (
    recording uuid NOT NULL,
    id bigint NOT NULL,
    session bigint NOT NULL,
    at timestamptz NOT NULL,
    at_unix_micros bigint,
    kind text NOT NULL,
    channel bigint NOT NULL,
    epoch bigint NOT NULL,
    sequence_from bigint,
    sequence_to bigint,
    count bigint,
    reason text,
    duration_micros bigint,
    since_unix_micros bigint,
    lower_bound bigint,
    lost bigint,
    advance bigint,
    received bigint,
    value_before bigint,
    value_after bigint,
    first_unix_micros bigint,
    first_channel bigint,
    offset_seconds bigint,
    expectation text,
    expected text,
    proved bigint,
    PRIMARY KEY (recording, id)
);
CREATE INDEX finding_by_time ON aircheck.finding (at);
CREATE INDEX finding_by_sequence ON aircheck.finding (recording, channel, sequence_to, sequence_from)
    WHERE sequence_to IS NOT NULL;

CREATE TABLE aircheck.counter (
    recording uuid NOT NULL,
    id bigint NOT NULL,
    session bigint NOT NULL,
    at timestamptz NOT NULL,
    at_unix_micros bigint,
    channel bigint NOT NULL,
    epoch bigint NOT NULL,
    value bigint,
    error text,
    PRIMARY KEY (recording, id)
);

CREATE TABLE aircheck.link (
    recording uuid NOT NULL,
    id bigint NOT NULL,
    session bigint NOT NULL,
    at timestamptz NOT NULL,
    at_unix_micros bigint,
    state text NOT NULL,
    reason text,
    channel bigint,
    server_version text,
    server_role text,
    server_mode text,
    PRIMARY KEY (recording, id)
);

CREATE TABLE aircheck.hole (
    recording uuid NOT NULL,
    id bigint NOT NULL,
    session bigint NOT NULL,
    kind text NOT NULL,
    from_unix_micros bigint NOT NULL,
    to_unix_micros bigint NOT NULL,
    from_monotonic_micros bigint,
    to_monotonic_micros bigint,
    messages bigint,
    reason text NOT NULL,
    PRIMARY KEY (recording, id)
);

CREATE TABLE aircheck.hole_range (
    recording uuid NOT NULL,
    hole bigint NOT NULL,
    position bigint NOT NULL,        -- from 0, in the order of the recording
    channel bigint NOT NULL,
    epoch bigint NOT NULL,
    sequence_from bigint,
    sequence_to bigint,
    messages bigint NOT NULL,
    PRIMARY KEY (recording, hole, position)
);
CREATE INDEX hole_range_by_sequence ON aircheck.hole_range (recording, channel, sequence_to, sequence_from)
    WHERE sequence_to IS NOT NULL;

CREATE TABLE aircheck.rate (
    -- Messages per second and channel; seconds without messages have no row.
    recording uuid NOT NULL,
    second bigint NOT NULL,          -- Unix seconds
    channel bigint NOT NULL,
    messages bigint NOT NULL,
    rejected bigint NOT NULL,
    PRIMARY KEY (recording, second, channel)
);
