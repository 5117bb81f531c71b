# In place of docker.io/library/redis: Debian's.
ARG BASE_IMAGE
FROM ${BASE_IMAGE}
RUN mkdir -p /var/log/apt && apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends redis-server \
    && rm -rf /var/lib/apt/lists/*
