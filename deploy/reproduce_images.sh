#!/usr/bin/env bash
# Build each image twice, as two people would: another folder, another umask, another time zone,
# another moment, no cache. Say that both have one digest, or in what they differ, file by file.
#
#     deploy/reproduce_images.sh [app] [ml]       app unless named
#
# The commit is what is built, not what lies changed in the folder. Variables: deploy/build_images.sh
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=deploy/engine.sh
source deploy/engine.sh
REVISION=$(git rev-parse HEAD)
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export REVISION SOURCE_DATE_EPOCH
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# built IMAGE NUMBER UMASK ZONE: build from a copy of its own; print the image's name and digest
built() {
  local copy=$scratch/$2/farol-$2
  mkdir -p "$copy"
  # --touch: what was unpacked is as new as this moment.
  git archive HEAD | (umask "$3" && tar --extract --touch --no-same-permissions --directory "$copy")
  (umask "$3" && TZ=$4 NO_CACHE=1 TAG="reproduced-$2" "$copy/deploy/build_images.sh" "$1") | tail -n 1
}

test $# -gt 0 || set -- app
for image in "$@"; do
  echo "Building the image $image twice without a cache, which takes minutes ..."
  one=$(built "$image" 1 022 UTC)
  echo "$one"
  two=$(built "$image" 2 077 America/Sao_Paulo)
  echo "$two"
  if test "${one##*sha256:}" = "${two##*sha256:}"; then
    echo "Two builds of $image, one digest: sha256:${one##*sha256:}"
    continue
  fi
  for number in 1 2; do
    save_image "$(cut -d: -f1 <<< "$one"):reproduced-$number" "$scratch/$number.tar"
  done
  echo "Two builds of $image have two digests. They differ in:"
  python3 deploy/image_differences.py "$scratch/1.tar" "$scratch/2.tar"
done
