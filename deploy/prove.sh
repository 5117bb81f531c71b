#!/usr/bin/env bash
# Prove the images, or without a container engine the environment that the portal's would have.
#
#     deploy/prove.sh [app] [ml]      make proof; the portal's image unless named
#
# ENGINE        docker or podman; the first that is found, "none" for none
# IMAGE         the image; that of this version unless named, built if it is not there
# STORE         a folder with a publication, whose rows are looked at
# OUT           where the reports go; build/proof, the job's to ml in it
# SIGNING_KEY   a PEM file: the reports are signed with it (docs/signatures.md)
#
# An image is run without a network, rights and a root to write to, as the compose files do.
set -euo pipefail
cd "$(dirname "$0")/.."

OUT=${OUT:-build/proof}
STORE=${STORE:-exports/ml_results}
VERSION=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)
readonly KEY_WANTED="the PEM file of an Ed25519 private key in PKCS 8 without a password (BEGIN PRIVATE KEY)"
readonly TOOLS=$PWD/.venv-sbom/lib/python3.11/site-packages

fail() {
  echo "$*" >&2
  exit 1
}

engine_found() {
  local name
  for name in docker podman; do
    if command -v "$name" > /dev/null && "$name" info > /dev/null 2>&1; then
      echo "$name"
      return
    fi
  done
  echo none
}

# What can be said of the key before anything takes minutes; the rest is said by its first reader.
require_key() {
  local mode
  test -f "$SIGNING_KEY" || fail "The key file $SIGNING_KEY is not there; it must be $KEY_WANTED"
  test -r "$SIGNING_KEY" || fail "The key file $SIGNING_KEY can't be read by you; it must be yours"
  mode=$(stat -L -c %a "$SIGNING_KEY")
  [[ $mode == *0 ]] \
    || fail "The key file $SIGNING_KEY is open to everybody on this machine (mode $mode); it must be 0600"
  # The number of the kind, 1.3.101.112, stands where the key begins.
  if ! grep -q -e '^-----BEGIN PRIVATE KEY-----' "$SIGNING_KEY" \
    || ! grep -q '^M.\{5\}[AE]wBQYDK2Vw' "$SIGNING_KEY"; then
    fail "The key file $SIGNING_KEY holds something else; it must be $KEY_WANTED"
  fi
}

# Whose rights the key is read with: its owner's, who is root in a container of an engine that
# is not root itself.
key_owner() {
  if test "$ENGINE" = podman && test "$(id -u)" != 0 \
    || "$ENGINE" info --format '{{.SecurityOptions}}' 2> /dev/null | grep -q rootless; then
    echo 0:0
  else
    stat -L -c %u:%g "$SIGNING_KEY"
  fi
}

# All that may be Compose's, and the variables that it reads; the proof itself says which are.
compose_candidates() {
  find . -type d \( -name '.?*' -o -name build -o -name node_modules \) -prune \
    -o -type f \( -name '*.yml' -o -name '*.yaml' -o -name .env \) -print0
}

# readable_copies OUT: the image's user is none of this machine, so it gets copies that everybody
# may read, in a folder that nobody else here may enter.
readable_copies() {
  work=$1/.work/shared
  rm -rf "$1/.work"
  mkdir -m 0700 "$1/.work"
  mkdir -p "$work/tree" "$work/out" "$work/store"
  compose_candidates | xargs -0 cp --parents --target-directory "$work/tree"
  cp --parents Dockerfile ml_jobs/Dockerfile requirements.txt ml_jobs/requirements.txt \
    schema_registry.json "$work/tree"
  cp -R datalayer "$work/tree"
  cp deploy/describe_image.py "$work"
  if test -e "$STORE/metadata.json"; then cp -R "$STORE/." "$work/store"; fi
  chmod -R u=rwX,go=rX "$work"
  chmod 0777 "$work/out"
}

in_image() {
  "$ENGINE" run --rm --no-healthcheck --network=none --read-only --tmpfs /tmp --cap-drop=ALL \
    --security-opt=no-new-privileges --memory=2g --pids-limit=512 --entrypoint python \
    --volume "$work/out:/out" --volume "$work:/proof:ro" "$@"
}

