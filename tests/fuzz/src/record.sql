INSERT INTO session VALUES (1, 1000000, 9000000, 9000000, 'clean', 'studio', '1.0.0', 'redis:6379', 'prod');
INSERT INTO clock VALUES (1, 1, 1000000);
INSERT INTO channel VALUES (1, 'ops', 2, 5, 1, 9000000, 9, 9000000, NULL, 'run', 'replication'),
    (2, x'6f70ff', 1, 1, 0, 8000000, NULL, NULL, NULL, NULL, NULL);
INSERT INTO message VALUES
    (2, 1, 2000000, 1, 1, 0, 1, NULL, NULL, 0, 1795516352, CAST('evt:sha256|default|1795516352|00ff:{"a":1}' AS BLOB)),
    (3, 1, 3000000, 1, 1, 1, 2, NULL, NULL, 1, NULL, CAST('evt::' AS BLOB)),
    (5, 1, 5000000, 1, 2, 2, NULL, 3, 6, 9, NULL, CAST('evt:sha256|default|1|0:[' AS BLOB)),
    (8, 1, 8000000, 2, 1, 3, NULL, NULL, NULL, 1, NULL, x'ff3a3a'),
    (9, 1, 9000000, 1, 2, 0, 9, NULL, NULL, 0, 1795516352, CAST('evt::[1]' AS BLOB));
INSERT INTO finding (id, session, at_unix_micros, kind, channel, epoch, sequence_from, sequence_to, count, reason, duration_micros,
    since_unix_micros, lower_bound, advance, received, value_before, value_after, first_unix_micros, first_channel, offset_seconds)
VALUES
    (4, 1, 4000000, 'counter_reset', 1, 2, 2, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 2, 0, NULL, NULL, NULL),
    (6, 1, 6000000, 'missed_disconnected', 1, 2, 3, 6, 4, 'EOF', 42, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (11, 1, 6000000, 'counted_not_received', 1, 2, 7, 8, 2, NULL, NULL, NULL, NULL, 4, 2, NULL, NULL, NULL, NULL, NULL),
    (12, 1, 6000000, 'duplicate', 1, 2, NULL, NULL, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 2000000, 2, NULL),
    (13, 1, 6000000, 'clock_skew', 1, 2, NULL, NULL, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 9);
INSERT INTO counter VALUES (10, 1, 9000000, 1, 2, 9, NULL), (14, 1, 9000000, 2, 1, NULL, 'NOPERM');
INSERT INTO link VALUES (1, 1, 1000000, 'connected', NULL, NULL, '7.2.0', 'master', 'standalone'),
    (15, 1, 9000000, 'denied', 'NOPERM', 2, NULL, NULL, NULL);
INSERT INTO hole VALUES (7, 1, 'disk', 7000000, 7500000, 0, 1, 2, 'disk full');
INSERT INTO hole_range VALUES (7, 1, 2, 7, 8, 2);
INSERT INTO rate VALUES (2, 1, 1, 0), (3, 1, 1, 0), (5, 1, 1, 1), (8, 2, 1, 0), (9, 1, 1, 0);
