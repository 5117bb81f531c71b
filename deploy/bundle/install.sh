#!/bin/sh
# Install Farol from this bundle, without a network.
#
#     sh install.sh [FOLDER]        /opt/farol unless named
#
# Every file is compared with SHA256SUMS before anything is done. Then the images are loaded with
# docker or podman (ENGINE names one), the rest goes to a folder of its own beside FOLDER, and FOLDER,
# a link, is led there last: until then an earlier version is what FOLDER is. Its .env and secrets
# come along. Run it again at any time.
set -eu
export LC_ALL=C

fail() {
  echo "install.sh: $*" >&2
  echo "Nothing was installed." >&2
  exit 1
}

here=$(cd "$(dirname "$0")" && pwd)
target=${1:-/opt/farol}
case $target in /*) ;; *) target=$PWD/$target ;; esac
target=${target%/}

digest() {
  sha256sum < "$1" | cut -d' ' -f1
}

# Every file as it was made, none missing, none more.
verify() {
  cd "$here"
  [ -f SHA256SUMS ] || fail "SHA256SUMS is missing, so nothing in $here can be verified"
  # What a shell would read over, such as a zero byte, is no part of a line.
  [ "$(tr -d '\n -~' < SHA256SUMS | wc -c)" -eq 0 ] || fail "SHA256SUMS has bytes that are no text"
  named=0
  while read -r expected name; do
    case $expected in
      *[!0-9a-f]*) fail "SHA256SUMS has a line that is no digest: $expected" ;;
    esac
    [ ${#expected} -eq 64 ] || fail "SHA256SUMS has a line that is no digest: $expected"
    [ -f "$name" ] || fail "$name is missing; it must be there with SHA-256 $expected"
    found=$(digest "$name")
    [ "$found" = "$expected" ] || fail "$name has SHA-256 $found; it must be $expected." \
      "Copy the bundle again from where it was made"
    named=$((named + 1))
  done < SHA256SUMS
  there=$(find . -type f ! -path ./SHA256SUMS | wc -l)
  [ "$there" -eq "$named" ] || fail "there are $there files in $here, and SHA256SUMS names $named." \
    "Unpack the bundle into an empty folder"
  echo "Verified $named files."
}

find_engine() {
  [ -z "${ENGINE:-}" ] || return 0
  for ENGINE in docker podman; do
    if command -v "$ENGINE" > /dev/null && "$ENGINE" info > /dev/null 2>&1; then return 0; fi
  done
  fail "no container engine answers; looked for docker and podman, and needs one of them"
}

# $1 the file, $2 the name, $3 and $4 the digests of configuration and manifest, of which engines
# call one or the other the image's ID.
load() {
  echo "Loading $2 ..."
  "$ENGINE" load --quiet --input "images/$1" > /dev/null < /dev/null || fail "$ENGINE could not load images/$1"
  for id in "$3" "$4"; do
    if "$ENGINE" image inspect "$id" > /dev/null 2>&1; then
      "$ENGINE" tag "$id" "$(local_name "$2")" || fail "$ENGINE could not name $2"
      return 0
    fi
  done
  fail "$ENGINE loaded images/$1, but has no image sha256:$3 after it"
}

# What is built here has no registry in its name, as in docker-compose.yml.
local_name() {
  case $1 in
    docker.io/library/farol-*) echo "${1#docker.io/library/}" ;;
    *) echo "$1" ;;
  esac
}

# The files in a folder named by what is in it, so that a version never overwrites another.
unpack() {
  version=$(cat VERSION)
  folder=$target-$version-$(digest SHA256SUMS | cut -c1-8)
  if [ -e "$target" ] && [ ! -L "$target" ]; then
    fail "$target is no link of an installation; name a folder that is not there"
  fi
  mkdir -p "$(dirname "$target")"
  if [ ! -d "$folder" ]; then
    rm -rf "$folder.partial"
    mkdir "$folder.partial"
    for each in LICENSE README.md CHANGELOG.md VERSION SHA256SUMS docker-compose.yml ml_jobs \
      deploy docs wheelhouse requirements.txt schema_registry.json; do
      cp -R "$each" "$folder.partial/$each"
    done
    for kept in .env deploy/secrets ml_jobs/secrets; do
      [ ! -e "$target/$kept" ] || cp -Rp "$target/$kept" "$folder.partial/$kept"
    done
    mv "$folder.partial" "$folder"
  fi
  ln -sfn "$folder" "$target.partial"
  mv -T "$target.partial" "$target"
}

verify
find_engine
while read -r file name config manifest; do
  load "$file" "$name" "$config" "$manifest"
done < images/LIST
unpack
while read -r name; do
  echo "Not in this bundle: $name, which docker-compose.yml asks for; load it from elsewhere, or" \
    "start the portal alone with deploy/compose.folder.yml."
done < images/LEFT_OUT
echo "Installed Farol $version in $target. Next: $target/docs/deployment.md"
