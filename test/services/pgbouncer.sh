#!/usr/bin/env bash
# A throw-away PgBouncer for tests, in transaction mode, from Debian's package.
#
#   pgbouncer.sh start FOLDER SOCKETS   stands before the PostgreSQL whose socket is in SOCKETS; prints a URL
#   pgbouncer.sh stop FOLDER            ends it, and deletes FOLDER
set -euo pipefail
what=${1:?start or stop}
folder=${2:?a folder}
export PATH="$PATH:/usr/sbin"

as_server() {
  if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi
}

case $what in
start)
  sockets=${3:?the folder of the socket}
  mkdir -p "$folder"
  if [ "$(id -u)" = 0 ]; then chown postgres "$folder"; fi
  cat >"$folder/pgbouncer.ini" <<CONF
[databases]
tusd = host=$sockets port=5432 dbname=tusd user=tusd
[pgbouncer]
listen_addr =
unix_socket_dir = $folder
listen_port = 6432
pool_mode = transaction
default_pool_size = 3
auth_type = any
logfile = $folder/log
pidfile = $folder/pid
CONF
  as_server pgbouncer -d -q "$folder/pgbouncer.ini"
  for _ in $(seq 100); do
    if [ -S "$folder/.s.PGSQL.6432" ]; then break; fi
    sleep 0.05
  done
  echo "postgres://tusd@/tusd?host=$folder&port=6432"
  ;;
stop)
  kill "$(cat "$folder/pid")" || true
  rm -rf "$folder"
  ;;
esac
