#!/bin/sh
# score.sh [-v] [-r] [SUITE ...]: judges the corpus of e-invoices (MAILROOM_SHARED, default the folder shared beside the
# repository) on a throw-away cluster and prints passed / total for each suite, or for those whose name contains one
# of the words given.  -v lists each difference, -r sums them up by rule.
#
# passed: official rule tests; verdict: any fatal finding or none; fatal set: the same fatal rules; counts: each as
# often; aborts: documents on which the official stylesheet stops, answered with a finding; advisory: the same
# warnings of the advisory layer (UBL-CR, UBL-DT, CII-SR, CII-DT), each as often.
. "$(dirname "$0")/tools/setup.sh"

options=
while case ${1:-} in -*) true ;; *) false ;; esac; do options="$options $1"; shift; done
MAILROOM_SHARED=${MAILROOM_SHARED:-$top/../shared}
[ -d "$MAILROOM_SHARED/corpus" ] || { echo "no corpus: set MAILROOM_SHARED to the folder that contains corpus/" >&2; exit 2; }
setup_packages "make gcc libc6-dev postgresql-15 postgresql-server-dev-15 libxml2-dev zlib1g-dev perl"
setup_work
setup_build
setup_cluster "shared_buffers = 256MB" "mailroom.jobs_workers = 0" "max_parallel_workers_per_gather = 0"
mkdir "$work/corpus"
[ -z "$run" ] || chown postgres:postgres "$work/corpus"
export PGDATABASE=postgres
psql -Xq -c 'CREATE EXTENSION mailroom'
# shellcheck disable=SC2086
$run perl "$work/tree/test/lib/score.pl" $options "$MAILROOM_SHARED/corpus" "$work/corpus" "$@"
