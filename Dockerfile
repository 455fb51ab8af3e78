# The gateway with the embedded voice. The image holds espeak-ng (GPL-3.0) as a separate program beside Apache-2.0 code.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY gateway gateway
COPY clients clients
RUN python -m venv /opt/gateway \
 && /opt/gateway/bin/pip install --no-cache-dir ".[local]"

FROM python:3.11-slim-bookworm
COPY --from=build /opt/gateway /opt/gateway
RUN useradd --system --uid 10001 --no-create-home gateway && install -d -o gateway /data
USER 10001
ENV PATH=/opt/gateway/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    VOICE_GATEWAY_HOST=0.0.0.0 \
    VOICE_GATEWAY_DATA_DIR=/data \
    VOICE_GATEWAY_LOG_FORMAT=json
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/healthz', timeout=2)"]
# Outside loopback a secret is required: docker run -e VOICE_GATEWAY_SECRET=… -p 8080:8080 voice-gateway
CMD ["voice-gateway", "serve"]
