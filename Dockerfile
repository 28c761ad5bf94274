# The service as an image: built with a compiler, run without one, by an account that owns nothing.
# There is no PostgreSQL in it, so DATABASE_URL has to name one.

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# The caches outlive the layer: a changed source file does not compile 300 crates again.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --bin alis \
    && cp target/release/alis /usr/local/bin/alis

FROM debian:bookworm-slim
# Certificates for `alis import` over HTTPS, and the rules of Europe/Oslo. Taken from the build
# stage, so that this one needs no package manager.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
COPY --from=build /usr/local/bin/alis /usr/local/bin/alis

# A number, not a name: an orchestrator can see that it is not root.
USER 65532:65532
# Every address inside the container; who reaches it from outside is for the host to say.
ENV ALIS_LISTEN=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["alis", "healthcheck"]
ENTRYPOINT ["alis"]
CMD ["serve"]
