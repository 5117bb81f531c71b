#!/bin/sh
# Has a portal bring in the store's latest publication, and waits until it is served.
#   FAROL_URL=https://farol.example FAROL_KEY=farol_... sh refresh.sh
# The key has the scope refresh. Exit code 0: it is served; 1: it is not, with the reason.
set -eu
cookies=$(mktemp)
trap 'rm -f "$cookies"' EXIT
# `docker compose exec` on a terminal ends lines with a carriage return, and so may the key's file.
FAROL_KEY=$(printf '%s' "$FAROL_KEY" | tr -d '[:space:]')

# The key goes in by standard input, where no list of processes shows it. The cookie of a proxy is
# kept, so that the replica is asked which began the refresh; others know of it a little later.
ask() {
  printf 'header = "X-API-Key: %s"\n' "$FAROL_KEY" |
    curl --config - --silent --show-error --fail-with-body --max-time 60 \
      --cookie "$cookies" --cookie-jar "$cookies" "$@"
}
member() {
  printf '%s' "$1" | sed -n "s/.*\"$2\": *\"\([^\"]*\)\".*/\1/p"
}

answer=$(ask --header 'Content-Type: application/json' \
  --data '{"source": "ml_results", "force": false}' "$FAROL_URL/api/v1/data/refresh") ||
  { echo "$answer" >&2; exit 1; }
job=$(member "$answer" job_id)
while [ "$(member "$answer" status)" = running ]; do
  sleep 2
  answer=$(ask "$FAROL_URL/api/v1/data/refresh/$job") || { echo "$answer" >&2; exit 1; }
done
[ "$(member "$answer" status)" = succeeded ] || { echo "$answer" >&2; exit 1; }
echo "$(member "$answer" publication_id): $(member "$answer" outcome)"
