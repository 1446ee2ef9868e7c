-- Names: ..._unix_micros is microseconds since 1970-01-01 UTC; sequence_from and sequence_to are both inclusive.

CREATE TABLE total (
    -- One row of running totals, so that opening a file does not count its rows.
    one INTEGER PRIMARY KEY CHECK (one = 1),
    recording TEXT NOT NULL,         -- the UUID of this recording
    source TEXT NOT NULL,            -- the server and the sequence prefix that the sequence numbers belong to
    next_id INTEGER NOT NULL,        -- the next free id; ids are never reused
    messages INTEGER NOT NULL,       -- messages in this file
    payload_bytes INTEGER NOT NULL,  -- total size of their payloads
    rejected INTEGER NOT NULL,       -- rejected messages in this file
    findings INTEGER NOT NULL,       -- findings in this file
    not_recorded INTEGER NOT NULL,   -- messages in holes, if their number is known; those of kind deleted are in deleted
    deleted INTEGER NOT NULL,        -- messages deleted by retention (age or file size)
    deleted_to_unix_micros INTEGER   -- when the newest deleted message was received
) STRICT;

CREATE TABLE shipped (
    -- How far this recording was shipped. The age limit keeps the rows that a store lacks.
    store TEXT PRIMARY KEY,          -- the UUID of the store
    through_id INTEGER NOT NULL      -- the store has every row up to this id
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    -- One run of a recorder.
    id INTEGER PRIMARY KEY,
    started_unix_micros INTEGER NOT NULL,
    last_unix_micros INTEGER NOT NULL, -- the last write
    ended_unix_micros INTEGER,       -- null while the session runs, and after a crash until the next session starts
    ended TEXT,                      -- clean or killed; the next session marks a crashed one as killed
    host TEXT NOT NULL,
    version TEXT NOT NULL,           -- the version of aircheck
    target TEXT NOT NULL,            -- the server, without user and password
    profile TEXT NOT NULL            -- the name of the profile; empty if none was used
) STRICT;

CREATE TABLE clock (
    -- Wall clock minus monotonic clock, for all rows from id on. A new row is written when the wall clock is set.
    id INTEGER PRIMARY KEY,
    session INTEGER NOT NULL REFERENCES session,
    offset_micros INTEGER NOT NULL   -- the monotonic clock is 0 at the start of the session
) STRICT;

CREATE TABLE channel (
    id INTEGER PRIMARY KEY,
    name ANY NOT NULL UNIQUE,        -- text, or a blob if the name is not UTF-8
    epoch INTEGER NOT NULL,          -- the current counter epoch; (channel, epoch, sequence) identifies one broadcast
    messages INTEGER NOT NULL,       -- messages in this file
    rejected INTEGER NOT NULL,       -- rejected messages in this file
    last_unix_micros INTEGER,        -- when the last message was received
    counter INTEGER,                 -- every number up to this one is recorded or reported as missed
    counter_unix_micros INTEGER,
    received INTEGER,                -- every number up to this one was received; those above counter are lost if the recorder crashed
    run_id TEXT,                     -- the server that the counter was read from; null if unknown
    replication_id TEXT
) STRICT;

CREATE TABLE message (
    -- id is the position in the stream, shared with finding, link, counter and hole.
    id INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    at_unix_micros INTEGER NOT NULL, -- when it was read from the socket
    channel INTEGER NOT NULL REFERENCES channel,
    epoch INTEGER NOT NULL,
    certainty INTEGER NOT NULL,      -- 0 exact, 1 inferred, 2 range, 3 and above unknown: see the table certainty
    sequence INTEGER,                -- if exact or inferred
    sequence_from INTEGER,           -- if a range
    sequence_to INTEGER,             -- if a range
    verdict INTEGER NOT NULL,        -- 0 verified, 1 unsigned, 2 and above rejected: see the table verdict
    timestamp INTEGER,               -- the timestamp in the signature, in Unix seconds
    payload BLOB NOT NULL            -- the received bytes
) STRICT;
CREATE INDEX message_by_time ON message (at_unix_micros);
CREATE INDEX message_by_sequence ON message (channel, sequence, epoch) WHERE sequence IS NOT NULL;
CREATE INDEX message_by_range ON message (channel, sequence_to, sequence_from) WHERE sequence_to IS NOT NULL;
CREATE INDEX message_rejected ON message (id) WHERE verdict >= 2;

