#!/bin/sh
# check_layers.sh: includes go down only.  core: core; base: core, base; jobs: core, base, jobs/;
# a room: core, base, jobs/jobs.h and itself.  core includes no server header.
cd "$(dirname "$0")/.." || exit 2
bad=0
for file in src/*/*.[ch]; do
    floor=$(basename "$(dirname "$file")")
    for include in $(sed -n 's/^#include "\([^"]*\)".*/\1/p' "$file"); do
        [ -e "src/$include" ] || { if [ "$floor" = core ]; then echo "$file: core includes \"$include\""; bad=1; fi; continue; }
        target=${include%%/*}
        case $floor:$target in
        "$floor:$floor" | *:core | core:*) [ "$floor" != core ] || [ "$target" = core ] || { echo "$file: $include"; bad=1; } ;;
        base:*.h | jobs:base | jobs:*.h) ;;
        core:*) echo "$file: $include"; bad=1 ;;
        base:*) echo "$file: $include"; bad=1 ;;
        *:base | *:compat.h | *:export.h) ;;
        *:jobs) [ "$include" = jobs/jobs.h ] || { echo "$file: $include"; bad=1; } ;;
        *) echo "$file: $include"; bad=1 ;;
        esac
    done
done
names=$(ls src/*.[ch] src/*/*.[ch] | sed 's|.*/||' | sort | uniq -d)
[ -z "$names" ] || { echo "file names are not unique: $names"; bad=1; }
[ "$bad" = 0 ] && echo "layers: ok"
exit $bad
