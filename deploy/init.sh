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

folder=${FAROL_SECRETS_FOLDER:-$(dirname "$0")/secrets}
with_store=yes
case ${1:-} in
  "") ;;
  --without-store) with_store=no ;;
  *)
    echo "init.sh: $1 is no option; there is --without-store" >&2
    exit 2
    ;;
esac

# 32 random bytes as 64 digits.
random() {
  made=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
  if [ "${#made}" -ne 64 ]; then
    echo "init.sh: /dev/urandom gave ${#made} digits; 64 are needed" >&2
    exit 1
  fi
  echo "$made"
}

# Whole or not at all: $1 the name, its content on standard input.
write() {
  mkdir -p "$folder/$(dirname "$1")"
  cat > "$folder/$1.partial"
  chmod 0444 "$folder/$1.partial"
  mv "$folder/$1.partial" "$folder/$1"
  echo "  made  $folder/$1"
}

# Whether all of the files are missing (0) or there (1); some of them fit nobody's other half.
all_missing() {
  there="" missing=""
  for name; do
    if [ -e "$folder/$name" ]; then there="$there $name"; else missing="$missing $name"; fi
  done
  [ -n "$there" ] || return 0
  [ -z "$missing" ] || {
    echo "init.sh: in $folder there is$there, but not$missing, which belong together;" \
      "put back what is missing, or remove the former to have all of them made anew" >&2
    exit 1
  }
  for name; do echo "  kept  $folder/$name"; done
  return 1
}

make_redis() {
  all_missing portal/farol_redis_url redis/users.acl || return 0
  password=$(random)
  digest=$(printf %s "$password" | sha256sum | cut -d' ' -f1)
  # What the portal needs, and no command that reconfigures or stops Redis.
  write redis/users.acl << END
user default off
user portal on #$digest ~* &* +@all -@admin -@dangerous +info
END
  echo "redis://portal:$password@redis:6379/0" | write portal/farol_redis_url
}

make_store() {
  all_missing portal/farol_s3_access_key portal/farol_s3_secret_key \
    ml_jobs/farol_s3_access_key ml_jobs/farol_s3_secret_key store/identities.json || return 0
  reading=$(random)
  writing=$(random)
  write store/identities.json << END
{"identities": [
  {"name": "portal", "credentials": [{"accessKey": "portal", "secretKey": "$reading"}],
   "actions": ["Read:farol", "List:farol"]},
  {"name": "ml_jobs", "credentials": [{"accessKey": "ml_jobs", "secretKey": "$writing"}],
   "actions": ["Read:farol", "List:farol", "Write:farol"]}
]}
END
  echo portal | write portal/farol_s3_access_key
  echo "$reading" | write portal/farol_s3_secret_key
  echo ml_jobs | write ml_jobs/farol_s3_access_key
  echo "$writing" | write ml_jobs/farol_s3_secret_key
}

mkdir -p "$folder"
chmod 0700 "$folder"
make_redis
if [ "$with_store" = yes ]; then make_store; fi
mkdir -p "$folder/tls"
chmod 0755 "$folder"/*/

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
