#!/bin/sh
# check_exports.sh LIBRARY: only mailroom_*, pg_finfo_mailroom_*, the magic block and _PG_init leave the library.
foreign=$(nm -D --defined-only "$1" | awk '{print $3}' | grep -Ev '^(mailroom_|pg_finfo_mailroom_|Pg_magic_func$|_PG_init$)')
[ -z "$foreign" ] || { echo "exported by accident: $foreign"; exit 1; }
echo "exports: ok"
