#!/bin/sh
# Says what is wrong with the proxy's variables and files, or runs it.
set -eu

refuse() {
  echo "proxy: $1" >&2
  exit 1
}

tls=/run/tls
export LISTENER_WRAPPERS=""
case $FAROL_SCHEME in
  http) ;;
  https)
    for name in certificate.pem key.pem; do
      { [ -r "$tls/$name" ] && [ -s "$tls/$name" ]; } ||
        refuse "FAROL_SCHEME is https, and $name is missing, empty or closed to user $(id -u); put it into deploy/secrets/tls with mode 0444"
    done
    LISTENER_WRAPPERS="http_redirect
tls"
    ;;
  *) refuse "FAROL_SCHEME is '$FAROL_SCHEME'; it must be http or https" ;;
esac

# The portal takes all of these forms, and its proxy one of each.
FAROL_PATH_PREFIX=$(printf %s "${FAROL_PATH_PREFIX:-}" | sed 's|^/*|/|; s|/*$||')
FAROL_OUTER_PROXIES=$(printf %s "$FAROL_OUTER_PROXIES" | tr , ' ')
export FAROL_PATH_PREFIX FAROL_OUTER_PROXIES

exec caddy run --config "${0%/*}/Caddyfile" --adapter caddyfile
