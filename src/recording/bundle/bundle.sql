CREATE TABLE bundle (
    -- One row: this file holds the rows around one place of another recording, with the same epochs and sessions. The ids are the
    -- same too, except that those from the gap on are higher if other recordings supplied its messages.
    one INTEGER PRIMARY KEY CHECK (one = 1),
    file TEXT NOT NULL,              -- the file name of that recording
    version TEXT NOT NULL,           -- the version of aircheck that made the bundle
    finding INTEGER REFERENCES finding, -- null if the place is not a finding
    from_unix_micros INTEGER NOT NULL, -- the requested time span; earlier rows give the state at its start
    to_unix_micros INTEGER NOT NULL,
    truncated_before INTEGER NOT NULL, -- 1 if that time span had more rows before the finding than fit into a bundle
    truncated_after INTEGER NOT NULL,
    profile TEXT,                    -- the profile's settings without secrets; null if unknown
    report TEXT NOT NULL             -- Markdown
) STRICT;

CREATE TABLE note (
    -- Notes that a person added.
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL
) STRICT;

CREATE TABLE acknowledgement (
    -- The findings of this file that a person had acknowledged when the bundle was made.
    finding INTEGER PRIMARY KEY REFERENCES finding,
    at_unix_micros INTEGER NOT NULL,
    note TEXT NOT NULL               -- empty if the person noted nothing
) STRICT;

CREATE TABLE supplied (
    -- The sessions of messages that other recordings supplied. The messages are before the finding of the gap.
    session INTEGER PRIMARY KEY REFERENCES session,
    file TEXT NOT NULL,              -- the file name of that recording
    source TEXT NOT NULL,            -- the server and the sequence prefix, as that recording names them
    is_proven INTEGER NOT NULL       -- 1 if both recordings have the same messages next to the gap
) STRICT;