CREATE TABLE certainty (id INTEGER PRIMARY KEY, certainty TEXT NOT NULL, unknown_reason TEXT) STRICT;
CREATE TABLE verdict (id INTEGER PRIMARY KEY, verdict TEXT NOT NULL, rejection TEXT) STRICT;

CREATE TABLE finding (
    id INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    at_unix_micros INTEGER NOT NULL,
    kind TEXT NOT NULL,
    channel INTEGER NOT NULL REFERENCES channel,
    epoch INTEGER NOT NULL,          -- for counter_reset: the new epoch
    sequence_from INTEGER,
    sequence_to INTEGER,
    count INTEGER,
    reason TEXT,                     -- missed_disconnected: why the link went down
    duration_micros INTEGER,         -- missed_disconnected: how long the link was down; silent, too_many, resumed: how long the disturbance lasted until then
    since_unix_micros INTEGER,       -- missed_not_running: when the counter was last known; silent, too_many, resumed: when the last message before the disturbance was accepted
    lower_bound INTEGER,             -- missed_*: 1 if more messages may have been missed
    lost INTEGER,                    -- missed_not_running after a crash: how many of count, the first, had been received
    advance INTEGER,                 -- counted_not_received, received_not_counted: by how much the counter advanced
    received INTEGER,                -- counted_not_received, received_not_counted: how many messages were received
    value_before INTEGER,            -- counter_reset
    value_after INTEGER,             -- counter_reset; null if the counter disappeared
    first_unix_micros INTEGER,       -- duplicate: when the first copy was received
    first_channel INTEGER REFERENCES channel, -- duplicate: on which channel the first copy was received
    offset_seconds INTEGER,          -- clock_skew
    expectation TEXT,                -- silent, too_many, resumed: the title of the expectation
    expected TEXT,                   -- silent, too_many, resumed: the rate that it wants
    proved INTEGER                   -- silent: 1 if the counter proves that nothing was published since then
) STRICT;
CREATE INDEX finding_by_time ON finding (at_unix_micros);
CREATE INDEX finding_by_sequence ON finding (channel, sequence_to, sequence_from) WHERE sequence_to IS NOT NULL;

CREATE TABLE counter (
    -- Readings of a channel's counter: those that differ from the previous reading, and the last ones of a session.
    id INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    at_unix_micros INTEGER NOT NULL,
    channel INTEGER NOT NULL REFERENCES channel,
    epoch INTEGER NOT NULL,
    value INTEGER,                   -- null if the counter is missing or unreadable
    error TEXT                       -- why the counter is unreadable
) STRICT;

CREATE TABLE link (
    -- Changes of the link to the server.
    id INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    at_unix_micros INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    channel INTEGER REFERENCES channel,
    server_version TEXT,
    server_role TEXT,
    server_mode TEXT
) STRICT;

CREATE TABLE hole (
    -- A span that this recording lacks: the recorder dropped messages or crashed, or retention deleted what a store lacks.
    id INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    kind TEXT NOT NULL,              -- disk: not writable; slow: too slow; killed: crashed; deleted: retention deleted what a store lacks
    from_unix_micros INTEGER NOT NULL,
    to_unix_micros INTEGER NOT NULL,
    from_monotonic_micros INTEGER,   -- since the start of the session; null for killed and deleted
    to_monotonic_micros INTEGER,
    messages INTEGER,                -- null if unknown; for killed see the missed_not_running findings that follow
    reason TEXT NOT NULL
) STRICT;

