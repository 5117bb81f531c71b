#!/bin/sh
# Runs the store and makes the bucket if it isn't there. Only S3 asks for keys, so all else is bound
# to the container's own loopback; its HTTP and gRPC listen beside each other, and nobody but the
# proxy is on this network.
set -eu

data=/var/tmp/data
mkdir -p "$data"
weed -logtostderr=true server \
  -dir="$data" -ip=127.0.0.1 -ip.bind=127.0.0.1 \
  -master.telemetry=false -master.volumeSizeLimitMB=1024 \
  -volume.max=0 -volume.minFreeSpace=1GiB -volume.preStopSeconds=0 \
  -filer -filer.localSocket=/tmp/filer.sock \
  -s3 -s3.port=8333 -s3.ip.bind=0.0.0.0 -s3.localSocket=/tmp/s3.sock \
  -s3.config=/run/secrets/s3_identities -s3.iam=false -s3.port.iceberg=0 -s3.port.lance=0 &
store=$!
trap 'kill -TERM "$store"' TERM INT

# "already exists" is a success here; whatever else fails is tried again until it works.
while kill -0 "$store" 2> /dev/null; do
  answer=$(echo "s3.bucket.create -name farol" | weed shell -master=127.0.0.1:9333 2>&1) || true
  case $answer in
    *"created bucket farol"* | *"already exists"*) break ;;
  esac
  sleep 1
done

# The first wait ends with the signal, the second with the store.
wait "$store" || true
trap - TERM INT
wait "$store"
