# To be sourced: the container engine that is there, and what it is asked for.
# shellcheck shell=bash

fail() {
  echo "$*" >&2
  exit 1
}

engine_found() {
  local name
  for name in docker podman buildah; do
    if command -v "$name" > /dev/null && "$name" info > /dev/null 2>&1; then
      echo "$name"
      return
    fi
  done
  fail "No container engine answers: looked for docker, podman and buildah. Install one" \
    "(Debian: apt-get install podman buildah), or name it with ENGINE=..."
}

ENGINE=${ENGINE:-$(engine_found)}
case $ENGINE in
  docker | podman | buildah) ;;
  *) fail "ENGINE is $ENGINE; it must be docker, podman or buildah" ;;
esac
# A repository that the project's folder was unpacked in says nothing of the project.
export GIT_CEILING_DIRECTORIES=${PWD%/*}

# revision: the commit that lies in the folder, and whether anything else does, too
revision() {
  local commit
  commit=$(git rev-parse --verify --quiet HEAD 2> /dev/null) || commit=unknown
  if test "$commit" != unknown && test -n "$(git status --porcelain)"; then commit=$commit-dirty; fi
  echo "$commit"
}

# image_id NAME: the digest of an image's configuration; fails if the image is not there
image_id() {
  local id
  if test "$ENGINE" = buildah; then
    id=$(buildah inspect --type image --format '{{.FromImageID}}' "$1") || return
  else
    id=$("$ENGINE" image inspect --format '{{.Id}}' "$1") || return
  fi
  echo "sha256:${id#sha256:}"
}

# image_mb NAME: the megabytes of an image with its base; fails if the image is not there
image_mb() {
  local size
  if test "$ENGINE" = buildah; then
    # As people read it, such as 1.06 GB.
    size=$(buildah images --format '{{.Size}}' "$1") || return
    awk '{ print int($1 * ($2 == "GB" ? 1000 : $2 == "MB" ? 1 : 0) + 0.5); exit }' <<< "$size"
  else
    size=$("$ENGINE" image inspect --format '{{.Size}}' "$1") || return
    echo $(((size + 500000) / 1000000))
  fi
}

# save_image NAME FILE: write an image as a docker-archive
save_image() {
  case $ENGINE in
    docker) docker save --output "$2" "$1" ;;
    podman) podman save --quiet --format docker-archive --output "$2" "$1" ;;
    buildah) buildah push --quiet "$1" "docker-archive:$2" ;;
  esac
}
