#!/bin/sh
# postage.sh: the postage solver against its targets.
# 1. The core alone (CPU seconds, memory, gap; each plan judged by the oracle's evaluator), and cbc and glpsol on
#    the same instance in the same run: test/bench/postage_table.py.  Small by default; FULL=1 takes all sizes,
#    families and seeds 1-5 (an hour or two; POSTAGE_RESULTS=FILE.tsv keeps a row an instance and goes on there).
# 2. mailroom.solve_postage as a whole, from jsonb to jsonb, and the check of its certificate in SQL.
#    POSTAGE_INSTANCES="s-1-std m-1-many" gives others (SIZE-SEED-FAMILY).
# POSTAGE_PEER_SECONDS limits the peers (20; FULL 100).  Prints: quantity, ours, limit or peer, ratio.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
oracle=${MAILROOM_SHARED:-$top/../shared}/oracle
if [ ! -e "$oracle/pmp_gen.py" ] || ! command -v python3 >/dev/null; then
    printf 'postage: CPU s to the proven optimum\tmissing (shared/oracle, python3)\t\t\n'
    exit 0
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/mailroom-postage.XXXXXX")
database=mailroom_bench_postage_$$
sql() { psql -XqAt -v ON_ERROR_STOP=1 -d "$database" "$@"; }
trap 'dropdb --if-exists "$database"; rm -rf "$work"' EXIT
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE

cc -std=gnu11 -O2 -I"$top/src" -o "$work/core" "$top/test/bench/postage_core.c" "$top"/src/core/postage_*.c "$top/src/core/port.c" -lm
table()
{
    python3 "$top/test/bench/postage_table.py" "$oracle" "$work/core" "$work" "${POSTAGE_RESULTS:-$work/results.tsv}" "$@"
}
if [ -n "${FULL:-}" ]; then
    table tiny,xs,s,m,l,xl 1-5 tiny,xs,s,m,l-1-std "${POSTAGE_PEER_SECONDS:-100}"
else
    table tiny,xs,s,m 1-1 tiny,xs,s,m "${POSTAGE_PEER_SECONDS:-20}"
    table l,xl 1-1 none 0 std
fi

createdb "$database"
sql -c "CREATE EXTENSION mailroom"
for instance in ${POSTAGE_INSTANCES:-s-1-std m-1-many l-1-std}; do
    IFS=- read -r size seed family <<END
$instance
END
    python3 "$oracle/pmp_gen.py" "$size" "$seed" "$work/i.json" "$family" >/dev/null
    # CPU time of this backend, which is counted in steps of some milliseconds: the mean over half a second
    sql <<SQL
\\set content \`cat $work/i.json\`
CREATE TEMP TABLE problem AS SELECT :'content'::jsonb AS problem;
CREATE FUNCTION pg_temp.spent() RETURNS numeric VOLATILE LANGUAGE sql AS \$\$ SELECT split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::numeric / 1e9 \$\$;
CREATE FUNCTION pg_temp.run() RETURNS TABLE (seconds numeric, result jsonb) VOLATILE LANGUAGE plpgsql AS \$\$
DECLARE
	start numeric := pg_temp.spent();
	turns integer := 0;
BEGIN
	WHILE pg_temp.spent() - start < 0.5 LOOP
		result := mailroom.solve_postage((SELECT problem FROM problem));
		turns := turns + 1;
	END LOOP;
	seconds := (pg_temp.spent() - start) / turns;
	RETURN NEXT;
END \$\$;
CREATE TEMP TABLE run AS SELECT * FROM pg_temp.run();
CREATE TEMP TABLE checked AS
	SELECT pg_temp.spent() AS start, mailroom.check_postage_certificate(problem, result) AS holds FROM problem, run;
SELECT format(E'postage $instance: CPU s of solve_postage, jsonb to jsonb\t%s\tnone\t', round(seconds, 5)) FROM run;
SELECT format(E'postage $instance: gap, stated and proven by the certificate\t%s\t%s\t', round((result ->> 'gap')::numeric, 12), CASE WHEN holds THEN 'holds' ELSE 'FAILS' END) FROM run, checked;
SELECT format(E'postage $instance: CPU s of the certificate check in SQL\t%s\tnone\t', round(pg_temp.spent() - start, 2)) FROM checked;
SQL
done
