#!/bin/bash
# queue.sh: the job queue against a raw SKIP LOCKED loop and NOTIFY, on a running server with the library
# preloaded (PGHOST, PGPORT, PGUSER as usual; makes and drops the databases mailroom_bench_queue and _free, and sets
# mailroom.jobs_workers, jobs_linger and synchronous_commit by ALTER SYSTEM while it runs).
# Prints rows: quantity, ours, baseline, ratio.  ROUNDS (3, of a second each), JOBS_A_CLAIM (100), JOBS (1500000),
# HOLD_SECONDS (60).
#
# Both sides do the same: claim 100 jobs and commit, finish them and commit, two clients, prepared statements.  The raw
# loop is one table with a partial index: UPDATE ... FOR UPDATE SKIP LOCKED, then DELETE.  "Held": for HOLD_SECONDS
# another transaction keeps a snapshot of one database; in turns the same work is done there and in a second
# database, whose rows that snapshot does not concern; medians.
# Latency is from sending COMMIT to the moment the other side knows, median.  A job's transaction writes a row and waits
# for the disk, a bare NOTIFY does neither, so it is compared twice: with a NOTIFY whose transaction writes a like row,
# and, with synchronous_commit off for all, with the bare one.
set -eu

rounds=${ROUNDS:-3}
claim=${JOBS_A_CLAIM:-100}
jobs=${JOBS:-1500000}
hold_seconds=${HOLD_SECONDS:-60}
db=mailroom_bench_queue
free=mailroom_bench_queue_free
PG_CONFIG=${PG_CONFIG:-/usr/lib/postgresql/15/bin/pg_config}
PATH=$($PG_CONFIG --bindir):$PATH
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
holder=
system_changed=
admin() { psql -X -q -A -t -v ON_ERROR_STOP=1 -d postgres "$@"; }
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 -d $db "$@"; }
setting()
{
    system_changed=1
    for change in "$@"; do admin -c "ALTER SYSTEM $change"; done
    admin -c "SELECT pg_reload_conf()" >/dev/null
    sleep 0.5
}
release()
{
    [ -z "$holder" ] || { kill "$holder" 2>/dev/null || true; wait "$holder" 2>/dev/null || true; }
    holder=
}
finish()
{
    release
    [ -z "$system_changed" ] || setting "RESET mailroom.jobs_linger" "RESET mailroom.jobs_workers" "RESET synchronous_commit"
    admin -c "DROP DATABASE IF EXISTS $db WITH (FORCE)" -c "DROP DATABASE IF EXISTS $free WITH (FORCE)" 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT
row() { printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$(awk "BEGIN { printf \"%.2f\", $2 / $3 }")"; }

setting "SET mailroom.jobs_workers = 0"
admin -c "DROP DATABASE IF EXISTS $db WITH (FORCE)" -c "DROP DATABASE IF EXISTS $free WITH (FORCE)" -c "CREATE DATABASE $db" 2>/dev/null
sql >/dev/null <<'SQL'
CREATE EXTENSION mailroom;
SELECT mailroom.create_issuer('Bench AS', 'NO', 'Europe/Oslo', 'NOK');
CREATE TABLE public.noted (job_id bigint, at timestamptz);
CREATE TABLE public.written (issuer_id bigint, kind text, at timestamptz DEFAULT clock_timestamp());
CREATE FUNCTION public.note(issuer_id bigint, job_id bigint, arguments jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.noted VALUES ($2, clock_timestamp());
END;
$$;
SELECT mailroom.register_handler('note', 'public.note(bigint, bigint, jsonb)', 5, true);
SQL
cat >"$work/ours.sql" <<SQL
SELECT coalesce(min(claim_no), 0) AS claim, count(*) AS n FROM mailroom.claim_jobs($claim) \gset
\if :n
SELECT mailroom.finish_jobs(:claim);
\endif
SQL
cat >"$work/raw.sql" <<SQL
WITH c AS (UPDATE public.raw SET state = 'started' WHERE id IN
    (SELECT id FROM public.raw WHERE state = 'ready' ORDER BY id LIMIT $claim FOR UPDATE SKIP LOCKED) RETURNING id, payload)
SELECT coalesce(array_agg(id), '{}') AS ids, count(payload) AS n FROM c \gset
DELETE FROM public.raw WHERE id = ANY (:ids::bigint[]);
SQL
sql >/dev/null <<SQL
INSERT INTO mailroom.job_queue (issuer_id, kind, arguments) SELECT 1, 'note', '{"note": 1}' FROM generate_series(1, $jobs);
VACUUM ANALYZE mailroom.job_queue;
SQL
admin -c "CREATE DATABASE $free TEMPLATE $db"
psql -X -q -A -t -d "$free" -c "SELECT mailroom.start_jobs()" >/dev/null
sql >/dev/null <<SQL
CREATE TABLE public.raw (id bigserial PRIMARY KEY, state text NOT NULL DEFAULT 'ready', payload jsonb NOT NULL);
CREATE INDEX ON public.raw (id) WHERE state = 'ready';
INSERT INTO public.raw (payload) SELECT '{"note": 1}' FROM generate_series(1, $jobs / 2);
VACUUM ANALYZE public.raw;
CHECKPOINT;
SQL
# jobs that were really claimed and finished, not transactions that found nothing
done_in()
{
    before=$(left_$1)
    pgbench -n -M prepared -c 2 -j 2 -T "$2" -f "$work/$1.sql" $db >/dev/null 2>&1
    echo $((before - $(left_$1)))
}
left_ours() { sql -c "SELECT $jobs - coalesce(sum(cardinality(l.job_ids)), 0) FROM mailroom.job_lease l JOIN mailroom.job_finish f USING (issuer_id, claim_no)"; }
left_raw() { sql -c "SELECT count(*) FROM public.raw"; }
# jobs/s of some claims in database $1; all are full
rate_in() { pgbench -n -M prepared -c 2 -j 2 -t 200 -f "$work/ours.sql" "$1" 2>/dev/null | awk -v n="$claim" '/^tps/ { printf "%d\n", $3 * n }'; }
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
hold()
{
    sql -c "BEGIN ISOLATION LEVEL REPEATABLE READ" -c "SELECT count(*) FROM mailroom.issuer" -c "SELECT pg_sleep(3600)" >/dev/null 2>&1 &
    holder=$!
    sleep 0.3
}

# in turns, so that other work on the machine hits all alike
ours=0 raw=0
for round in $(seq "$rounds"); do
    ours=$((ours + $(done_in ours 1)))
    raw=$((raw + $(done_in raw 1)))
done
row "queue: claim + finish, jobs/s (SKIP LOCKED)" $((ours / rounds)) $((raw / rounds))

# the second database has done as much
PGDATABASE=$free pgbench -n -M prepared -c 2 -j 2 -t $((ours / claim / 2)) -f "$work/ours.sql" "$free" >/dev/null 2>&1
before=$(left_ours)
hold
until=$(($(date +%s) + hold_seconds))
turns=0
while [ "$(date +%s)" -lt "$until" ] && [ $((before - turns * 400 * claim)) -gt $((800 * claim)) ]; do
    if [ $((turns % 2)) = 0 ]; then order="$db $free"; else order="$free $db"; fi
    for where in $order; do rate_in "$where" >>"$work/$where.rates"; done
    turns=$((turns + 1))
    sleep "$(awk "BEGIN { print $hold_seconds / 40 }")"
done
while [ "$(date +%s)" -lt "$until" ]; do sleep 1; done
for i in 1 2 3; do rate_in $db >>"$work/last.rates"; rate_in "$free" >>"$work/last_free.rates"; done
raw_held=$(done_in raw "$rounds")
dead=$(sql -c "SELECT pg_stat_clear_snapshot()" -c "SELECT coalesce(sum(n_dead_tup), 0) FROM pg_stat_user_tables WHERE relid::regclass::text LIKE 'mailroom.job\_%'" | tail -1)
release
row "queue: snapshot held $hold_seconds s, jobs/s (not held, $turns turns)" "$(median "$work/$db.rates")" "$(median "$work/$free.rates")"
row "queue: at its end, jobs/s (not held)" "$(median "$work/last.rates")" "$(median "$work/last_free.rates")"
row "queue: SKIP LOCKED with a snapshot held (without)" $((raw_held / rounds)) $((raw / rounds))
row "queue: our dead rows after that (jobs done)" "$dead" $((jobs - $(left_ours)))

sql -c "TRUNCATE mailroom.job_queue, mailroom.job_lease, mailroom.job_finish, mailroom.job_cursor"
setting "SET mailroom.jobs_workers = 4"
if cc -O2 -o "$work/latency" "$here/queue_latency.c" -I"$($PG_CONFIG --includedir)" -L"$($PG_CONFIG --libdir)" -lpq 2>"$work/cc.log"; then
    export PGDATABASE=$db
    # leases are flushed in the first minute after the start of a server
    while [ "$(sql -c "SELECT pg_postmaster_start_time() > clock_timestamp() - interval '65 s'")" = t ]; do sleep 1; done
    written=$("$work/latency" written 100 20)
    warm=$("$work/latency" job 100 20)
    row "queue: commit to start, warm worker, us (NOTIFY with a row)" "$warm" "$written"
    setting "SET synchronous_commit = off"
    notify=$("$work/latency" notify 100 20)
    warm=$("$work/latency" job 100 20)
    row "queue: the same without waiting for the disk (bare NOTIFY)" "$warm" "$notify"
    setting "RESET synchronous_commit" "SET mailroom.jobs_linger = 0"
    cold=$("$work/latency" job 40 100)
    row "queue: commit to start, cold, us (NOTIFY with a row)" "$cold" "$written"
else
    echo "queue: latency	missing: no C compiler or libpq headers	-	-"
fi
