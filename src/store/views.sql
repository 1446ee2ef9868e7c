-- The views of a store: what all recordings of one source together know.

CREATE OR REPLACE VIEW aircheck.broadcast AS
    -- Each broadcast once, and the recordings that received it. Messages of several recordings are the same broadcast if they have
    -- the same channel, counter epoch and sequence number. A message without an exact or inferred number takes the number of an
    -- equal message of another recording, if its number can be that one. If there is none, it is a row without sequence. Such
    -- messages are matched one to one: each is the nearest one to the other, within 2 seconds.
    SELECT source, channel, channel_name, broadcast_epoch, sequence,
        CASE min(certainty) WHEN 0 THEN 'exact' WHEN 1 THEN 'inferred' WHEN 2 THEN 'range' ELSE 'unknown' END AS certainty,
        min(sequence_from) AS sequence_from,
        max(sequence_to) AS sequence_to,
        min(at) AS at,                   -- when it was first received
        (array_agg(verdict ORDER BY certainty, at, recording))[1] AS verdict,
        (array_agg(timestamp ORDER BY certainty, at, recording))[1] AS timestamp,
        (array_agg(payload ORDER BY certainty, at, recording))[1] AS payload,
        array_agg(DISTINCT recording) AS received_by,
        count(DISTINCT payload) > 1 AS is_conflict -- different payloads with the same number
    FROM (
        SELECT r.source, c.name_text AS channel, c.name AS channel_name, e.broadcast_epoch, m.sequence, m.certainty,
            NULL::bigint AS sequence_from, NULL::bigint AS sequence_to, m.at, m.verdict, m.timestamp, m.payload,
            m.recording, NULL::uuid AS unnumbered_recording, NULL::bigint AS unnumbered_id
        FROM aircheck.message m
            JOIN aircheck.channel c ON c.recording = m.recording AND c.id = m.channel
            JOIN aircheck.recording r ON r.recording = m.recording
            JOIN aircheck.counter_epoch e ON e.recording = m.recording AND e.channel = m.channel AND e.epoch = m.epoch
        WHERE m.sequence IS NOT NULL
        UNION ALL
        SELECT r.source, c.name_text, c.name, e.broadcast_epoch, n.sequence, coalesce(n.certainty, m.certainty),
            CASE WHEN n.sequence IS NULL THEN m.sequence_from END, CASE WHEN n.sequence IS NULL THEN m.sequence_to END,
            m.at, m.verdict, m.timestamp, m.payload, m.recording,
            CASE WHEN n.sequence IS NULL THEN coalesce(n.recording, m.recording) END,
            CASE WHEN n.sequence IS NULL THEN coalesce(n.id, m.id) END
        FROM aircheck.message m
            JOIN aircheck.channel c ON c.recording = m.recording AND c.id = m.channel
            JOIN aircheck.recording r ON r.recording = m.recording
            JOIN aircheck.counter_epoch e ON e.recording = m.recording AND e.channel = m.channel AND e.epoch = m.epoch
            LEFT JOIN LATERAL (
                -- The equal message of another recording: one with a number, or else one without.
                SELECT o.sequence, o.certainty, o.recording, o.id
                FROM aircheck.counter_epoch oe
                    JOIN aircheck.channel oc ON oc.recording = oe.recording AND oc.id = oe.channel AND oc.name = c.name
                    JOIN aircheck.recording orr ON orr.recording = oe.recording AND orr.source = r.source
                    JOIN aircheck.message o
                        ON o.recording = oe.recording AND o.channel = oe.channel AND o.epoch = oe.epoch
                WHERE oe.broadcast_epoch = e.broadcast_epoch AND oe.recording <> m.recording
                    AND o.at BETWEEN m.at - interval '2 seconds' AND m.at + interval '2 seconds' AND o.payload = m.payload
                    AND CASE WHEN o.sequence IS NULL THEN o.recording < m.recording
                            AND coalesce(o.sequence_from <= m.sequence_to AND o.sequence_to >= m.sequence_from, true)
                        ELSE coalesce(o.sequence BETWEEN m.sequence_from AND m.sequence_to, true) END
                    AND NOT EXISTS (SELECT 1 FROM aircheck.message x
                        WHERE x.recording = m.recording AND x.channel = m.channel AND x.epoch = m.epoch AND x.id <> m.id
                            AND x.payload = m.payload
                            AND x.at BETWEEN o.at - interval '2 seconds' AND o.at + interval '2 seconds'
                            AND CASE WHEN x.sequence IS NULL
                                THEN (abs(extract(epoch FROM x.at - o.at)), x.id) < (abs(extract(epoch FROM m.at - o.at)), m.id)
                                ELSE x.sequence = o.sequence END)
                ORDER BY o.sequence IS NULL, o.certainty, abs(extract(epoch FROM o.at - m.at)), o.recording, o.id
                LIMIT 1) n ON true
        WHERE m.sequence IS NULL) copy
    GROUP BY source, channel, channel_name, broadcast_epoch, sequence, unnumbered_recording, unnumbered_id;

