#!/bin/sh
# check.sh: installs what it needs, builds with gcc and clang (warnings are errors), and runs all tests:
# structure checks, unit tests of core, regression, isolation and TAP tests.  Re-runnable; leaves nothing
# behind.  The last line is "N passed, N failed".
. "$(dirname "$0")/tools/setup.sh"

setup_packages "make gcc libc6-dev libc6-dbg postgresql-15 postgresql-server-dev-15 libxml2-dev zlib1g-dev
    libubsan1 libasan8 clang-14 libclang-rt-14-dev clang-format-14 afl++ postgresql-15-pgtap libtap-parser-sourcehandler-pgtap-perl libipc-run-perl
    python3 python3-fonttools unzip tidy libxml2-utils chromium qpdf poppler-utils mupdf-tools zbar-tools libqrcodegen-dev libzint-dev libdmtx-dev dmtx-utils glpk-utils coinor-cbc fonts-liberation2
    default-jdk-headless libpdfbox2-java libfontbox2-java libcommons-logging-java libactivation-java libjaxb-api-java"
setup_work
MAILROOM_SHARED=${MAILROOM_SHARED:-$top/../shared}
[ -d "$MAILROOM_SHARED" ] || echo "SKIP: no shared cases at $MAILROOM_SHARED; the repository's own fixtures are used"
# the tests run as another user, who may not be able to look below the checkout's parent
if [ -d "$MAILROOM_SHARED" ] && ! $run test -r "$MAILROOM_SHARED/README.md"; then
    mkdir "$work/shared"
    tar -C "$MAILROOM_SHARED" -cf - . | tar -C "$work/shared" -xf -
    chmod -R a+rX "$work/shared"
    MAILROOM_SHARED=$work/shared
fi
export MAILROOM_SHARED

passed=0
failed=0
step()
{
    name=$1
    shift
    started=$(date +%s)
    if "$@" >"$work/$name.log" 2>&1; then code=0; else code=$?; fi
    # TAP files count each test; regression and isolation tests say "ok"
    ok=$(grep -cE '^(ok [0-9]+|(test )?[a-z0-9_]+ +\.\.\. ok|test [a-z0-9_]+ +\.\.\. ok)' "$work/$name.log" || true)
    bad=$(grep -cE '^(not ok [0-9]+|(test )?[a-z0-9_]+ +\.\.\. FAILED)' "$work/$name.log" || true)
    [ "$ok" -gt 0 ] || [ $code -ne 0 ] || ok=1
    [ "$bad" -gt 0 ] || [ $code -eq 0 ] || bad=1
    grep -E '(^|# )SKIP|skipped:' "$work/$name.log" | sort -u | head -20 || true
    passed=$((passed + ok))
    failed=$((failed + bad))
    printf '%-12s %5d passed %3d failed %5d s\n' "$name" "$ok" "$bad" $(($(date +%s) - started))
    [ $code -eq 0 ] || tail -"${LOG_LINES:-120}" "$work/$name.log"
}

setup_build WERROR=-Werror
make="$run make -s -C $work/tree with_llvm=no"
step layers $make check-layers
step exports $make check-exports
step parts $make check-parts
step format $make check-format CLANG_FORMAT=clang-format-14
step clang "$work/tree/tools/clang_build.sh" "$work"
step unit $make unit PROVE_FLAGS=-v
step fuzz $make fuzz RUNS=5000
# jobs of the tests run when the tests say so; TAP tests start servers with workers of their own
setup_cluster "mailroom.jobs_workers = 0"
step docs sh -c "$run createdb docs && $run psql -Xq -d docs -c 'CREATE EXTENSION mailroom' && PGDATABASE=docs $run $work/tree/tools/make_docs.sh check"
step regression $make installcheck ISOLATION= TAP_TESTS=
[ ! -s "$work/tree/regression.diffs" ] || head -200 "$work/tree/regression.diffs"
step isolation $make installcheck REGRESS= TAP_TESTS=
[ ! -s "$work/tree/output_iso/regression.diffs" ] || head -200 "$work/tree/output_iso/regression.diffs"
step tap $make installcheck REGRESS= ISOLATION= PROVE_FLAGS=-v
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