CREATE TABLE hole_range (
    -- The messages in a hole of kind disk, slow or deleted.
    hole INTEGER NOT NULL REFERENCES hole,
    channel INTEGER NOT NULL REFERENCES channel,
    epoch INTEGER NOT NULL,
    sequence_from INTEGER,           -- null for messages of unknown sequence number
    sequence_to INTEGER,
    messages INTEGER NOT NULL
) STRICT;
CREATE INDEX hole_range_by_hole ON hole_range (hole);
CREATE INDEX hole_range_by_sequence ON hole_range (channel, sequence_to, sequence_from) WHERE sequence_to IS NOT NULL;

CREATE TABLE rate (
    -- Messages per second and channel; seconds without messages have no row.
    second INTEGER NOT NULL,         -- Unix seconds
    channel INTEGER NOT NULL REFERENCES channel,
    messages INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    PRIMARY KEY (second, channel)
) STRICT, WITHOUT ROWID;

CREATE VIEW messages AS
    -- One row per message. Conditions on id, at_unix_micros, or channel and sequence use an index.
    -- sequence is set if the number is exact or inferred; sequence_from and sequence_to also if it is a range.
    SELECT m.id,
        strftime('%Y-%m-%dT%H:%M:%S', m.at_unix_micros / 1000000, 'unixepoch') || printf('.%06dZ', m.at_unix_micros % 1000000) AS at,
        m.at_unix_micros,
        m.at_unix_micros - (SELECT k.offset_micros FROM clock k WHERE k.id <= m.id ORDER BY k.id DESC LIMIT 1)
            AS monotonic_micros,
        c.name AS channel,
        m.epoch,
        m.sequence,
        p.certainty,
        coalesce(m.sequence_from, m.sequence) AS sequence_from,
        coalesce(m.sequence_to, m.sequence) AS sequence_to,
        p.unknown_reason,
        CAST(CASE WHEN instr(m.payload, x'3a') > 0 THEN substr(m.payload, 1, instr(m.payload, x'3a') - 1)
             ELSE m.payload END AS TEXT) AS name,
        v.verdict,
        v.rejection,
        (SELECT CAST(CASE WHEN instr(r, x'7c') > 0 THEN substr(r, 1, instr(r, x'7c') - 1) ELSE r END AS TEXT)
         FROM (SELECT substr(s, instr(s, x'7c') + 1) AS r
               FROM (SELECT CASE WHEN instr(t, x'3a') > 0 THEN substr(t, 1, instr(t, x'3a') - 1) ELSE t END AS s
                     FROM (SELECT substr(m.payload, instr(m.payload, x'3a') + 1) AS t
                           WHERE instr(m.payload, x'3a') > 0))
               WHERE instr(s, x'7c') > 0)) AS "key",
        (SELECT CAST(CASE WHEN instr(s, x'7c') > 0 THEN substr(s, 1, instr(s, x'7c') - 1) ELSE s END AS TEXT)
         FROM (SELECT CASE WHEN instr(t, x'3a') > 0 THEN substr(t, 1, instr(t, x'3a') - 1) ELSE t END AS s
               FROM (SELECT substr(m.payload, instr(m.payload, x'3a') + 1) AS t
                     WHERE instr(m.payload, x'3a') > 0))
         WHERE s NOT IN (x'', x'30')) AS algorithm,
        m.timestamp,
        (SELECT CAST(substr(t, instr(t, x'3a') + 1) AS TEXT)
         FROM (SELECT substr(m.payload, instr(m.payload, x'3a') + 1) AS t WHERE instr(m.payload, x'3a') > 0)
         WHERE instr(t, x'3a') > 0 AND length(t) > instr(t, x'3a')) AS data,
        m.payload,
        m.session
    FROM message m
        JOIN channel c ON c.id = m.channel
        JOIN verdict v ON v.id = m.verdict
        JOIN certainty p ON p.id = m.certainty;