CREATE OR REPLACE VIEW aircheck.missing AS
    -- What no recording of a source received: ranges of sequence numbers, each with all causes. A gap or hole of one recording is
    -- not in this view if another recording received the messages. A hole without sequence numbers is a row without sequence_from.
    -- It is in this view if no other recorder was running during all of it.
    WITH claim AS (
        -- What one recording misses.
        SELECT r.source, c.name_text AS channel, c.name AS channel_name, e.broadcast_epoch, f.recording, f.id, f.kind, f.reason,
            f.sequence_from, f.sequence_to, f.at, coalesce(f.count, f.sequence_to - f.sequence_from + 1) AS count,
            coalesce(f.lower_bound, 0) <> 0 AS lower_bound
        FROM aircheck.finding f
            JOIN aircheck.channel c ON c.recording = f.recording AND c.id = f.channel
            JOIN aircheck.recording r ON r.recording = f.recording
            JOIN aircheck.counter_epoch e ON e.recording = f.recording AND e.channel = f.channel AND e.epoch = f.epoch
        WHERE f.kind IN ('missed_disconnected', 'missed_not_running', 'counted_not_received')
            AND f.sequence_from <= f.sequence_to
        UNION ALL
        SELECT r.source, c.name_text, c.name, e.broadcast_epoch, h.recording, h.id, 'hole', h.reason, g.sequence_from,
            g.sequence_to, 'epoch'::timestamptz + h.to_unix_micros * interval '1 microsecond',
            least(g.messages, g.sequence_to - g.sequence_from + 1), false
        FROM aircheck.hole_range g
            JOIN aircheck.hole h ON h.recording = g.recording AND h.id = g.hole
            JOIN aircheck.channel c ON c.recording = g.recording AND c.id = g.channel
            JOIN aircheck.recording r ON r.recording = g.recording
            JOIN aircheck.counter_epoch e ON e.recording = g.recording AND e.channel = g.channel AND e.epoch = g.epoch
        WHERE g.sequence_from <= g.sequence_to
    ), received AS (
        SELECT DISTINCT k.source, k.channel_name, k.broadcast_epoch, m.sequence
        FROM claim k
            JOIN aircheck.channel c ON c.name = k.channel_name
            JOIN aircheck.recording r ON r.recording = c.recording AND r.source = k.source
            JOIN aircheck.counter_epoch e
                ON e.recording = c.recording AND e.channel = c.id AND e.broadcast_epoch = k.broadcast_epoch
            JOIN aircheck.message m ON m.recording = e.recording AND m.channel = e.channel AND m.epoch = e.epoch
                AND m.sequence BETWEEN k.sequence_from AND k.sequence_to
        WHERE m.sequence IS NOT NULL
    ), edge AS (
        -- Where a claim or a received message begins, and what follows it. Between two edges, all numbers have the same claims.
        SELECT source, channel_name, broadcast_epoch, sequence_from AS number FROM claim
        UNION SELECT source, channel_name, broadcast_epoch, sequence_to + 1 FROM claim
        UNION SELECT source, channel_name, broadcast_epoch, sequence FROM received
        UNION SELECT source, channel_name, broadcast_epoch, sequence + 1 FROM received
    ), stretch AS (
        SELECT source, channel_name, broadcast_epoch, number AS sequence_from,
            lead(number) OVER (PARTITION BY source, channel_name, broadcast_epoch ORDER BY number) - 1 AS sequence_to
        FROM edge
    )
    SELECT s.source, k.channel, s.channel_name, s.broadcast_epoch, s.sequence_from, s.sequence_to,
        least(s.sequence_to - s.sequence_from + 1, min(k.count)) AS count, -- at most this many of the numbers are missing
        bool_or(k.lower_bound) AS lower_bound,  -- whether more may be missing
        min(k.at) AS at,
        array_agg(DISTINCT k.kind) AS kinds,
        jsonb_agg(jsonb_build_object('recording', k.recording, 'id', k.id, 'kind', k.kind, 'reason', k.reason, 'at', k.at)
            ORDER BY k.at, k.recording, k.id) AS causes
    FROM stretch s
        JOIN claim k ON k.source = s.source AND k.channel_name = s.channel_name AND k.broadcast_epoch = s.broadcast_epoch
            AND k.sequence_from <= s.sequence_from AND k.sequence_to >= s.sequence_to
    WHERE s.sequence_to IS NOT NULL AND NOT EXISTS (SELECT 1 FROM received n
        WHERE n.source = s.source AND n.channel_name = s.channel_name AND n.broadcast_epoch = s.broadcast_epoch
            AND n.sequence = s.sequence_from)
    GROUP BY s.source, k.channel, s.channel_name, s.broadcast_epoch, s.sequence_from, s.sequence_to
    UNION ALL
    SELECT r.source, NULL, NULL, NULL, NULL, NULL, h.messages, true,
        'epoch'::timestamptz + h.to_unix_micros * interval '1 microsecond', ARRAY['hole'],
        jsonb_build_array(jsonb_build_object('recording', h.recording, 'id', h.id, 'kind', 'hole', 'reason', h.reason,
            'at', 'epoch'::timestamptz + h.to_unix_micros * interval '1 microsecond'))
    FROM aircheck.hole h JOIN aircheck.recording r ON r.recording = h.recording
    WHERE NOT EXISTS (SELECT 1 FROM aircheck.hole_range g
            WHERE g.recording = h.recording AND g.hole = h.id AND g.sequence_from IS NOT NULL)
        AND NOT EXISTS (SELECT 1 FROM aircheck.session o JOIN aircheck.recording orr ON orr.recording = o.recording
            WHERE orr.source = r.source AND o.recording <> h.recording AND o.started_unix_micros <= h.from_unix_micros
                AND coalesce(o.ended_unix_micros, o.last_unix_micros) >= h.to_unix_micros);
