#!/bin/sh
# make_code_lists.sh: writes the statements of the extension script that bring the code lists of data/codelist.
set -eu
cd "$(dirname "$0")/../data/codelist"
echo "-- code lists: see data/codelist/README.md for their origin"
tail -n +2 lists.csv | while IFS=, read -r list version from to; do
    printf "SELECT mailroom.store_code_list('%s', '%s', '%s', %s, '{%s}', true);\n" "$list" "$version" "$from" \
        "$([ -z "$to" ] && echo NULL || echo "'$to'")" "$(tail -n +2 "$list.csv" | paste -sd, -)"
done
