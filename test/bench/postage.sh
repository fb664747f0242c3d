#!/bin/sh
# postage.sh: CPU seconds of mailroom.solve_postage to a proven optimum, reading the jsonb and writing the
# certificate included, against cbc and glpsol on the same instance (compact formulation, gap 1e-6, model file
# included; the oracle's runner).  Prints: quantity, ours, baseline, ratio = ours / baseline.
# POSTAGE_INSTANCES="s-1-std m-1-many" gives others (SIZE-SEED-FAMILY); POSTAGE_PEER_SECONDS limits the peers (60).
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
oracle=${MAILROOM_SHARED:-$top/../shared}/oracle
limit=${POSTAGE_PEER_SECONDS:-60}
if [ ! -e "$oracle/pmp_gen.py" ] || ! command -v python3 >/dev/null; then
    printf 'postage: CPU s to the proven optimum\tmissing (shared/oracle, python3)\t\t\n'
    exit 0
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/mailroom-postage.XXXXXX")
database=mailroom_bench_postage_$$
sql() { psql -XqAt -v ON_ERROR_STOP=1 -d "$database" "$@"; }
createdb "$database"
trap 'dropdb --if-exists "$database"; rm -rf "$work"' EXIT
sql -c "CREATE EXTENSION mailroom"
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE

for instance in ${POSTAGE_INSTANCES:-s-1-std m-1-std m-1-many l-1-std}; do
    IFS=- read -r size seed family <<END
$instance
END
    python3 "$oracle/pmp_gen.py" "$size" "$seed" "$work/i.json" "$family" >/dev/null
    # CPU time of this backend, which is counted in steps of some milliseconds: the mean over half a second
    facts=$(sql <<SQL
\\set content \`cat $work/i.json\`
CREATE TEMP TABLE problem AS SELECT :'content'::jsonb AS problem;
CREATE FUNCTION pg_temp.spent() RETURNS bigint VOLATILE LANGUAGE sql AS \$\$ SELECT split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::bigint \$\$;
CREATE FUNCTION pg_temp.run() RETURNS TABLE (seconds numeric, result jsonb) VOLATILE LANGUAGE plpgsql AS \$\$
DECLARE
	start bigint := pg_temp.spent();
	turns integer := 0;
BEGIN
	WHILE pg_temp.spent() - start < 500000000 LOOP
		result := mailroom.solve_postage((SELECT problem FROM problem));
		turns := turns + 1;
	END LOOP;
	seconds := (pg_temp.spent() - start) / 1e9 / turns;
	RETURN NEXT;
END \$\$;
CREATE TEMP TABLE run AS SELECT * FROM pg_temp.run();
\\timing on
CREATE TEMP TABLE checked AS SELECT mailroom.check_postage_certificate(problem, result) AS holds FROM problem, run;
\\timing off
SELECT round(seconds, 5), (result ->> 'cost')::numeric / 1000000, (result ->> 'gap')::numeric, (SELECT holds FROM checked) FROM run;
SQL
    )
    check=$(printf '%s\n' "$facts" | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p')
    row=$(printf '%s\n' "$facts" | tail -1)
    ours=${row%%|*}
    printf 'postage %s: gap of our plan (certificate holds: %s, checked in %s ms)\t%s\tnone\t\n' "$instance" "${row##*|}" "$check" "$(printf %s "$row" | cut -d'|' -f3)"
    for peer in cbc glpsol; do
        if ! command -v $peer >/dev/null; then
            printf 'postage %s: CPU s, against %s\t%s\tmissing (%s)\t\n' "$instance" $peer "$ours" $peer
            continue
        fi
        # name,letters,cells,arcs,solver,form,ints,status,wall,cpu,objective,bound,evaluated,check
        python3 "$oracle/pmp_solve.py" "$work/i.json" $peer compact cont "$limit" 1e-6 >"$work/peer.csv" || echo ',,,,,,,failed,,0,,,,' >"$work/peer.csv"
        awk -F, -v i="$instance" -v peer=$peer -v ours="$ours" -v cost="$(printf %s "$row" | cut -d'|' -f2)" '{
            note = $8 == "optimal" ? "" : " (" $8 " at its limit" (($13 + 0 > 0) ? sprintf(", %.1e above ours", $13 / cost - 1) : "") ")";
            printf "postage %s: CPU s, against %s%s\t%.4f\t%.2f\t%.5f\n", i, peer, note, ours, $10, ($10 > 0 ? ours / $10 : 0) }' "$work/peer.csv"
    done
done