# with_key IMAGE OUT ARGUMENTS...: run the proof where it can read the key
with_key() {
  local image=$1 out=$2
  shift 2
  in_image --user "$(key_owner)" --volume "$(realpath "$SIGNING_KEY"):/key.pem:ro" \
    "${module[@]}" "$image" -m datalayer.compliance "${options[@]}" --sign /key.pem "$@" \
    2> >(sed "s|/key.pem|$SIGNING_KEY|g; s|/out/|$out/|g" >&2)
}

# prove_image app|ml OUT
prove_image() {
  local out=$2 name=farol-app lock=requirements.txt image size digest failed=0 work
  local -a module=() options
  if test "$1" = ml; then
    # The job's image has no part of the proof: that is the tree's.
    name=farol-ml-jobs lock=/proof/tree/ml_jobs/requirements.txt
    module=(--env PYTHONPATH=/proof/tree)
  fi
  options=(--image-name "$name" --lock "$lock" --tree /proof/tree)
  image=${IMAGE:-$name:$VERSION}
  if ! "$ENGINE" image inspect "$image" > /dev/null 2>&1; then
    ENGINE=$ENGINE deploy/build_images.sh "$1" >&2
  fi
  read -r size digest < <("$ENGINE" image inspect --format '{{.Size}} {{.Id}}' "$image")
  mkdir -p "$out"
  readable_copies "$out"
  if test -n "${SIGNING_KEY:-}"; then
    with_key "$image" "$out" --only lock-is-hashed > /dev/null
  fi
  in_image --volume "$TOOLS:/tools:ro" "$image" /proof/describe_image.py /tools /out
  in_image --env FAROL_STORE=/proof/store "${module[@]}" "$image" -m datalayer.compliance \
    "${options[@]}" --sbom /out/sbom.cdx.json --out /out \
    --image-size "$size" --image-digest "sha256:${digest#sha256:}" \
    2> >(sed "s|/out/|$out/|g" >&2) || failed=$?
  cp "$work/out/"* "$out"
  if test -n "${SIGNING_KEY:-}"; then
    with_key "$image" "$out" --report "/out/$(newest "$work/out")"
    cp "$work/out/"*.attestation.json "$out"
  fi
  rm -rf "$out/.work"
  return "$failed"
}

prove_environment() {
  local failed=0
  echo "No container engine answers: the environment is proved, and no image is measured." >&2
  make --silent .venv-proof/.ready >&2
  .venv-proof/bin/python deploy/describe_image.py "$TOOLS" "$OUT"
  FAROL_STORE=$STORE FAROL_STATE=$OUT/state .venv-proof/bin/python -m datalayer.compliance \
    --sbom "$OUT/sbom.cdx.json" --out "$OUT" ${SIGNING_KEY:+--sign "$SIGNING_KEY"} || failed=$?
  rm -rf "$OUT/state"
  return "$failed"
}

newest() {
  find "$1" -name 'proof-*Z.json' -printf '%f\n' | sort | tail -n 1
}

# Each in a process of its own: one that fails ends there, and the other is proved all the same.
if test $# -gt 1; then
  failed=0
  for image in "$@"; do deploy/prove.sh "$image" || failed=1; done
  exit "$failed"
fi
readonly PROVED=${1:-app}
[[ $PROVED =~ ^(app|ml)$ ]] || fail "There is no image $PROVED; there are app and ml"
if test -n "${SIGNING_KEY:-}"; then require_key; fi
ENGINE=${ENGINE:-$(engine_found)}
if test "$ENGINE$PROVED" = noneml; then
  fail "No container engine answers: looked for docker and podman; the job's image is proved in one"
fi
mkdir -p "$OUT"
OUT=$(realpath "$OUT")
if test "$PROVED" = ml; then
  prove_image ml "$OUT/ml"
  exit
fi
test -e "$STORE/metadata.json" \
  || echo "Nothing is published in $STORE, so no rows are looked at; make publish makes some." >&2
if test "$ENGINE" = none; then prove_environment; else prove_image app "$OUT"; fi
