CREATE TABLE recording (
    -- The recordings that this file was merged from; session says whose a message is.
    first_session INTEGER PRIMARY KEY, -- its first session in this file; those up to the next recording's first are its too
    file TEXT NOT NULL,              -- its name when it was merged
    source TEXT NOT NULL,            -- the server and the sequence prefix, as it named them
    messages INTEGER NOT NULL,       -- messages in it
    taken INTEGER NOT NULL           -- messages of it in this file; the others are there from the other recording
) STRICT;

CREATE TABLE filled (
    -- Gaps of one recording that the other one filled, wholly or in part; what is left of them is in gaps.
    recording INTEGER NOT NULL REFERENCES recording,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    channel INTEGER NOT NULL REFERENCES channel,
    epoch INTEGER NOT NULL,
    sequence_from INTEGER NOT NULL,
    sequence_to INTEGER NOT NULL,
    count INTEGER,                   -- how many it missed
    left INTEGER NOT NULL            -- how many of them are missing still
) STRICT;

CREATE TABLE conflict (
    -- One number, and different bytes in the two recordings. The message at id is that of the first recording.
    id INTEGER NOT NULL,
    channel INTEGER NOT NULL REFERENCES channel,
    epoch INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    other_session INTEGER NOT NULL,  -- whose the other bytes are
    other_at INTEGER NOT NULL,
    other_payload BLOB NOT NULL
) STRICT;

CREATE VIEW conflicts AS
    SELECT x.id, c.name AS channel, x.epoch, x.sequence, m.session, m.at AS at_micros, m.payload,
        x.other_session, x.other_at AS other_at_micros, x.other_payload
    FROM conflict x JOIN channel c ON c.id = x.channel LEFT JOIN message m ON m.id = x.id;
