#!/usr/bin/env bash
# Build the images with the engine that is there, and say how big they are.
#
#     deploy/build_images.sh [app] [ml]       both unless named
#
# ENGINE        docker, podman or buildah; the first that is found
# BASE_IMAGE    what the images stand on; see the Dockerfile
# PIP_CONFIG    a pip.conf for the build, such as one that names a mirror
# CA_BUNDLE     certificate authorities for pip, PEM
# APT_CONFIG    an apt.conf for the build of the job's image
# TAG           of the images; the version of pyproject.toml unless set
# NO_CACHE=1    use no layer of an earlier build
set -euo pipefail
cd "$(dirname "$0")/.."

# pip's own variables say where it finds those files on this machine.
PIP_CONFIG=${PIP_CONFIG:-${PIP_CONFIG_FILE:-}}
CA_BUNDLE=${CA_BUNDLE:-${PIP_CERT:-}}
readonly LARGEST_APP_MB=600

# shellcheck source=deploy/engine.sh
source deploy/engine.sh
VERSION=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)
TAG=${TAG:-$VERSION}
# Without git, such as in an unpacked archive, both are constants that the caller can give.
REVISION=${REVISION:-$(revision)}
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2> /dev/null || echo 0)}
CREATED=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# build TAG DOCKERFILE LOCK: an image gets its name once it is whole and small enough
build() {
  local tag=$1 dockerfile=$2 lock=$3 built
  test -s "$lock" || fail "$lock is missing, and an image is built from its lock alone: make lock"
  local -a options=(
    --file "$dockerfile"
    --build-arg "CREATED=$CREATED" --build-arg "REVISION=$REVISION" --build-arg "VERSION=$VERSION"
  )
  if test -n "${BASE_IMAGE:-}"; then options+=(--build-arg "BASE_IMAGE=$BASE_IMAGE"); fi
  if test -n "${NO_CACHE:-}"; then options+=(--no-cache); fi
  secret pip_config "$PIP_CONFIG"
  secret ca_bundle "$CA_BUNDLE"
  secret apt_config "${APT_CONFIG:-}"
  if test "$ENGINE" = docker; then
    docker buildx build "${options[@]}" --provenance=false --tag "$tag-unchecked" \
      --build-arg "SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH" \
      --output type=docker,rewrite-timestamp=true .
    name "$tag-unchecked" "$tag"
    docker image rm "$tag-unchecked" > /dev/null
  else
    # The format of Docker, since OCI's has no place for HEALTHCHECK.
    local ignored=.dockerignore
    if test -e "$dockerfile.dockerignore"; then ignored=$dockerfile.dockerignore; fi
    "$ENGINE" build "${options[@]}" --format docker --layers --iidfile "$scratch/built" \
      --timestamp "$SOURCE_DATE_EPOCH" --ignorefile "$ignored" .
    built=$(canonical "$(cat "$scratch/built")")
    name "$built" "$tag"
  fi
}

# canonical ID: put the same image without what is random in it into the engine; print its ID
canonical() {
  local folder=$scratch/image digest
  rm -rf "$folder"
  "$ENGINE" push --quiet --format v2s2 "$1" "dir:$folder" >&2 || return
  digest=$(python3 deploy/canonical_image.py "$folder") || return
  "$ENGINE" pull --quiet "dir:$folder" > /dev/null || return
  echo "$digest"
}

# name ID TAG: print size and digest, and refuse what is too big for the deployment
name() {
  local megabytes id
  megabytes=$(image_mb "$1")
  id=$(image_id "$1")
  if [[ $2 == farol-app:* ]] && ((megabytes > LARGEST_APP_MB)); then
    fail "$2 would have $megabytes MB; the deployment's images may have $LARGEST_APP_MB MB at most"
  fi
  "$ENGINE" tag "$1" "$2"
  echo "$2: $megabytes MB, $id"
}

# secret ID FILE: add it to the options of build, if there is one
secret() {
  test -n "$2" || return 0
  test -r "$2" || fail "$2, meant as the secret $1, can't be read"
  options+=(--secret "id=$1,src=$2")
}

test $# -gt 0 || set -- app ml
for image in "$@"; do
  case $image in
    app) build "farol-app:$TAG" Dockerfile requirements.txt ;;
    ml) build "farol-ml-jobs:$TAG" ml_jobs/Dockerfile ml_jobs/requirements.txt ;;
    *) fail "There is no image $image; there are app and ml" ;;
  esac
done
