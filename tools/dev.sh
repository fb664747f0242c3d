#!/bin/sh
# dev.sh [make-target ...]: builds this tree, installs it privately and runs the targets (default:
# installcheck) against a throw-away cluster.  As root it drops to the user postgres.
# ACCEPT=1 copies the results of regression and isolation tests to test/expected: read them before you commit.
# No workers: tests call mailroom.run_jobs() themselves.  EXTRA_CONF may hold one more postgresql.conf line; KEEP=1 leaves the cluster running and says where.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
PG_CONFIG=${PG_CONFIG:-/usr/lib/postgresql/15/bin/pg_config}
export PG_CONFIG
# cases of their own that tests read when they are there
MAILROOM_SHARED=${MAILROOM_SHARED:-$top/../shared}
export MAILROOM_SHARED
work=$(mktemp -d "${TMPDIR:-/tmp}/mailroom-dev.XXXXXX")
run=
if [ "$(id -u)" = 0 ]; then
    run="setpriv --reuid=postgres --regid=postgres --init-groups env HOME=$work"
    chmod 755 "$work"
fi
mkdir "$work/tree" "$work/db"
make -s -j2 with_llvm=no WERROR=-Werror
make -s with_llvm=no install DESTDIR="$work/db/install" >/dev/null
tar -cf - --exclude=.git . | tar -C "$work/tree" -xf -
[ -z "$run" ] || chown -R postgres:postgres "$work"
finish()
{
    [ -n "${KEEP:-}" ] || { $run tools/cluster.sh stop "$work/db" || true; rm -rf "$work"; }
}
trap finish EXIT
$run tools/cluster.sh start "$work/db" "mailroom.jobs_workers = 0" ${EXTRA_CONF:+"$EXTRA_CONF"}
export PGHOST="$work/db" PGUSER=postgres MAILROOM_INSTALL="$work/db/install"
[ -z "${KEEP:-}" ] || echo "PGHOST=$work/db PGUSER=postgres (tree $work/tree)"
code=0
if [ $# = 0 ]; then set -- installcheck; fi
$run make -s -C "$work/tree" with_llvm=no "$@" || code=$?
if [ -n "${ACCEPT:-}" ]; then
    cp "$work"/tree/results/*.out test/expected/ 2>/dev/null || true
    cp "$work"/tree/output_iso/results/*.out test/expected/ 2>/dev/null || true
fi
[ "$code" = 0 ] || { [ ! -f "$work/tree/regression.diffs" ] || head -${DIFF_LINES:-150} "$work/tree/regression.diffs"; cat "$work"/tree/output_iso/regression.diffs 2>/dev/null | head -100; tail -20 "$work/db/server.log"; }
exit $code
