# For scripts of servers: `start` runs a program in the background, and `serve` prints the endpoint once it
# answers. All that was started ends with the script, which ends when its standard input does.

started=()
stop() {
  trap - EXIT
  # Bash would report each as killed.
  { [ ${#started[@]} -eq 0 ] || kill -KILL "${started[@]}"; wait; } 2>/dev/null || true
}
trap stop EXIT
trap 'exit 1' TERM INT HUP

# start LOG PROGRAM [ARGUMENT]...
start() {
  local log=$1
  shift
  "$@" </dev/null >>"$log" 2>&1 &
  started+=($!)
}

# serve NAME ENDPOINT PATH LOGS: PATH is what is asked for until there is an answer.
serve() {
  for _ in $(seq 300); do
    if curl -sf -o /dev/null "$2$3"; then
      echo "$2"
      cat >/dev/null
      exit 0
    fi
    sleep 0.1
  done
  echo "$1 does not answer; see $4" >&2
  exit 1
}
