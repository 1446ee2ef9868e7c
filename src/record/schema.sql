CREATE TABLE total (
    -- One row of running totals, so that nothing has to be counted when the file is opened.
    one INTEGER PRIMARY KEY CHECK (one = 1),
    source TEXT NOT NULL,            -- the server and the sequence prefix that the sequence numbers belong to
    next_id INTEGER NOT NULL,        -- the next place in the stream; no place is used twice
    messages INTEGER NOT NULL,       -- messages in this file
    payload_bytes INTEGER NOT NULL,  -- their payloads together
    rejected INTEGER NOT NULL,        -- how many of them were rejected
    findings INTEGER NOT NULL,       -- findings in this file
    not_recorded INTEGER NOT NULL,   -- messages that were received but not recorded, as far as they were counted
    deleted INTEGER NOT NULL,        -- messages deleted since, because of their age or the size of the file
    deleted_to INTEGER               -- when the newest of those was received
) STRICT;

CREATE TABLE session (
    -- Who recorded, and when. A session that ended without a word has no ended_at until the next one begins.
    id INTEGER PRIMARY KEY,
    started_at INTEGER NOT NULL,     -- microseconds since 1970-01-01 UTC, as every at
    last_at INTEGER NOT NULL,        -- when something was last written
    ended_at INTEGER,
    ended TEXT,                      -- clean, or killed (found so by the next session; ended_at is then last_at)
    host TEXT NOT NULL,
    version TEXT NOT NULL,           -- of aircheck
    target TEXT NOT NULL,            -- the server, without user and password
    profile TEXT NOT NULL            -- the name of the profile; empty where there was none
) STRICT;

CREATE TABLE clock (
    -- Wall clock minus monotonic clock, for all that stands at id or later. A new row where the wall clock was set.
    id INTEGER PRIMARY KEY,
    session INTEGER NOT NULL REFERENCES session,
    offset INTEGER NOT NULL          -- microseconds; the monotonic clock starts with the session
) STRICT;

CREATE TABLE channel (
    id INTEGER PRIMARY KEY,
    name ANY NOT NULL UNIQUE,        -- text; a blob where it is not UTF-8
    epoch INTEGER NOT NULL,          -- grows with each counter_reset: (channel, epoch, sequence) names one broadcast
    messages INTEGER NOT NULL,       -- messages in this file
    rejected INTEGER NOT NULL,        -- how many of them were rejected
    last_at INTEGER,                 -- when the last message was received
    counter INTEGER,                 -- the counter up to which all is recorded, or stated as missed
    counter_at INTEGER,
    run_id TEXT,                     -- which server the counter was read from; null if that is unknown
    replication_id TEXT
) STRICT;

CREATE TABLE message (
    -- id is the place in the stream, shared with finding, link, counter and hole.
    id INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    at INTEGER NOT NULL,             -- when it was read from the socket
    channel INTEGER NOT NULL REFERENCES channel,
    epoch INTEGER NOT NULL,
    certainty INTEGER NOT NULL,      -- 0 exact, 1 inferred, 2 range, 3 and up none: see certainty
    sequence INTEGER,                -- where it is exact or inferred
    low INTEGER,                     -- where it is a range
    high INTEGER,
    verdict INTEGER NOT NULL,        -- 0 verified, 1 unsigned, 2 and up rejected: see verdict
    timestamp INTEGER,               -- what the signature says, in Unix seconds
    payload BLOB NOT NULL            -- as it was received, to the byte
) STRICT;
CREATE INDEX message_by_time ON message (at);
CREATE INDEX message_by_sequence ON message (channel, sequence, epoch) WHERE sequence IS NOT NULL;
CREATE INDEX message_by_range ON message (channel, high, low) WHERE high IS NOT NULL;
CREATE INDEX message_rejected ON message (id) WHERE verdict >= 2;

