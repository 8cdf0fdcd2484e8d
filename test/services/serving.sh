# For scripts of servers: `start` runs a program in the background, and `serve` prints the endpoint once it
# answers. All that was started ends with the script, which ends when its standard input does. A script that
# fails shows the ends of the logs in $logs.

started=()
stop() {
  status=$?
  trap - EXIT
  # Bash would report each as killed.
  { [ ${#started[@]} -eq 0 ] || kill -KILL "${started[@]}"; wait; } 2>/dev/null || true
  case $status in
  0 | 143) ;;
  *) tail -n 15 "$logs"/*.log >&2 || true ;;
  esac
  exit "$status"
}
trap stop EXIT
trap 'exit 143' TERM INT HUP

# start LOG PROGRAM [ARGUMENT]...
start() {
  local log=$1
  shift
  "$@" </dev/null >>"$log" 2>&1 &
  started+=($!)
}

# ready NAME COMMAND...: repeats a command until it succeeds, while all that was started runs, for two minutes.
ready() {
  local name=$1 end=$((SECONDS + 120))
  shift
  until "$@"; do
    for pid in "${started[@]}"; do kill -0 "$pid" || fail "$name has ended"; done
    [ "$SECONDS" -lt "$end" ] || fail "$name does not answer"
    sleep 0.1
  done
}

fail() {
  echo "$1" >&2
  exit 1
}

# serve NAME ENDPOINT PATH: PATH is what is asked for until there is an answer.
serve() {
  ready "$1" curl -sf -m 5 -o /dev/null "$2$3"
  echo "$2"
  cat >/dev/null
  exit 0
}
