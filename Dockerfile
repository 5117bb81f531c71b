# The portal: pages and API in one process. No machine learning, no compiler, no root, and no pip in
# its environment; the base may have one of its own.
#
#     make images                       # with docker, podman or buildah; docs/deployment.md
#
# No index is named here. Where pip needs a configuration or another certificate authority, they
# come as build secrets, which no layer keeps: --secret id=pip_config,src=... and id=ca_bundle.

ARG BASE_IMAGE=docker.io/library/python:3.11-slim-bookworm

FROM ${BASE_IMAGE} AS build
SHELL ["/bin/sh", "-eu", "-c"]
WORKDIR /build
COPY requirements.txt deploy/trim_environment.py ./
# pip stays in this stage. Modes are set here, for a checkout's depend on its owner's umask.
RUN --mount=type=secret,id=pip_config --mount=type=secret,id=ca_bundle \
    if test -s /run/secrets/pip_config; then export PIP_CONFIG_FILE=/run/secrets/pip_config; fi; \
    if test -s /run/secrets/ca_bundle; then export PIP_CERT=/run/secrets/ca_bundle; fi; \
    python3.11 -m venv pip; \
    python3.11 -m venv --without-pip /opt/venv; \
    pip/bin/pip --python /opt/venv/bin/python install --no-cache-dir --no-compile \
      --disable-pip-version-check --require-hashes --only-binary=:all: -r requirements.txt; \
    python3.11 trim_environment.py /opt/venv; \
    chmod -R u=rwX,go=rX /opt/venv

WORKDIR /opt/farol
COPY LICENSE app.py requirements.txt schema_registry.json ./
COPY .streamlit .streamlit
COPY datalayer datalayer
COPY docs/guide docs/guide
COPY pages pages
ARG CREATED=1970-01-01T00:00:00Z
ARG REVISION=unknown
ARG VERSION=unknown
# Files without an ending, which .dockerignore can't tell from folders, are nothing of ours but LICENSE.
# An environment that is not the lock's is refused here. The user is written by hand: useradd would
# leave the day of the build in /etc/shadow.
RUN find . ! -type d \( -type l -o ! -name '*.*' \) ! -name LICENSE -delete; \
    find . -type d -empty -delete; \
    chmod -R u=rwX,go=rX .; \
    /opt/venv/bin/python -B -m datalayer.compliance \
      --only lock-is-hashed --only installed-is-the-lock --only installed-without-ml; \
    mkdir /build/state; \
    mkdir -m 0770 /build/state/farol; \
    cp /etc/passwd /etc/group /build/; \
    echo 'farol:x:10001:10001:Farol:/tmp:/usr/sbin/nologin' >> /build/passwd; \
    echo 'farol:x:10001:' >> /build/group; \
    echo "${VERSION} ${REVISION} ${CREATED}" > /build/release; \
    chmod 0644 /build/passwd /build/group /build/release

FROM ${BASE_IMAGE}
# First, so that no layer of another commit, which carries that one's time, is taken from a cache.
COPY --from=build /build/release /opt/farol/RELEASE
ARG CREATED=1970-01-01T00:00:00Z
ARG REVISION=unknown
ARG VERSION=unknown
LABEL org.opencontainers.image.title="Farol" \
      org.opencontainers.image.description="Forecast portal for spare parts" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=build /build/passwd /build/group /etc/
# Of group 0, which a user that is drawn by lot, as OpenShift does it, is in. The folder around it is
# copied, because what is copied into keeps no mode.
COPY --from=build --chown=10001:0 /build/state /var/lib
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/farol /opt/farol
# A home that can be written to also where the root can't.
ENV PATH=/opt/venv/bin:${PATH} \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    FAROL_STATE=/var/lib/farol \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_SERVER_PORT=8501 \
    STREAMLIT_SERVER_HEADLESS=true \
    STREAMLIT_BROWSER_GATHER_USAGE_STATS=false
WORKDIR /opt/farol
USER 10001:10001
VOLUME /var/lib/farol
EXPOSE 8501
# Without the proxy that an engine may put into the environment of all its containers.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-IS", "-c", "from urllib.request import ProxyHandler, build_opener; build_opener(ProxyHandler({})).open('http://127.0.0.1:8501/health/ready', timeout=4)"]
CMD ["streamlit", "run", "app.py"]
