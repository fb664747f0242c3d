#!/bin/sh
# check_parts.sh "LISTED PARTS": every SQL part is listed, every test has its expected file, versions agree.
cd "$(dirname "$0")/.." || exit 2
bad=0
for part in sql/[0-9]*.sql; do
    case " $1 sql/00_header.sql " in
    *" $part "*) ;;
    *) echo "$part is not listed in the Makefile"; bad=1 ;;
    esac
done
for test in test/sql/*.sql; do
    name=$(basename "$test" .sql)
    [ -e "test/expected/$name.out" ] || { echo "$test has no expected file"; bad=1; }
done
for test in test/specs/*.spec; do
    name=$(basename "$test" .spec)
    [ ! -e "$test" ] || [ -e "test/expected/$name.out" ] || { echo "$test has no expected file"; bad=1; }
done
version=$(sed -n "s/^default_version = '\(.*\)'/\1/p" mailroom.control)
grep -q "\"version\": \"$version.0\"" META.json || { echo "META.json is not of version $version.0"; bad=1; }
if grep -nE '^(CREATE (TABLE|INDEX|UNIQUE INDEX|SEQUENCE|TYPE) |ALTER TABLE)' sql/*.code.sql; then
    echo "a code part must be repeatable"; bad=1
fi
if grep -nE '^CREATE (FUNCTION|VIEW|PROCEDURE|AGGREGATE)' sql/*.code.sql; then
    echo "a code part says CREATE OR REPLACE"; bad=1
fi
[ "$bad" = 0 ] && echo "parts: ok"
exit $bad