CREATE TABLE certainty (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
CREATE TABLE verdict (id INTEGER PRIMARY KEY, verdict TEXT NOT NULL, rejection TEXT) STRICT;

CREATE TABLE finding (
    id INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    channel INTEGER NOT NULL REFERENCES channel,
    epoch INTEGER NOT NULL,          -- for counter_reset the one that begins
    sequence_from INTEGER,
    sequence_to INTEGER,
    count INTEGER,
    reason TEXT,                     -- missed_disconnected: why the link went down
    micros INTEGER,                  -- missed_disconnected: for how long
    since INTEGER,                   -- missed_not_running: when the counter was last known
    lower_bound INTEGER,                   -- missed_*: 1 where the range is the least that was missed
    advance INTEGER,                 -- counted_not_received, received_not_counted: by how much the counter advanced
    received INTEGER,                -- counted_not_received, received_not_counted: how many messages came
    value_before INTEGER,            -- counter_reset
    value_after INTEGER,             -- counter_reset; null where the counter vanished
    first_at INTEGER,                -- duplicate: when it was first seen
    first_channel INTEGER REFERENCES channel,
    offset_seconds INTEGER           -- clock_skew
) STRICT;
CREATE INDEX finding_by_time ON finding (at);
CREATE INDEX finding_by_sequence ON finding (channel, sequence_to, sequence_from) WHERE sequence_to IS NOT NULL;

CREATE TABLE counter (
    -- Each reading of a channel's counter that differs from the one before.
    id INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    at INTEGER NOT NULL,
    channel INTEGER NOT NULL REFERENCES channel,
    epoch INTEGER NOT NULL,
    value INTEGER,                   -- null where it is missing, or where there is an error
    error TEXT                       -- why it cannot be read
) STRICT;

CREATE TABLE link (
    -- Each change of the link to the server.
    id INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    at INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    channel INTEGER REFERENCES channel,
    version TEXT,
    role TEXT,
    mode TEXT
) STRICT;

CREATE TABLE hole (
    -- What the recorder itself did not record.
    id INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    kind TEXT NOT NULL,              -- disk: could not be written; slow: came too fast; killed: ended without a word
    from_at INTEGER NOT NULL,
    to_at INTEGER NOT NULL,
    from_mono INTEGER,               -- microseconds since the session began; none for killed
    to_mono INTEGER,
    messages INTEGER,                -- null where that is not known; killed: see the missed_not_running that follow
    reason TEXT NOT NULL
) STRICT;

CREATE TABLE hole_range (
    -- Which messages a hole of kind disk or slow holds.
    hole INTEGER NOT NULL REFERENCES hole,
    channel INTEGER NOT NULL REFERENCES channel,
    epoch INTEGER NOT NULL,
    sequence_from INTEGER,           -- null for messages without a number
    sequence_to INTEGER,
    messages INTEGER NOT NULL
) STRICT;
CREATE INDEX hole_range_by_hole ON hole_range (hole);
CREATE INDEX hole_range_by_sequence ON hole_range (channel, sequence_to, sequence_from) WHERE sequence_to IS NOT NULL;

CREATE TABLE rate (
    -- Messages a second and channel; seconds without messages have no row.
    second INTEGER NOT NULL,         -- Unix seconds
    channel INTEGER NOT NULL REFERENCES channel,
    messages INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    PRIMARY KEY (second, channel)
) STRICT, WITHOUT ROWID;

CREATE VIEW messages AS
    -- One row a message, as the JSON lines have it. Put conditions on id, at_micros, or channel and sequence: these are fast.
    SELECT m.id,
        strftime('%Y-%m-%dT%H:%M:%S', m.at / 1000000, 'unixepoch') || printf('.%06dZ', m.at % 1000000) AS at,
        m.at AS at_micros,
        m.at - (SELECT k.offset FROM clock k WHERE k.id <= m.id ORDER BY k.id DESC LIMIT 1) AS mono_micros,
        c.name AS channel,
        m.epoch,
        m.sequence,
        coalesce(m.low, m.sequence) AS sequence_from,
        coalesce(m.high, m.sequence) AS sequence_to,
        p.name AS certainty,
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
    -- The messages that were rejected.
    SELECT * FROM messages WHERE id IN (SELECT id FROM message WHERE verdict >= 2);

CREATE VIEW findings AS
    SELECT f.id,
        strftime('%Y-%m-%dT%H:%M:%S', f.at / 1000000, 'unixepoch') || printf('.%06dZ', f.at % 1000000) AS at,
        f.at AS at_micros,
        f.kind, c.name AS channel, f.epoch, f.sequence_from, f.sequence_to, f.count,
        f.reason, f.micros, f.since, f.lower_bound, f.advance, f.received, f.value_before, f.value_after,
        f.first_at, o.name AS first_channel, f.offset_seconds, f.session
    FROM finding f JOIN channel c ON c.id = f.channel LEFT JOIN channel o ON o.id = f.first_channel;

CREATE VIEW gaps AS
    -- What was missed upstream: count of the numbers from sequence_from to sequence_to.
    SELECT id, at, at_micros, channel, epoch, sequence_from, sequence_to, count, kind, reason, micros, since, lower_bound
    FROM findings WHERE kind IN ('missed_disconnected', 'missed_not_running', 'counted_not_received');

CREATE VIEW holes AS
    -- What the recorder itself did not record, a row for each range that is known.
    SELECT h.id,
        strftime('%Y-%m-%dT%H:%M:%S', h.from_at / 1000000, 'unixepoch') || printf('.%06dZ', h.from_at % 1000000) AS from_at,
        strftime('%Y-%m-%dT%H:%M:%S', h.to_at / 1000000, 'unixepoch') || printf('.%06dZ', h.to_at % 1000000) AS to_at,
        h.kind, h.reason, h.messages AS messages_in_all,
        c.name AS channel, r.epoch, r.sequence_from, r.sequence_to, r.messages, h.session
    FROM hole h LEFT JOIN hole_range r ON r.hole = h.id LEFT JOIN channel c ON c.id = r.channel;

CREATE VIEW rates AS
    -- Messages a second and channel; seconds without messages have no row.
    SELECT datetime(r.second, 'unixepoch') AS at, r.second, c.name AS channel, r.messages, r.rejected
    FROM rate r JOIN channel c ON c.id = r.channel;

CREATE VIEW counters AS
    SELECT r.id,
        strftime('%Y-%m-%dT%H:%M:%S', r.at / 1000000, 'unixepoch') || printf('.%06dZ', r.at % 1000000) AS at,
        r.at AS at_micros, c.name AS channel, r.epoch, r.value, r.error
    FROM counter r JOIN channel c ON c.id = r.channel;

CREATE VIEW links AS
    SELECT l.id,
        strftime('%Y-%m-%dT%H:%M:%S', l.at / 1000000, 'unixepoch') || printf('.%06dZ', l.at % 1000000) AS at,
        l.at AS at_micros, l.state, l.reason, c.name AS channel, l.version, l.role, l.mode
    FROM link l LEFT JOIN channel c ON c.id = l.channel;
