CREATE TABLE bundle (
    -- One row: this file is what stood around one finding of another recording. Places, epochs and sessions are those there.
    one INTEGER PRIMARY KEY CHECK (one = 1),
    file TEXT NOT NULL,              -- the name of that recording when this was made
    version TEXT NOT NULL,           -- of the aircheck that made it
    finding INTEGER NOT NULL REFERENCES finding,
    from_at INTEGER NOT NULL,        -- the time that was asked for; earlier rows say what the state was then
    to_at INTEGER NOT NULL,
    cut_before INTEGER NOT NULL,     -- 1 where there were more rows in that time than a bundle takes
    cut_after INTEGER NOT NULL,
    profile TEXT,                    -- what the profile said when this was made, without secrets; null where it was not known
    report TEXT NOT NULL             -- Markdown, for people
) STRICT;

CREATE TABLE note (
    -- What somebody said of it.
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL
) STRICT;
