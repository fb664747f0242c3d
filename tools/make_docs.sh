#!/bin/sh
# make_docs.sh [check]: writes docs/reference.md, docs/settings.md and docs/errors.md from the comments of a
# running server's extension (PGHOST and so on) and from src/base/errors.h, and docs/invoice_fields.md (make_fields.sh);
# with check, compares only.
set -eu
cd "$(dirname "$0")/.."
out=docs
[ "${1:-}" != check ] || out=$(mktemp -d)
sql() { psql -XqAt -v ON_ERROR_STOP=1 "$@"; }

{
    echo "# Reference"
    echo
    echo "Made by \`make docs\` from the comments of the database objects: change them there."
    echo
    echo "## Functions and procedures"
    echo
    sql -c "SELECT format(E'### %s\n\n\`%s(%s)%s\` · %s%s%s\n\n%s\n', p.proname, p.proname, pg_get_function_arguments(p.oid),
            CASE p.prokind WHEN 'p' THEN ' (procedure)' ELSE ' → ' || replace(pg_get_function_result(p.oid), 'mailroom.', '') END,
            CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END,
            CASE p.proparallel WHEN 's' THEN ', parallel safe' WHEN 'r' THEN ', parallel restricted' ELSE '' END,
            CASE WHEN p.prosecdef THEN ', security definer' ELSE '' END,
            obj_description(p.oid, 'pg_proc'))
        FROM pg_proc p
        WHERE p.pronamespace = 'mailroom'::regnamespace AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
        ORDER BY p.proname COLLATE \"C\", p.oid::regprocedure::text COLLATE \"C\""
    echo "## Views"
    echo
    sql -c "SELECT format(E'### %s\n\n%s\n\n%s\n', replace(c.oid::regclass::text, 'mailroom.', ''), obj_description(c.oid, 'pg_class'),
            (SELECT string_agg(format('\`%s\` %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum)
                FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0))
        FROM pg_class c WHERE c.relnamespace IN ('mailroom'::regnamespace, 'mailroom_report'::regnamespace) AND c.relkind = 'v'
        ORDER BY c.relnamespace::regnamespace::text COLLATE \"C\", c.relname COLLATE \"C\""
    echo "## Tables"
    echo
    sql -c "SELECT format(E'### %s\n\n%s\n\n%s\n', c.relname, obj_description(c.oid, 'pg_class'),
            (SELECT string_agg(format('- \`%s\` %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN ', not null' ELSE '' END,
                coalesce(': ' || col_description(c.oid, a.attnum), '')), E'\n' ORDER BY a.attnum)
                FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped))
        FROM pg_class c WHERE c.relnamespace = 'mailroom'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        ORDER BY c.relname COLLATE \"C\""
} >"$out/reference.md"
{
    echo "# Settings"
    echo
    echo "Made by \`make docs\` from the settings of the library."
    echo
    echo "| setting | default | unit | who may set it | what it does |"
    echo "|---|---|---|---|---|"
    sql -c "SELECT format('| \`%s\` | %s | %s | %s | %s %s |', s.name, coalesce(nullif(s.boot_val, ''), 'empty'), coalesce(s.unit, ''),
            CASE s.context WHEN 'user' THEN 'anyone' WHEN 'superuser' THEN 'superuser' WHEN 'sighup' THEN 'configuration file, reload' WHEN 'postmaster' THEN 'configuration file, restart' ELSE s.context END,
            s.short_desc, coalesce(s.extra_desc, ''))
        FROM (SELECT 1 FROM (SELECT mailroom.library_version()) v) loaded, pg_settings s
        WHERE s.name LIKE 'mailroom.%' ORDER BY s.name COLLATE \"C\""
} >"$out/settings.md"
{
    echo "# Errors"
    echo
    echo "SQLSTATE class MR is mailroom's own. Made by \`make docs\` from \`src/base/errors.h\`."
    echo
    echo "| code | name | meaning |"
    echo "|---|---|---|"
    sed -n "s|^#define ERRCODE_MAILROOM_\([A-Z_]*\) MAILROOM_ERRCODE('\(.\)', '\(.\)', '\(.\)')[[:space:]]*/\* \(.*\) \*/|\| \`MR\2\3\4\` \| \L\1\E \| \5 \||p" src/base/errors.h
} >"$out/errors.md"
if [ "${1:-}" = check ]; then
    code=0
    for page in reference settings errors; do
        diff -u "docs/$page.md" "$out/$page.md" | head -40
        cmp -s "docs/$page.md" "$out/$page.md" || { echo "docs/$page.md is stale: run make docs"; code=1; }
    done
    rm -rf "$out"
    tools/make_fields.sh check || code=1
    exit $code
fi
tools/make_fields.sh
