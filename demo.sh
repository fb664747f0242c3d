#!/bin/sh
# demo.sh [CUSTOMERS]: installs what it needs, builds, starts a throw-away cluster and runs the main job on the
# sample: the month of a fuel-card issuer with 10,000 customers in Norway and Sweden.  Prints a report and leaves
# the products in build/demo/.  Re-runnable; leaves no process behind.
. "$(dirname "$0")/tools/setup.sh"

customers=${1:-10000}
case $customers in
*[!0-9]* | '') echo "usage: demo.sh [CUSTOMERS]" >&2; exit 2 ;;
esac
setup_packages "make gcc libc6-dev postgresql-15 postgresql-server-dev-15 libxml2-dev zlib1g-dev perl"
setup_work
echo "building"
setup_build
setup_cluster "log_min_messages = warning" "mailroom.outgoing_directory = '$work/out'"
$run mkdir "$work/out" "$work/sample"
$run perl "$work/tree/sample/make_sample.pl" --customers "$customers" --out "$work/sample"

psql="psql -X -q -v ON_ERROR_STOP=1 -d postgres"
$psql -v sample="$work/tree/sample" -v data="$work/tree/data" -v folder="$work/sample" -f "$work/tree/sample/setup.sql"
$psql -v sample="$work/tree/sample" -v folder="$work/sample" -f "$work/tree/sample/receive.sql"

# Workers do the job; we only watch.
watch()
{
    last=
    while :; do
        state=$($psql -At -c "SELECT coalesce(string_agg(step, ', ' ORDER BY step), 'done') FROM (
            SELECT DISTINCT CASE kind
                WHEN 'import_file' THEN 'import ' || coalesce(done * 100 / nullif(total, 0), 0) || ' %'
                WHEN 'render_part' THEN (SELECT 'render and archive, ' || max(parts_rendered) || ' of ' || max(parts) || ' parts' FROM mailroom.run WHERE state = 'rendering')
                WHEN 'plan_run' THEN 'postage'
                WHEN 'print_run_mailing' THEN 'print'
                WHEN 'close_run_mailing' THEN 'read back and close'
                ELSE replace(kind, '_', ' ') END AS step
            FROM mailroom.job_progress WHERE state IN ('queued', 'started', 'failed')) s")
        [ "$state" = "$last" ] || echo "  $state"
        last=$state
        [ "$state" != done ] || break
        sleep 0.5
    done
}
echo
echo "working"
watch
$psql -f "$work/tree/sample/partner_work.sql"
watch
$psql -f "$work/tree/sample/partner_settle.sql"
watch

out=$top/build/demo
rm -rf "$out"
mkdir -p "$out"
$psql -v out="$work/out" -f "$work/tree/sample/report.sql"
cp "$work"/out/* "$out"/
cp "$work"/sample/control.csv "$work"/sample/broken.csv "$out"/
echo
echo "products:"
for file in "$out"/*; do echo "  $file"; done
failed=$($psql -At -c "SELECT count(*) FROM mailroom.job WHERE state IN ('failed', 'dead')")
[ "$failed" = 0 ] || { echo "$failed jobs failed:"; $psql -c "SELECT kind, sqlstate, message, detail FROM mailroom.job WHERE state IN ('failed', 'dead')"; exit 1; }
