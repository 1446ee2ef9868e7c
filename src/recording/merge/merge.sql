CREATE TABLE recording (
    -- The recordings that were merged into this file.
    first_session INTEGER PRIMARY KEY, -- its first session; its sessions end before the next recording's first session
    file TEXT NOT NULL,              -- its file name at the time of the merge
    source TEXT NOT NULL,            -- the server and the sequence prefix, as this recording names them
    messages INTEGER NOT NULL,       -- messages in that recording
    messages_taken INTEGER NOT NULL  -- messages copied from it; the others were copied from the other recording
) STRICT;

CREATE TABLE backfilled (
    -- Gaps of one recording that the other one filled, completely or in part. The remaining part is in gaps.
    recording INTEGER NOT NULL REFERENCES recording,
    at_unix_micros INTEGER NOT NULL,
    kind TEXT NOT NULL,
    channel INTEGER NOT NULL REFERENCES channel,
    epoch INTEGER NOT NULL,
    sequence_from INTEGER NOT NULL,
    sequence_to INTEGER NOT NULL,
    count INTEGER,                   -- messages missed in the gap
    remaining INTEGER NOT NULL,      -- messages still missing
    reason TEXT,                     -- the cause, in the same columns as in finding
    duration_micros INTEGER,
    since_unix_micros INTEGER,
    lower_bound INTEGER,
    lost INTEGER,
    advance INTEGER,
    received INTEGER
) STRICT;

CREATE TABLE conflict (
    -- Another payload with the same exact sequence number as the message at id.
    id INTEGER NOT NULL,
    channel INTEGER NOT NULL REFERENCES channel,
    epoch INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    other_session INTEGER NOT NULL,  -- the session that recorded the other payload
    other_at_unix_micros INTEGER NOT NULL,
    other_payload BLOB NOT NULL
) STRICT;

CREATE VIEW conflicts AS
    SELECT x.id, c.name AS channel, x.epoch, x.sequence, m.session,
        strftime('%Y-%m-%dT%H:%M:%S', m.at_unix_micros / 1000000, 'unixepoch') || printf('.%06dZ', m.at_unix_micros % 1000000) AS at,
        m.at_unix_micros, m.payload, x.other_session,
        strftime('%Y-%m-%dT%H:%M:%S', x.other_at_unix_micros / 1000000, 'unixepoch') || printf('.%06dZ', x.other_at_unix_micros % 1000000) AS other_at,
        x.other_at_unix_micros, x.other_payload
    FROM conflict x JOIN channel c ON c.id = x.channel LEFT JOIN message m ON m.id = x.id;
