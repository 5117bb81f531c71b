#!/bin/sh
# Make the portal's replicas anew, one after the other, while the others serve: for new images, other
# settings or other secrets of the portal.
#
#     sh deploy/replace_replicas.sh
#
# There are as many afterwards as before. A replica that does not serve as the one before it did is
# removed and ends this: the others, unchanged, go on serving. Variables are those of compose (COMPOSE_FILE), and
#
# ENGINE        docker or podman; the first that answers
# COMPOSE       docker compose, or podman-compose with podman
# WITHIN_S      how long a replica may take to serve; 120
set -eu
cd "$(dirname "$0")/.."

fail() {
  echo "replace_replicas.sh: $*" >&2
  exit 1
}

if [ -z "${ENGINE:-}" ]; then
  for ENGINE in docker podman none; do
    if command -v "$ENGINE" > /dev/null && "$ENGINE" info > /dev/null 2>&1; then break; fi
  done
fi
case $ENGINE in
  docker) COMPOSE=${COMPOSE:-docker compose} ;;
  podman) COMPOSE=${COMPOSE:-podman-compose} ;;
  *) fail "no container engine answers; looked for docker and podman" ;;
esac
project=${COMPOSE_PROJECT_NAME:-farol}

replicas() {
  "$ENGINE" ps --quiet --filter "label=com.docker.compose.project=$project" \
    --filter label=com.docker.compose.service=app
}

# answers REPLICA ADDRESS
answers() {
  "$ENGINE" exec "$1" python -IS -c \
    "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/health/$2', timeout=4)" \
    > /dev/null 2>&1
}

remove() {
  "$ENGINE" stop "$1" > /dev/null
  "$ENGINE" rm "$1" > /dev/null
}

# wait_for REPLICA ADDRESS
wait_for() {
  until=$(($(date +%s) + ${WITHIN_S:-120}))
  until answers "$1" "$2"; do
    [ "$(date +%s)" -lt "$until" ] || return 1
    sleep 0.5
  done
}

old=$(replicas)
[ -n "$old" ] || fail "no replica of the project $project runs; start it with: $COMPOSE up -d"
count=$(echo "$old" | wc -l)
again="$COMPOSE up -d --no-recreate --scale app=$count"
[ "$count" -gt 1 ] || echo "There is one replica, so nobody is served until the one in its place is up."
for replica in $old; do
  # Before the first publication none is ready.
  if answers "$replica" ready; then address=ready; else address=live; fi
  remove "$replica"
  left=$(replicas)
  $COMPOSE up --detach --no-deps --no-recreate --scale "app=$count" app > /dev/null 2>&1 || true
  new=$(replicas | grep -vxF -e "${left:-none}") || fail "no replica was made in place of $replica;" \
    "see what this says: $again"
  if ! wait_for "$new" "$address"; then
    # Without the answers to what was asked here.
    "$ENGINE" logs "$new" 2>&1 | grep -v '"event": "api.request"' | tail -n 20 >&2
    remove "$new"
    fail "the replica in place of $replica did not answer /health/$address, and was removed; above are its" \
      "last lines. The other $((count - 1)) were not touched. Once that is mended, or the older image named" \
      "again: $again"
  fi
  echo "$new serves in place of $replica."
done
