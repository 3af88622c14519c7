# All six services and the commands that look across them: `python -m services.catalog serve`, `python -m ops.audit`.
# Built from the repository's root: `make images`. The same input makes the same layers; docs/images.md says how.
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
COPY deploy/images/pack.py requirements/runtime.lock /build/
RUN --mount=type=cache,target=/var/cache/pip \
    python -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-warn-script-location \
      --no-compile --no-deps --ignore-installed --only-binary=:all: --require-hashes \
      --prefix=/out/usr/local --requirement /build/runtime.lock \
 && rm -rf /out/usr/local/bin /out/usr/local/share \
 && python /build/pack.py packages /out

FROM ${BUILDER} AS code
ARG SOURCE_DATE_EPOCH
ARG BYTECODE=unchecked-hash
ENV PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1 PIP_CACHE_DIR=/var/cache/pip
COPY deploy/images/pack.py /build/
COPY services /out/app/services
COPY ops /out/app/ops
COPY gen/buf /out/app/gen/buf
COPY gen/shopmesh /out/app/gen/shopmesh
RUN python /build/pack.py code /out

FROM ${BASE}
COPY --from=stdlib /out/ /
COPY --from=packages /out/ /
COPY --from=code /out/ /
WORKDIR /app
ENV PYTHONPATH=/app:/app/gen PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
ARG VERSION=0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Shopmesh services" \
      org.opencontainers.image.description="The six services of Shopmesh: python -m services.<name> serve" \
      org.opencontainers.image.source="https://github.com/shopmesh/shopmesh" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
CMD ["python", "-m", "services.catalog", "--help"]
