#!/usr/bin/env bash
# A throw-away PostgreSQL for tests, from Debian's package.
#
#   postgres.sh start FOLDER [PORT]   makes a server in FOLDER, and prints the URL of its database
#   postgres.sh stop FOLDER           ends it at once, and deletes FOLDER
#   postgres.sh restart FOLDER        as an administrator does: clients are cut
#   postgres.sh tls FOLDER CERT KEY   takes encrypted connections only, on 127.0.0.1
#
# $TUSD_TS_POSTGRES_TEMPLATE: where the files of a new server are kept for the next one. To make them takes
# longer than all else.
#
# It also ends soon after the program that started it, so a test that was killed leaves nothing behind.
#
# It listens on a socket in FOLDER, and on 127.0.0.1:PORT if a port is given. As root it runs as the user
# "postgres", because PostgreSQL refuses root.
set -euo pipefail
what=${1:?start, stop, tls or restart}
folder=${2:?a folder}
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)

as_server() {
  if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi
}
control() { as_server "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -w -s "$@"; }

case $what in
start)
  port=${3:-}
  mkdir -p "$folder"
  if [ "$(id -u)" = 0 ]; then chown postgres "$folder"; fi
  template=${TUSD_TS_POSTGRES_TEMPLATE:-}
  if [ -d "$template" ]; then
    cp -a "$template" "$folder/data"
  else
    as_server "$bin/initdb" -D "$folder/data" -U tusd --auth=trust --encoding=UTF8 --locale=C --no-sync \
      >"$folder/initdb.log"
    if [ -n "$template" ]; then
      cp -a "$folder/data" "$template.$$"
      # Another may have been quicker.
      mv -T "$template.$$" "$template" 2>/dev/null || rm -rf "$template.$$"
    fi
  fi
  cat >>"$folder/data/postgresql.conf" <<CONF
unix_socket_directories = '$folder'
listen_addresses = '${port:+127.0.0.1}'
port = ${port:-5432}
# Nothing here has to survive a power cut; what survives a crash of the server does without.
fsync = ${PGFSYNC:-off}
max_connections = 100
shared_buffers = 64MB
CONF
  control start
  setsid "$0" guard "$folder" "$PPID" </dev/null >/dev/null 2>&1 &
  as_server "$bin/createdb" -h "$folder" -p "${port:-5432}" -U tusd tusd
  if [ -n "$port" ]; then
    echo "postgres://tusd@127.0.0.1:$port/tusd"
  else
    echo "postgres://tusd@/tusd?host=$folder"
  fi
  ;;
tls)
  install -m 0600 "${3:?a certificate}" "$folder/data/server.crt"
  install -m 0600 "${4:?a key}" "$folder/data/server.key"
  if [ "$(id -u)" = 0 ]; then chown postgres "$folder/data/server.crt" "$folder/data/server.key"; fi
  echo 'ssl = on' >>"$folder/data/postgresql.conf"
  sed -i 's/^host /hostssl /' "$folder/data/pg_hba.conf"
  control -m fast restart
  ;;
restart)
  control -m fast restart
  ;;
guard)
  while kill -0 "${3:?a process}" 2>/dev/null && [ -d "$folder" ]; do sleep 1; done
  if [ -d "$folder" ]; then "$0" stop "$folder"; fi
  ;;
stop)
  control -m immediate stop || true
  rm -rf "$folder"
  ;;
esac
