#!/bin/sh
# cluster.sh start DIR [postgresql.conf line ...] | stop DIR | env DIR
#
# A throw-away PostgreSQL 15 cluster below DIR with a private install of the library: reached by a Unix
# socket in DIR only (no TCP port, so nothing can clash), UTF8 whatever the locale, never registered
# with the system's cluster manager.  Must not run as root; demo.sh and check.sh see to that.
# DIR/install holds the library and scripts (make install DESTDIR=DIR/install).
set -eu

command=$1
dir=$2
shift 2
PG_CONFIG=${PG_CONFIG:-/usr/lib/postgresql/15/bin/pg_config}
bin=$($PG_CONFIG --bindir)
lib=$($PG_CONFIG --pkglibdir)

case $command in
start)
    mkdir -p "$dir"
    "$bin/initdb" -D "$dir/data" --username=postgres --auth=trust --locale=C --encoding=UTF8 --no-sync \
        >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log"; exit 1; }
    {
        echo "listen_addresses = ''"
        echo "unix_socket_directories = '$dir'"
        echo "extension_destdir = '$dir/install'"
        echo "dynamic_library_path = '$dir/install$lib:\$libdir'"
        echo "shared_preload_libraries = '$dir/install$lib/mailroom'"
        echo "max_worker_processes = 16"
        echo "fsync = off"
        for line in "$@"; do echo "$line"; done
    } >>"$dir/data/postgresql.conf"
    "$bin/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w -s start || { tail -20 "$dir/server.log"; exit 1; }
    ;;
stop)
    if [ -f "$dir/data/postmaster.pid" ]; then
        "$bin/pg_ctl" -D "$dir/data" -m immediate -w -s stop
    fi
    ;;
env)
    echo "PGHOST=$dir PGUSER=postgres PGDATABASE=postgres"
    ;;
*)
    echo "usage: cluster.sh start|stop|env DIR" >&2
    exit 2
    ;;
esac
