#!/bin/sh
# plan.sh: a mailing from letters to one priced row a letter, against plain SQL that only counts the letters
# by destination and copies rows that are there already (the least any plan must read and write).
# A second line has CPU milliseconds of the backend, which other work on the machine disturbs less, and a third
# what-if, packing into containers and reading each letter's containers against the plan.  PLAN_LETTERS gives other sizes, e.g. "100000 1000000".
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
database=mailroom_bench_plan_$$
sql() { psql -XqAt -v ON_ERROR_STOP=1 -d "$database" "$@"; }
# milliseconds that the statement of standard input took, and CPU milliseconds of its backend (0 where /proc is not)
timed()
{
    { printf '%s\n' 'SELECT pg_backend_pid() AS pid \gset' '\setenv PID :pid' '\timing on'; cat
      printf '%s\n' '\! awk -v tick=$(getconf CLK_TCK) '"'"'{ print "CPU:", ($14 + $15) * 1000 / tick }'"'"' /proc/$PID/stat 2>/dev/null || echo "CPU: 0"'; } | sql |
        awk '/^Time:/ { wall = $2 } /^CPU:/ { cpu = $2 } END { print wall, cpu }'
}

createdb "$database"
trap 'dropdb --if-exists "$database"' EXIT
sql -c "CREATE EXTENSION mailroom" -c "SELECT mailroom.create_issuer('Bench', 'NO', 'Europe/Oslo', 'NOK')" >/dev/null
sql -v content="$(cat "$top/data/tariff/demo-no-se.txt")" >/dev/null <<'SQL'
SELECT mailroom.load_tariff(:'content');
CREATE TABLE copied (LIKE mailroom.letter_postage INCLUDING ALL);
SQL
for letters in ${PLAN_LETTERS:-100000}; do
    sql -v letters="$letters" >/dev/null <<'SQL'
TRUNCATE mailroom.letter, mailroom.letter_postage, mailroom.mailing_cell, mailroom.mailing_container, copied;
DELETE FROM mailroom.mailing;
INSERT INTO mailroom.mailing (issuer_id, mailing_id, name, hand_in_date, origin_country, created_at) VALUES (1, 1, 'bench', '2026-11-22', 'NO', now());
INSERT INTO mailroom.letter (issuer_id, mailing_id, letter_id, document_id, pages, sheets, recipient, postcode, country, due_days)
	SELECT 1, 1, n, n, s, s, 'Recipient ' || n, CASE WHEN n % 50 = 0 THEN (11100 + n % 700)::text ELSE lpad((1 + (u * u / 1000000 * 9998 / 1000000))::text, 4, '0') END,
			CASE WHEN n % 50 = 0 THEN 'SE' ELSE 'NO' END, CASE WHEN n % 10 = 0 THEN 2 ELSE 4 END
		FROM (SELECT n, (abs(hashint4(n::integer)::bigint) % 1000000) AS u, 1 + n % 7 / 2 + CASE WHEN n % 97 = 0 THEN 12 ELSE 0 END AS s
			FROM generate_series(1, :letters) AS n) g;
VACUUM ANALYZE mailroom.letter;
CHECKPOINT;
SQL
    ours=$(timed <<'SQL'
SELECT mailroom.plan_mailing(1, 1);
SQL
    )
    sql -c "CHECKPOINT"
    count=$(timed <<'SQL'
SELECT count(*) FROM (SELECT country, postcode, sheets, due_days, count(*) FROM mailroom.letter WHERE issuer_id = 1 AND mailing_id = 1 GROUP BY 1, 2, 3, 4) g;
SQL
    )
    copy=$(timed <<'SQL'
INSERT INTO copied SELECT * FROM mailroom.letter_postage WHERE issuer_id = 1 AND mailing_id = 1;
SQL
    )
    what_if=$(timed <<'SQL'
SELECT length(mailroom.what_if_postage(1, 1, '{"prices": [{"offer": "NO-CITY", "percent": 3}]}')::text);
SQL
    )
    pack=$(timed <<'SQL'
SELECT mailroom.pack_mailing(1, 1);
SQL
    )
    places=$(timed <<'SQL'
SELECT count(tray), count(DISTINCT pallet) FROM mailroom.letter_container WHERE issuer_id = 1 AND mailing_id = 1;
SQL
    )
    containers=$(sql -c "SELECT count(*) FROM mailroom.mailing_container WHERE issuer_id = 1 AND mailing_id = 1")
    echo "$letters $ours $count $copy $what_if $pack $places $containers" | awk '{ floor = $4 + $6; cpu = $5 + $7
        printf "plan %d letters, ms (against counting and copying them)\t%.0f\t%.0f\t%.2f\n", $1, $2, floor, $2 / floor
        if (cpu > 0) printf "plan %d letters, CPU ms (against counting and copying them)\t%.0f\t%.0f\t%.2f\n", $1, $3, cpu, $3 / cpu
        printf "what-if of %d letters with other prices, ms (against planning them)\t%.0f\t%.0f\t%.3f\n", $1, $8, $2, $8 / $2
        printf "packing %d letters into %d containers, ms (against planning them)\t%.0f\t%.0f\t%.3f\n", $1, $14, $10, $2, $10 / $2
        if ($3 > 0) printf "packing %d letters, CPU ms (against planning them)\t%.0f\t%.0f\t%.3f\n", $1, $11, $3, $11 / $3
        printf "containers of each of %d letters read, ms (against planning them)\t%.0f\t%.0f\t%.3f\n", $1, $12, $2, $12 / $2
        if ($3 > 0) printf "containers of each of %d letters read, CPU ms (against planning them)\t%.0f\t%.0f\t%.3f\n", $1, $13, $3, $13 / $3 }'
done
