# Keeps one private PostgreSQL cluster for the tests of a machine: makes it, starts it, and stops and removes it when no
# test has used it for a while. Usage: sh cluster.sh FOLDER PORT BIN
#
# Each test holds a shared lock on FOLDER/use while it runs, and lets go of it however it ends. Who starts this script
# holds the lock too, and waits for FOLDER/port. The server dies with this script.
set -u
folder=$1 port=$2 bin=$3
idle_s=${TIDEMILL_TESTDB_IDLE_S:-10}

# One keeper at a time: when there is one already, it will answer.
exec 8>"$folder/keeper"
flock -n 8 || exit 0

as=
pg=$folder/cluster
rm -rf "$pg" "$folder/port"
if [ "$(id -u)" = 0 ]; then
    as="setpriv --reuid=postgres --regid=postgres --init-groups --pdeathsig QUIT"
    install -d -o postgres -m 700 "$pg"
else
    if command -v setpriv >/dev/null 2>&1; then as="setpriv --pdeathsig QUIT"; fi
    mkdir -m 700 "$pg"
fi
cd "$pg" || exit 1
$as "$bin/initdb" -D "$pg/data" -U tidemill -A trust -E UTF8 --locale=C.UTF-8 -N || exit 1
$as "$bin/postgres" -D "$pg/data" -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
    -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=300 -c shared_buffers=64MB \
    -c autovacuum=off -c jit=off 8>&- &
server=$!
trap 'kill -QUIT "$server" 2>/dev/null; wait "$server"; rm -rf "$pg" "$folder/port"; exit 0' TERM INT HUP
until "$bin/pg_isready" -q -h 127.0.0.1 -p "$port" -d postgres -U tidemill; do
    kill -0 "$server" 2>/dev/null || exit 1
    sleep 0.05
done
printf %s "$port" >"$folder/port.new"
mv "$folder/port.new" "$folder/port"

idle=0
exec 9<>"$folder/use"
while kill -0 "$server" 2>/dev/null; do
    sleep 1
    if flock -n -x 9; then
        idle=$((idle + 1))
        # With the lock held nobody can begin to use what is about to go.
        [ "$idle" -lt "$idle_s" ] || break
        flock -u 9
    else
        idle=0
    fi
done
rm -f "$folder/port"
kill -QUIT "$server" 2>/dev/null
wait "$server"
rm -rf "$pg"
