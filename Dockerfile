# syntax=docker/dockerfile:1
# docker build -t healthcore .
# docker run -p 8000:8000 -v healthcore:/data healthcore

FROM rust:1.95-bookworm AS build
WORKDIR /src
# 1: the program is built for what it runs most often, which takes twice as long (docs/operations/install.md).
ARG PGO=0
# perl and make compile OpenSSL for TLS to PostgreSQL, make the allocator; the image has both.
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    PGO="$PGO" scripts/release.sh --locked --features postgres-tls,otel \
    && cp target/release/healthcore /usr/local/bin/healthcore

FROM debian:bookworm-slim
# The authorities for `sslrootcert=system`, and pg_dump for `healthcore backup`.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates postgresql-client \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --system --gid 10001 healthcore \
    && useradd --system --uid 10001 --gid healthcore --home-dir /data --shell /usr/sbin/nologin healthcore \
    && install -d -o healthcore -g healthcore -m 0700 /data
COPY --from=build /usr/local/bin/healthcore /usr/local/bin/healthcore
USER healthcore
WORKDIR /data
VOLUME /data
ENV HEALTHCORE_BIND=0.0.0.0:8000 \
    HEALTHCORE_DATA_DIR=/data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["healthcore", "healthcheck"]
ENTRYPOINT ["healthcore"]
CMD ["serve"]