CREATE VIEW rejections AS
    -- Rejected messages.
    SELECT id, at, at_unix_micros, monotonic_micros, channel, epoch, sequence, certainty, sequence_from, sequence_to,
        unknown_reason, name, verdict, rejection, "key", algorithm, timestamp, data, payload, session
    FROM messages WHERE id IN (SELECT id FROM message WHERE verdict >= 2);

CREATE VIEW findings AS
    SELECT f.id,
        strftime('%Y-%m-%dT%H:%M:%S', f.at_unix_micros / 1000000, 'unixepoch') || printf('.%06dZ', f.at_unix_micros % 1000000) AS at,
        f.at_unix_micros,
        f.kind, c.name AS channel, f.epoch, f.sequence_from, f.sequence_to, f.count, f.reason, f.duration_micros,
        strftime('%Y-%m-%dT%H:%M:%S', f.since_unix_micros / 1000000, 'unixepoch') || printf('.%06dZ', f.since_unix_micros % 1000000) AS since,
        f.since_unix_micros, f.lower_bound, f.lost, f.advance, f.received, f.value_before, f.value_after,
        strftime('%Y-%m-%dT%H:%M:%S', f.first_unix_micros / 1000000, 'unixepoch') || printf('.%06dZ', f.first_unix_micros % 1000000) AS first_at,
        f.first_unix_micros, o.name AS first_channel, f.offset_seconds, f.expectation, f.expected, f.proved, f.session
    FROM finding f JOIN channel c ON c.id = f.channel LEFT JOIN channel o ON o.id = f.first_channel;

CREATE VIEW gaps AS
    -- Missed messages: count of the sequence numbers from sequence_from to sequence_to.
    SELECT id, at, at_unix_micros, channel, epoch, sequence_from, sequence_to, count, kind, reason, duration_micros, since,
        since_unix_micros, lower_bound, lost
    FROM findings WHERE kind IN ('missed_disconnected', 'missed_not_running', 'counted_not_received');

CREATE VIEW holes AS
    -- Spans that this recording lacks: one row per known range. messages_total counts all messages in the hole.
    SELECT h.id,
        strftime('%Y-%m-%dT%H:%M:%S', h.from_unix_micros / 1000000, 'unixepoch') || printf('.%06dZ', h.from_unix_micros % 1000000) AS from_at,
        strftime('%Y-%m-%dT%H:%M:%S', h.to_unix_micros / 1000000, 'unixepoch') || printf('.%06dZ', h.to_unix_micros % 1000000) AS to_at,
        h.from_unix_micros, h.to_unix_micros,
        h.kind, h.reason, h.messages AS messages_total,
        c.name AS channel, r.epoch, r.sequence_from, r.sequence_to, r.messages, h.session
    FROM hole h LEFT JOIN hole_range r ON r.hole = h.id LEFT JOIN channel c ON c.id = r.channel;

CREATE VIEW rates AS
    -- Messages per second and channel; seconds without messages have no row.
    SELECT strftime('%Y-%m-%dT%H:%M:%SZ', r.second, 'unixepoch') AS at, r.second, c.name AS channel, r.messages, r.rejected
    FROM rate r JOIN channel c ON c.id = r.channel;

CREATE VIEW counters AS
    SELECT r.id,
        strftime('%Y-%m-%dT%H:%M:%S', r.at_unix_micros / 1000000, 'unixepoch') || printf('.%06dZ', r.at_unix_micros % 1000000) AS at,
        r.at_unix_micros, c.name AS channel, r.epoch, r.value, r.error
    FROM counter r JOIN channel c ON c.id = r.channel;

CREATE VIEW links AS
    SELECT l.id,
        strftime('%Y-%m-%dT%H:%M:%S', l.at_unix_micros / 1000000, 'unixepoch') || printf('.%06dZ', l.at_unix_micros % 1000000) AS at,
        l.at_unix_micros, l.state, l.reason, c.name AS channel, l.server_version, l.server_role, l.server_mode
    FROM link l LEFT JOIN channel c ON c.id = l.channel;
