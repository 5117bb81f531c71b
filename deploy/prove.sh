#!/usr/bin/env bash
# Prove the app's image, or without a container engine the environment that it would have.
#
#     deploy/prove.sh            make proof
#
# ENGINE        docker or podman; the first that is found, "none" for none
# IMAGE         the image; farol-app of this version unless named, built if it is not there
# STORE         a folder with a publication, whose rows are looked at
# OUT           where the report goes; build/proof
# SIGNING_KEY   a PEM file: the report is signed with it (docs/signatures.md)
#
# The image is run without a network, rights and a root to write to, as docker-compose.yml does.
set -euo pipefail
cd "$(dirname "$0")/.."

OUT=${OUT:-build/proof}
STORE=${STORE:-exports/ml_results}
VERSION=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)
IMAGE=${IMAGE:-farol-app:$VERSION}
TOOLS=$PWD/.venv-sbom/lib/python3.11/site-packages

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

# All that may be Compose's, and the variables that it reads; the proof itself says which are.
compose_candidates() {
  find . -type d \( -name '.?*' -o -name build -o -name node_modules \) -prune \
    -o -type f \( -name '*.yml' -o -name '*.yaml' -o -name .env \) -print0
}

# The image's user is none of this machine: it gets copies that everybody may read, in a folder
# that nobody else here may enter.
readable_copies() {
  rm -rf "$OUT/.work"
  mkdir -m 0700 "$OUT/.work"
  mkdir -p "$WORK/tree" "$WORK/out" "$WORK/store"
  compose_candidates | xargs -0 cp --parents --target-directory "$WORK/tree"
  cp --parents Dockerfile ml_jobs/Dockerfile requirements.txt ml_jobs/requirements.txt \
    schema_registry.json "$WORK/tree"
  cp deploy/describe_image.py "$WORK"
  if test -e "$STORE/metadata.json"; then cp -R "$STORE/." "$WORK/store"; fi
  chmod -R u=rwX,go=rX "$WORK"
  chmod 0777 "$WORK/out"
}

in_image() {
  "$ENGINE" run --rm --no-healthcheck --network=none --read-only --tmpfs /tmp --cap-drop=ALL \
    --security-opt=no-new-privileges --memory=2g --pids-limit=512 \
    --volume "$WORK/out:/out" --volume "$WORK:/work:ro" "$@"
}

prove_image() {
  local size digest code=0
  if ! "$ENGINE" image inspect "$IMAGE" > /dev/null 2>&1; then
    ENGINE=$ENGINE deploy/build_images.sh app >&2
  fi
  read -r size digest < <("$ENGINE" image inspect --format '{{.Size}} {{.Id}}' "$IMAGE")
  readable_copies
  in_image --volume "$TOOLS:/tools:ro" "$IMAGE" \
    python /work/describe_image.py /tools /out
  in_image --env FAROL_STORE=/work/store "$IMAGE" \
    python -m datalayer.compliance --tree /work/tree --sbom /out/sbom.cdx.json --out /out \
    --image-size "$size" --image-digest "sha256:${digest#sha256:}" \
    2> >(sed "s|/out/|$OUT/|g" >&2) || code=$?
  cp "$WORK/out/"* "$OUT"
  if test -n "${SIGNING_KEY:-}"; then
    # As root within, without rights and a network: the key is readable by its owner alone.
    in_image --user 0:0 --volume "$(realpath "$SIGNING_KEY"):/key.pem:ro" "$IMAGE" \
      python -m datalayer.compliance --sign /key.pem --report "/out/$(newest "$WORK/out")" \
      2> >(sed "s|/out/|$OUT/|g" >&2)
    cp "$WORK/out/"*.attestation.json "$OUT"
  fi
  rm -rf "$OUT/.work"
  return "$code"
}

prove_environment() {
  local code=0
  echo "No container engine answers: the environment is proved, and no image is measured." >&2
  make --silent .venv-proof/.ready >&2
  .venv-proof/bin/python deploy/describe_image.py "$TOOLS" "$OUT"
  FAROL_STORE=$STORE FAROL_STATE=$OUT/state .venv-proof/bin/python -m datalayer.compliance \
    --sbom "$OUT/sbom.cdx.json" --out "$OUT" ${SIGNING_KEY:+--sign "$SIGNING_KEY"} || code=$?
  rm -rf "$OUT/state"
  return "$code"
}

newest() {
  find "$1" -name 'proof-*Z.json' -printf '%f\n' | sort | tail -n 1
}

ENGINE=${ENGINE:-$(engine_found)}
mkdir -p "$OUT"
OUT=$(realpath "$OUT")
WORK=$OUT/.work/shared
test -e "$STORE/metadata.json" \
  || echo "Nothing is published in $STORE, so no rows are looked at; make publish makes some." >&2
if test "$ENGINE" = none; then prove_environment; else prove_image; fi
