#!/bin/sh
# expected.sh: what expected files cost: given in, taken by the job, measured, late, looked at.  EXPECTED_FILES expected files
# (default 2,000; 10,000 in docs), each with EXPECTED_DAYS days before that came and were measured (default 20; 100 in docs,
# so 1,000,000 files).  There is no peer: the baseline of files given in is the same without expected files.  Prints: quantity,
# ours (processor time of one backend), baseline, ratio.
set -eu
expected=${EXPECTED_FILES:-2000}
days=${EXPECTED_DAYS:-20}
psql -X -q -v ON_ERROR_STOP=1 -d postgres -c 'CREATE DATABASE bench_expected'
psql="psql -X -q -At -v ON_ERROR_STOP=1 -d bench_expected"
trap 'psql -X -q -d postgres -c "DROP DATABASE bench_expected" 2>/dev/null' EXIT
$psql -c 'CREATE EXTENSION mailroom' >/dev/null 2>&1
cpu="SELECT round((split_part(s, ' ', 13)::numeric + split_part(s, ' ', 14)::numeric) / 100, 2) FROM (SELECT regexp_replace(pg_read_file('/proc/self/stat'), '^.*\\) ', 'x ') AS s) AS stat"
timed() { $psql -c "$1" -c "$cpu" | tail -1; }
row() { printf 'expected: CPU s, %s\t%s\t%s\t%s\n' "$1" "$2" "${3:--}" "$([ -z "${3:-}" ] && echo - || awk "BEGIN { printf \"%.2f\", $2 / ($3 + 0.0001) }")"; }
$psql -c "SELECT mailroom.create_issuer('Ventet AS', 'NO', 'Europe/Oslo', 'NOK')" >/dev/null
# a working Monday; every expected file has a date and a running number in its name
$psql -c "SET mailroom.clock = '2026-03-02T03:00:00Z'" -c "SELECT count(mailroom.set_expected_file(1, 'e' || n, 'app' || n || '_{YYYY}{MM}{DD}_{N}.csv', '06:00', weekdays => '{1,2,3,4,5}', calendar => 'NO')) FROM generate_series(1, $expected) AS n" >/dev/null
$psql -v days="$days" >/dev/null <<'SQL'
SET session_replication_role = replica;
CREATE TEMPORARY TABLE came AS
	SELECT row_number() OVER (ORDER BY d.day, e.expected_id) AS id, e.expected_id, d.day, d.no, (d.day + time '05:00') AT TIME ZONE 'Europe/Oslo' AS at, format('app%s_%s_%s.csv', e.expected_id, to_char(d.day, 'YYYYMMDD'), d.no) AS name
	FROM mailroom.expected_file e, (SELECT day::date AS day, row_number() OVER (ORDER BY day) AS no FROM generate_series(timestamp '2026-02-27' - (:days / 5 * 7 - 3) * interval '1 day', '2026-02-27', '1 day') AS day WHERE extract(isodow FROM day) < 6) d;
INSERT INTO mailroom.import_file (issuer_id, file_id, file_name, content, state, content_bytes, content_sha256, document_count, totals, received_at, submitted_by) OVERRIDING SYSTEM VALUE
	SELECT 1, id, name, '', 'imported', 9000 + id % 77, decode(md5(id::text), 'hex'), 100 + id % 7, '{"NOK": {"count": 100, "sum": "100.00"}}', at, 'x' FROM came;
INSERT INTO mailroom.expected_arrival (issuer_id, arrival_id, expected_id, file_id, name, received_at, state, is_open, number, number_period) OVERRIDING SYSTEM VALUE SELECT 1, id, expected_id, id, name, at, 'taken', false, no, 'all' FROM came;
INSERT INTO mailroom.expected_day (issuer_id, expected_id, due_on, position, opens_at, due_at, late_at, missing_at, state, arrival_id, arrived_at)
	SELECT 1, expected_id, day, extract(isodow FROM day), at - interval '11 hours', at + interval '1 hour', at + interval '90 minutes', at + interval '13 hours', 'arrived', id, at FROM came;
INSERT INTO mailroom.expected_measure (issuer_id, expected_id, due_on, measure, value, periods) SELECT 1, expected_id, day, m, 1000 + 10 * no + id * 7919 % 77, 0 FROM came, unnest(ARRAY['documents', 'bytes', 'NOK']) AS m;
RESET session_replication_role;
SELECT setval(pg_get_serial_sequence('mailroom.import_file', 'file_id'), max(id)), setval(pg_get_serial_sequence('mailroom.expected_arrival', 'arrival_id'), max(id)) FROM came;
SQL
all=$($psql -c 'SELECT count(*) FROM mailroom.expected_arrival')
row "first days of $expected expected files planned, $all files came before" "$(timed "SET mailroom.clock = '2026-03-02T03:00:00Z'; SELECT mailroom.watch_expected(1, 0, '{}')")"
$psql -c 'VACUUM ANALYZE'
give() { timed "SET mailroom.clock = '2026-03-02T04:00:00Z'; INSERT INTO mailroom.import_file (issuer_id, file_name, content) SELECT 1, 'app' || n || '_20260302_$1.csv', convert_to('$1' || n, 'UTF8') FROM generate_series(1, 1000) AS n"; }
$psql -c "CREATE TABLE watch AS SELECT * FROM mailroom.expected_watch" -c "DELETE FROM mailroom.expected_watch" # the same without expected files
give w >/dev/null
plain=$(give x)
$psql -c "INSERT INTO mailroom.expected_watch SELECT * FROM watch"
next=$($psql -c "SELECT max(number) + 1 FROM mailroom.expected_arrival")
row "1,000 files given in, each found among $expected expected" "$(timed "SET mailroom.clock = '2026-03-02T04:00:00Z'; INSERT INTO mailroom.import_file (issuer_id, file_name, content) SELECT 1, 'app' || n || '_20260302_$next.csv', convert_to('y' || n, 'UTF8') FROM generate_series(1, 1000) AS n")" "$plain"
row "1,000 of them taken by the job, date and number read" "$(timed "SET mailroom.clock = '2026-03-02T04:01:00Z'; SELECT mailroom.watch_expected(1, 0, '{}')")"
$psql -c "UPDATE mailroom.import_file f SET state = 'imported', document_count = 100, totals = '{\"NOK\": {\"count\": 100, \"sum\": \"100.00\"}}' FROM mailroom.expected_arrival a WHERE a.is_open AND f.issuer_id = 1 AND f.file_id = a.file_id"
row "1,000 of them measured, three bands each with their growth" "$(timed "SET mailroom.clock = '2026-03-02T04:02:00Z'; SELECT mailroom.watch_expected(1, 0, '{}')")"
row "all others of $expected are late" "$(timed "SET mailroom.clock = '2026-03-02T05:31:00Z'; SELECT mailroom.watch_expected(1, 0, '{}')")"
row "the job finds nothing to do" "$(timed "SET mailroom.clock = '2026-03-02T05:32:00Z'; SELECT mailroom.watch_expected(1, 0, '{}')")"
row "expected_today, expected_open" "$(timed "SET mailroom.clock = '2026-03-02T05:32:00Z'; SELECT count(*) FROM mailroom.expected_today; SELECT count(*) FROM mailroom.expected_open")"
row "the drawing of all of them" "$(timed "SET mailroom.clock = '2026-03-02T05:32:00Z'; SELECT length(mailroom.expected_overview_chart(1))")"
row "both drawings of one of them" "$(timed "SET mailroom.clock = '2026-03-02T05:32:00Z'; SELECT length(mailroom.expected_chart(1, 'e7')), length(mailroom.expected_time_chart(1, 'e7'))")"
$psql -c "INSERT INTO mailroom.expected_file (issuer_id, name, file_name, due_time, weekdays, holiday, valid_from, planned_to) SELECT 1, 'star ' || n, '*_' || n || '.xml', '06:00', '{1}', 'keep', '2026-03-02', '2026-03-02' FROM generate_series(1, 100) AS n" -c 'ANALYZE mailroom.expected_file'
row "1,000 files given in, 100 patterns begin with *" "$(timed "SET mailroom.clock = '2026-03-02T05:33:00Z'; INSERT INTO mailroom.import_file (issuer_id, file_name, content) SELECT 1, 'other' || n || '_20260302_$next.csv', convert_to('z' || n, 'UTF8') FROM generate_series(1, 1000) AS n")" "$plain"
