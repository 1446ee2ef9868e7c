# An image with nothing but the static program and CA certificates:
#   docker build -t aircheck .
#   docker run --rm -it aircheck demo
FROM rust:1.95-alpine AS build
RUN apk add --no-cache ca-certificates gcc musl-dev
WORKDIR /source
COPY . .
RUN cargo build --locked --profile dist && install -d -m 1777 /empty && install -d -m 700 /data

FROM scratch
COPY --from=build /source/target/dist/aircheck /usr/bin/aircheck
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /source/LICENSE-MIT /source/LICENSE-APACHE /usr/share/doc/aircheck/
COPY --from=build /empty /tmp
COPY --from=build --chown=65532:65532 /data /data
# Recordings and counters are in /data. Mount a volume there to keep them.
USER 65532:65532
WORKDIR /data
ENV AIRCHECK_STATE=/data/counters.db
ENTRYPOINT ["/usr/bin/aircheck"]
