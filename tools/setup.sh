# setup.sh, sourced by demo.sh and check.sh: installs what is missing from Debian's packages, builds in a copy
# of the tree, and starts a throw-away cluster as an unprivileged user.  Leaves existing clusters alone.
#
# Sets: top (the checkout), work (a directory of its own), run (prefix that drops root), PGHOST, PGUSER.
# Asks: setup_packages "names", setup_build [make variables], setup_cluster [postgresql.conf line ...].

set -eu
umask 022
export LC_ALL=C
# nothing of the caller's own server
unset PGDATA PGHOST PGHOSTADDR PGPORT PGUSER PGDATABASE PGPASSWORD PGSERVICE PGOPTIONS PGCLIENTENCODING PGTZ PGDATESTYLE
export PG_CONFIG=/usr/lib/postgresql/15/bin/pg_config
top=$(cd "$(dirname "$0")" && pwd)
run=

setup_missing()
{
    for package in $1; do
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || printf '%s ' "$package"
    done
}

setup_as_root()
{
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        echo "missing packages and neither root nor sudo: $*" >&2
        exit 1
    fi
}

setup_apt_get()
{
    setup_as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 \
        -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@" >"$setup_log" 2>&1
}

# A mirror may be away for a moment, or have new packages since its list was read.
setup_apt()
{
    for pause in 5 15 45 0; do
        if setup_apt_get update && setup_apt_get install -y --no-install-recommends "$@"; then return 0; fi
        tail -20 "$setup_log" >&2
        [ $pause -gt 0 ] || exit 1
        echo "could not install, trying again in $pause seconds" >&2
        sleep $pause
    done
}

# Installs only what is not there: an installed server is not upgraded under a running cluster.
setup_packages()
{
    missing=$(setup_missing "$1")
    [ -n "$missing" ] || return 0
    echo "installing from Debian's packages: $missing"
    setup_log=$(mktemp)
    conf=/etc/postgresql-common/createcluster.conf
    case " $missing" in
    *" postgresql-15 "*)
        # the first install of the server makes no default cluster; the file is put back afterwards
        [ -e "$conf" ] || setup_apt postgresql-common
        setup_as_root cp -p "$conf" "$conf.mailroom"
        setup_as_root sed -i "s/^#\{0,1\} *create_main_cluster *=.*/create_main_cluster = false/" "$conf"
        ;;
    esac
    # shellcheck disable=SC2086
    setup_apt $missing
    [ ! -e "$conf.mailroom" ] || setup_as_root mv "$conf.mailroom" "$conf"
    rm -f "$setup_log"
}

# The working directory: below TMPDIR, owned by the user who will run the server.
setup_work()
{
    work=$(mktemp -d "${TMPDIR:-/tmp}/mailroom.XXXXXX")
    if [ "$(id -u)" = 0 ]; then
        # the caller's TMPDIR may be closed to another user
        run="setpriv --reuid=postgres --regid=postgres --init-groups env HOME=$work TMPDIR=$work/tmp"
        mkdir "$work/tmp"
        chown postgres:postgres "$work" "$work/tmp"
    fi
    chmod 755 "$work"
    trap 'setup_finish' EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

setup_finish()
{
    code=$?
    trap - EXIT
    [ ! -d "$work/db" ] || $run "$work/tree/tools/cluster.sh" stop "$work/db" >/dev/null 2>&1 || true
    [ -n "${keep_work:-}" ] || rm -rf "$work"
    exit $code
}

# Copies the tree and builds it there as the unprivileged user, so that the checkout stays as it is.
setup_build()
{
    mkdir "$work/tree" "$work/db"
    (cd "$top" && tar -cf - --exclude=./.git --exclude='*.o' --exclude='*.so' --exclude='*.bc' \
        --exclude=./results --exclude=./output_iso --exclude=./tmp_check --exclude=./tmp_check_iso --exclude=./log --exclude='./regression.*' \
        --exclude=./test/unit/bin --exclude=./test/fuzz/bin .) | tar -C "$work/tree" -xf -
    [ -z "$run" ] || chown -R postgres:postgres "$work/tree" "$work/db"
    jobs=$(nproc 2>/dev/null || echo 2)
    $run make -s -C "$work/tree" -j"$jobs" with_llvm=no "$@"
    $run make -s -C "$work/tree" with_llvm=no "$@" install DESTDIR="$work/db/install" >/dev/null
}

setup_cluster()
{
    $run "$work/tree/tools/cluster.sh" start "$work/db" "$@"
    PGHOST=$work/db
    PGUSER=postgres
    MAILROOM_INSTALL=$work/db/install
    export PGHOST PGUSER MAILROOM_INSTALL
}
