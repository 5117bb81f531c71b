# In place of docker.io/library/caddy: Debian's, with the capability that the original's program has.
ARG BASE_IMAGE
FROM ${BASE_IMAGE}
RUN mkdir -p /var/log/apt && apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends busybox caddy libcap2-bin \
    && ln -s /bin/busybox /usr/bin/wget \
    && setcap cap_net_bind_service=+ep /usr/bin/caddy \
    && rm -rf /var/lib/apt/lists/*
