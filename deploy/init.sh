#!/bin/sh
# Makes the secrets of docker-compose.yml: random ones, none by default, none shown.
#
#     sh deploy/init.sh                   # what is there is kept; run it again at any time
#     sh deploy/init.sh --without-store   # with deploy/compose.s3.yml: keys of the store are yours
#
# deploy/secrets/ is closed to other users of this machine (0700). The files in it are readable to
# all (0444), because the containers' users, who get single files of it, are none of this machine.
set -eu
umask 077

folder=${FAROL_SECRETS_FOLDER:-$(dirname -- "$0")/secrets}
with_store=yes
unfinished=""

fail() {
  echo "init.sh: $*" >&2
  exit 1
}

# At every end: halves of what belongs together go.
end() {
  code=$?
  trap '' HUP INT TERM
  for name in $unfinished; do rm -f "$folder/$name" "$folder/$name.partial"; done
  if [ -n "$unfinished" ]; then echo "init.sh: ended in the middle of$unfinished; run it again" >&2; fi
  exit "$code"
}

# 32 random bytes as 64 digits.
random() {
  made=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
  [ "${#made}" -eq 64 ] || fail "/dev/urandom gave ${#made} digits; 64 are needed"
  echo "$made"
}

# Whole or not at all: $1 the name, $2 the content.
write() {
  mkdir -p "$folder/$(dirname "$1")"
  unfinished="$unfinished $1"
  rm -f "$folder/$1.partial"
  printf '%s\n' "$2" > "$folder/$1.partial"
  chmod 0444 "$folder/$1.partial"
  mv -f "$folder/$1.partial" "$folder/$1"
}

# The files of the last set are whole: say so, and let them stay.
finish() {
  for name in $unfinished; do echo "  made  $folder/$name"; done
  unfinished=""
}

# Whether all of the files are missing (0) or there (1); some of them fit nobody's other half.
all_missing() {
  there="" missing=""
  for name; do
    file=$folder/$name
    if [ ! -e "$file" ] && [ ! -L "$file" ]; then
      missing="$missing $name"
      continue
    fi
    there="$there $name"
    # What an engine makes where the file that it should mount is missing.
    [ ! -d "$file" ] || fail "$file is a folder; it must be a file. Remove it (rmdir), and run this again"
    [ -f "$file" ] || fail "$file is no file, or a link to none; put back what was there, or remove it"
    [ -s "$file" ] || fail "$file is empty; put back what was in it, or remove it"
  done
  [ -n "$there" ] || return 0
  [ -z "$missing" ] || fail "in $folder there is$there, but not$missing, which belong together;" \
    "put back what is missing, or remove the former to have all of them made anew"
  for name; do echo "  kept  $folder/$name"; done
  return 1
}

make_redis() {
  all_missing portal/farol_redis_url redis/users.acl || return 0
  password=$(random)
  digest=$(printf %s "$password" | sha256sum | cut -d' ' -f1)
  [ "${#digest}" -eq 64 ] || fail "sha256sum gave '$digest'; it must be a digest of 64 digits"
  # What the portal needs, and no command that reconfigures or stops Redis.
  write redis/users.acl "user default off
user portal on #$digest ~* &* +@all -@admin -@dangerous +info"
  write portal/farol_redis_url "redis://portal:$password@redis:6379/0"
  finish
}

make_store() {
  all_missing portal/farol_s3_access_key portal/farol_s3_secret_key \
    ml_jobs/farol_s3_access_key ml_jobs/farol_s3_secret_key store/identities.json || return 0
  reading=$(random)
  writing=$(random)
  write store/identities.json '{"identities": [
  {"name": "portal", "credentials": [{"accessKey": "portal", "secretKey": "'"$reading"'"}],
   "actions": ["Read:farol", "List:farol"]},
  {"name": "ml_jobs", "credentials": [{"accessKey": "ml_jobs", "secretKey": "'"$writing"'"}],
   "actions": ["Read:farol", "List:farol", "Write:farol"]}
]}'
  write portal/farol_s3_access_key portal
  write portal/farol_s3_secret_key "$reading"
  write ml_jobs/farol_s3_access_key ml_jobs
  write ml_jobs/farol_s3_secret_key "$writing"
  finish
}

case $#${1:-} in
  0) ;;
  1--without-store) with_store=no ;;
  *)
    echo "init.sh: $* is no option; there is --without-store" >&2
    exit 2
    ;;
esac
case $folder in -*) folder=./$folder ;; esac
trap end EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
# What compose mounts beside the secrets; a clone under another umask closed it to the containers.
deploy=$(dirname "$0")
chmod -R u=rwX,go=rX "$deploy/monitoring" "$deploy/proxy" "$deploy/store"

mkdir -p "$folder"
chmod 0700 "$folder"
make_redis
if [ "$with_store" = yes ]; then make_store; fi
mkdir -p "$folder/tls"
for name in portal redis store ml_jobs tls; do
  if [ -d "$folder/$name" ]; then chmod 0755 "$folder/$name"; fi
done

cat << END

Next:
  docker compose up -d                  # then http://localhost:8080
  docker compose logs app               # the first start shows the password of admin, once
The job writes with the keys in $folder/ml_jobs: copy that folder to its machine, as
ml_jobs/secrets, over a way that others can't read. For HTTPS put certificate.pem and key.pem into
$folder/tls and set FAROL_SCHEME=https. docs/deployment.md goes on from here.
END
if [ "$with_store" = no ]; then
  echo "Put the store's keys into $folder/portal/farol_s3_access_key and farol_s3_secret_key."
fi
