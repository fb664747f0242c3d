#!/bin/sh
# cover.sh: what a plan costs more, in CPU seconds of the backend, with lists of postcodes, inserts, and documents of
# one recipient in one envelope; and what the envelopes save.  Against the plan of the same letters without.
# COVER_LETTERS gives another size.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
database=mailroom_bench_cover_$$
letters=${COVER_LETTERS:-100000}
sql() { psql -XqAt -v ON_ERROR_STOP=1 -d "$database" "$@"; }

createdb "$database"
trap 'dropdb --if-exists "$database"' EXIT
sql -c "CREATE EXTENSION mailroom" -c "SELECT mailroom.create_issuer('Bench', 'NO', 'Europe/Oslo', 'NOK')" >/dev/null
sql -v letters="$letters" -v content="$(cat "$top/data/tariff/demo-no-se.txt")" >/dev/null <<'SQL'
SELECT mailroom.load_tariff(:'content');
INSERT INTO mailroom.mailing (issuer_id, mailing_id, name, hand_in_date, origin_country, created_at) VALUES (1, 1, 'bench', '2026-11-22', 'NO', now());
-- three of ten letters go to one recipient; one town of a thousand is misspelt
INSERT INTO mailroom.letter (issuer_id, mailing_id, letter_id, document_id, pages, sheets, recipient, postcode, city, country, due_days, household)
	SELECT 1, 1, n, n, s, s, 'Recipient ' || n, lpad((1 + h % 9998)::text, 4, '0'), 'Town ' || ((1 + h % 9998) % 700) || CASE WHEN n % 1000 = 0 THEN 'X' ELSE '' END,
			'NO', CASE WHEN n % 10 = 0 THEN 2 ELSE 4 END, CASE WHEN n % 10 < 3 THEN n / 10 END
		FROM (SELECT n, abs(hashint4((n / 10)::integer)::bigint) AS h, 1 + n % 7 / 2 AS s FROM generate_series(1, :letters) AS n) g;
VACUUM ANALYZE mailroom.letter;
SQL
# CPU seconds of one plan in a session of its own
plan()
{
    sql <<'SQL'
SET client_min_messages = log;
SET log_statement_stats = on;
SELECT mailroom.plan_mailing(1, 1);
SQL
}
spent() { plan 2>&1 | sed -n 's|^![^0-9[]*\([0-9.]*\) s user, \([0-9.]*\) s system, .*|\1 \2|p' | awk '{ sum = $1 + $2 } END { printf "%.3f", sum }'; }
cost() { sql -c "SELECT cost_micro / 1000000 FROM mailroom.mailing"; }
row() { awk -v name="$1" -v ours="$2" -v limit="$3" 'BEGIN { printf "%s\t%s\t%s\t%.2f\n", name, ours, limit, ours / limit }'; }

spent >/dev/null
plain=$(spent)
alone=$(cost)
sql >/dev/null <<'SQL'
SELECT mailroom.load_postcodes('NO', string_agg(lpad(p::text, 4, '0') || ',Town ' || p % 700, E'\n'), '2026-01-01', 'made up') FROM generate_series(1, 9999) AS p;
VACUUM ANALYZE mailroom.postcode_town;
SQL
row "cover $letters letters: CPU s with addresses corrected by a list" "$(spent)" "$plain"
row "cover $letters letters: CPU s with addresses that are right by a list" "$(spent)" "$plain"
sql -c "DELETE FROM mailroom.postcode_list" \
    -c "INSERT INTO mailroom.insert_material (issuer_id, material, milligrams, valid_from) VALUES (1, 'leaflet', 2500, '2026-01-01')" >/dev/null
row "cover $letters letters: CPU s with inserts" "$(spent)" "$plain"
sql -c "DELETE FROM mailroom.insert_material" -c "INSERT INTO mailroom.cover_setting (issuer_id, merge_by) VALUES (1, 'address')" >/dev/null
row "cover $letters letters: CPU s with 30 % in shared envelopes" "$(spent)" "$plain"
row "cover $letters letters: cost with 30 % in shared envelopes" "$(cost)" "$alone"
