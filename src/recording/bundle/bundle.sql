CREATE TABLE bundle (
    -- One row: this file holds the rows around one finding of another recording, with the same ids, epochs and sessions.
    one INTEGER PRIMARY KEY CHECK (one = 1),
    file TEXT NOT NULL,              -- the file name of that recording
    version TEXT NOT NULL,           -- the version of aircheck that made the bundle
    finding INTEGER NOT NULL REFERENCES finding,
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
