#!/bin/sh
# Install Farol from this bundle, without a network.
#
#     sh install.sh [FOLDER]        /opt/farol unless named
#
# Every file is compared with SHA256SUMS before anything is done. Then the files go to a folder of
# their own beside FOLDER, the images are loaded with docker or podman (ENGINE names one), and FOLDER,
# a link, is led there last: until then an earlier version is what FOLDER is. Its .env and secrets
# come along. Run it again at any time.
set -eu
export LC_ALL=C
unset CDPATH
# What is installed is mounted into containers whose users are none of this machine.
umask 022

folder="" installed=no

fail() {
  echo "install.sh: $*" >&2
  exit 1
}

# At every end: what is not whole goes.
end() {
  code=$?
  trap '' HUP INT TERM
  if [ "$installed" = no ]; then
    if [ -n "$folder" ]; then rm -rf "$folder.partial" "$folder.link"; fi
    echo "Nothing was installed." >&2
  fi
  exit "$code"
}

read_arguments() {
  here=$(cd -- "$(dirname -- "$0")" && pwd -P)
  [ $# -le 1 ] || fail "there are $# arguments; there may be one, the folder to install in"
  target=${1-/opt/farol}
  case $target in
    -*) fail "$target is no option; there is none. A folder of that name is ./$target" ;;
    "") fail "the name of the folder is empty; leave it out for /opt/farol" ;;
    /*) ;;
    *) target=$(pwd -P)/$target ;;
  esac
  while [ "${target%/}" != "$target" ]; do target=${target%/}; done
  case $target/ in
    / | */./ | */../) fail "${1-} is no name for an installation; it must be one like /opt/farol" ;;
    "$here"/*) fail "$target lies in the bundle; name a folder elsewhere" ;;
  esac
}

digest() {
  sha256sum < "$1" | cut -d' ' -f1
}

# Every file as it was made, none missing, none more.
verify() {
  cd "$here"
  [ -f SHA256SUMS ] || fail "SHA256SUMS is missing, so nothing in $here can be verified"
  # What a shell would read over, such as a zero byte, is no part of a line.
  [ "$(tr -d '\n -~' < SHA256SUMS | wc -c)" -eq 0 ] || fail "SHA256SUMS has bytes that are no text." \
    "Copy the bundle again from where it was made"
  named=0
  while read -r expected name || [ -n "$expected" ]; do
    case $expected in
      *[!0-9a-f]*) fail "SHA256SUMS has a line that is no digest: $expected" ;;
    esac
    [ ${#expected} -eq 64 ] || fail "SHA256SUMS has a line that is no digest: $expected"
    [ ! -L "$name" ] || fail "$name is a link; it must be a file with SHA-256 $expected"
    [ -f "$name" ] || fail "$name is missing; it must be there with SHA-256 $expected"
    found=$(digest "$name")
    [ "$found" = "$expected" ] || fail "$name has SHA-256 $found; it must be $expected." \
      "Copy the bundle again from where it was made"
    named=$((named + 1))
  done < SHA256SUMS
  more=$(find . ! -type d ! -path ./SHA256SUMS | cut -c3- | grep -vxF "$(cut -c67- SHA256SUMS)") || :
  [ -z "$more" ] || fail "SHA256SUMS does not name $more. Unpack the bundle into an empty folder"
  echo "Verified $named files."
}

# An installation that can't be reached, or something else, is nothing to be led elsewhere.
check_target() {
  if [ -L "$target" ]; then
    [ -e "$target" ] || fail "$target leads to $(readlink "$target"), which is not there, and its .env" \
      "and secrets could not come along; bring it back, or remove the link"
    [ -f "$target/SHA256SUMS" ] && [ -f "$target/docker-compose.yml" ] && return 0
  fi
  [ ! -e "$target" ] || fail "$target is no link of an installation; name a folder that is not there"
}

find_engine() {
  [ -z "${ENGINE:-}" ] || return 0
  for ENGINE in docker podman; do
    if command -v "$ENGINE" > /dev/null && "$ENGINE" info > /dev/null 2>&1; then return 0; fi
  done
  fail "no container engine answers; looked for docker and podman, and needs one of them"
}

# The files in a folder named by what is in it, so that a version never overwrites another.
unpack() {
  version=$(cat VERSION)
  folder=$target-$version-$(digest SHA256SUMS | cut -c1-8)
  [ ! -d "$folder" ] || return 0
  mkdir -p "$(dirname "$target")"
  partial=$folder.partial
  rm -rf "$partial"
  mkdir "$partial"
  for each in LICENSE README.md CHANGELOG.md VERSION SHA256SUMS docker-compose.yml ml_jobs \
    deploy docs wheelhouse requirements.txt schema_registry.json; do
    cp -R "$each" "$partial/$each"
  done
  # Whoever unpacked the bundle may have had another umask.
  chmod -R u=rwX,go=rX "$partial"
  for kept in .env deploy/secrets ml_jobs/secrets; do
    if [ -e "$target/$kept" ] || [ -L "$target/$kept" ]; then
      cp -Rp "$target/$kept" "$partial/$(dirname "$kept")/"
    fi
  done
}

# $1 and $2, the digests of configuration and manifest: engines call one or the other the image's ID.
id_of() {
  for id in "$1" "$2"; do
    if "$ENGINE" image inspect "$id" > /dev/null 2>&1; then return 0; fi
  done
  return 1
}

# All are there before the first gets its name.
load() {
  while read -r file name config manifest <&3; do
    echo "Loading $name with $ENGINE ..."
    "$ENGINE" load --quiet --input "images/$file" > /dev/null || fail "$ENGINE could not load images/$file"
    id_of "$config" "$manifest" \
      || fail "$ENGINE loaded images/$file, but has no image sha256:$config after it"
  done 3< images/LIST
  while read -r file name config manifest <&3; do
    if ! id_of "$config" "$manifest" || ! "$ENGINE" tag "$id" "$(local_name "$name")"; then
      fail "$ENGINE could not name $name"
    fi
  done 3< images/LIST
}

# What is built here has no registry in its name, as in docker-compose.yml.
local_name() {
  case $1 in
    docker.io/library/farol-*) echo "${1#docker.io/library/}" ;;
    *) echo "$1" ;;
  esac
}

lead_there() {
  if [ ! -d "$folder" ]; then
    mv -T "$folder.partial" "$folder"
  elif [ -L "$target" ] && [ "$(readlink "$target")" != "$folder" ]; then
    echo "$folder was there, and keeps the .env and the secrets that it had."
  fi
  ln -sfn "$folder" "$folder.link"
  mv -T "$folder.link" "$target"
  installed=yes
}

# Called in the last line, so that a script that was cut off does nothing.
main() {
  trap end EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  read_arguments "$@"
  verify
  check_target
  find_engine
  unpack
  load
  lead_there
  while read -r name; do
    echo "Not in this bundle: $name, which docker-compose.yml asks for; load it from elsewhere, or" \
      "start the portal alone with deploy/compose.folder.yml."
  done < images/LEFT_OUT
  echo "Installed Farol $version in $target. Next: $target/docs/deployment.md"
}

main "$@" < /dev/null
