#!/usr/bin/env bash
# Write one archive with all that a machine without a network needs: build/farol-<version>-bundle.tar
#
#     deploy/make_bundle.sh [app] [ml]      the images of Farol's own; app unless named
#
# Redis, the store and the proxy come from the engine, under the names of docker-compose.yml; what
# is not in the engine is named and left out. Variables as in deploy/build_images.sh, and
#
# PYTHON        whose pip fetches the wheels; python3 unless set
# FAROL_REDIS_IMAGE, FAROL_STORE_IMAGE, FAROL_PROXY_IMAGE    as in docker-compose.yml
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=deploy/engine.sh
source deploy/engine.sh
PYTHON=${PYTHON:-python3}
VERSION=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)
TAG=${TAG:-$VERSION}
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2> /dev/null || echo 0)}
git rev-parse --git-dir > /dev/null 2>&1 \
  || fail "$PWD is no checkout of git; a bundle is made in one, because it takes along what git lists"
readonly ARCHIVE=build/farol-$VERSION-bundle.tar
mkdir -p build
scratch=$(mktemp -d --tmpdir="$PWD/build" bundle.XXXXXX)
trap 'rm -rf "$scratch"' EXIT
readonly bundle=$scratch/farol-$VERSION

# add_image FILE SOURCE NAME: save the engine's image SOURCE as images/FILE, under NAME
add_image() {
  local digests
  echo "Saving $3 ..."
  save_image "$2" "$scratch/saved.tar"
  digests=$("$PYTHON" deploy/oci_archive.py "$scratch/saved.tar" "$bundle/images/$1" "$3")
  # FILE NAME CONFIGURATION MANIFEST, which install.sh reads.
  echo "$1 $3 $digests" >> "$bundle/images/LIST"
  rm "$scratch/saved.tar"
}

# of_services: variable and default image of each service that is not built here
of_services() {
  sed -n 's/^ *image: ${\(FAROL_[A-Z]*_IMAGE\):-\(.*\)}$/\1 \2/p' docker-compose.yml \
    | grep -v '^FAROL_APP_IMAGE '
}

test $# -gt 0 || set -- app
mkdir -p "$bundle/images" "$bundle/wheelhouse"
for image in "$@"; do
  # Looked for here, so that what is bundled is what was built and checked.
  case $image in
    app) name=farol-app ;;
    ml) name=farol-ml-jobs ;;
    *) fail "There is no image $image; there are app and ml" ;;
  esac
  image_id "$name:$TAG" > /dev/null 2>&1 \
    || fail "$name:$TAG is not in $ENGINE; build it first: make images IMAGES=$image"
  add_image "$image.oci.tar" "$name:$TAG" "docker.io/library/$name:$VERSION"
done
left_out=""
while read -r variable default; do
  source=${!variable:-$default}
  if image_id "$source" > /dev/null 2>&1; then
    service=$(tr '[:upper:]' '[:lower:]' <<< "$variable" | sed 's/^farol_//; s/_image$//')
    add_image "$service.oci.tar" "$source" "$default"
  else
    left_out="$left_out $default"
  fi
done < <(of_services)

echo "Fetching the wheels of requirements.txt ..."
"$PYTHON" -m pip download -qq --disable-pip-version-check --require-hashes \
  --python-version 3.11 --only-binary=:all: --requirement requirements.txt --dest "$bundle/wheelhouse"

# What lies in git, so that no secret and nothing of this machine is taken along.
git ls-files -z -- LICENSE README.md CHANGELOG.md docker-compose.yml 'ml_jobs/*.yml' \
  deploy docs requirements.txt schema_registry.json \
  | tar --create --null --files-from=- | tar --extract --directory "$bundle"
cp deploy/bundle/install.sh "$bundle/install.sh"
echo "$VERSION" > "$bundle/VERSION"
echo "${left_out# }" | tr ' ' '\n' | sed '/^$/d' > "$bundle/images/LEFT_OUT"
find "$bundle" -type d -exec chmod 0755 {} + -o -type f -exec chmod u=rwX,go=rX {} +
(
  cd "$bundle"
  find . -type f ! -name SHA256SUMS -printf '%P\0' | LC_ALL=C sort --zero-terminated \
    | xargs --null sha256sum
) > "$scratch/SHA256SUMS"
mv "$scratch/SHA256SUMS" "$bundle/SHA256SUMS"
chmod 0644 "$bundle/SHA256SUMS"

tar --create --file "$ARCHIVE.partial" --directory "$scratch" --sort=name --format=gnu \
  --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" "farol-$VERSION"
mv "$ARCHIVE.partial" "$ARCHIVE"
(cd build && sha256sum "${ARCHIVE##*/}") | tee "$ARCHIVE.sha256"
for name in $left_out; do
  echo "Left out, because it is not in $ENGINE: $name (get it with: $ENGINE pull $name)"
done
echo "$ARCHIVE: $(($(stat --format %s "$ARCHIVE") / 1000000)) MB"
