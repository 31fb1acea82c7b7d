# syntax=docker/dockerfile:1
FROM python:3.13-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1

RUN python -m venv /opt/strait
# A layer of its own: it changes with the lock file, not with the code.
COPY requirements.txt /tmp/requirements.txt
RUN /opt/strait/bin/python -m pip install --require-hashes --only-binary :all: \
    --requirement /tmp/requirements.txt


FROM python:3.13-slim-bookworm

# A fixed number, so that the owner of a mounted folder can be set from outside.
RUN groupadd --gid 10001 strait \
    && useradd --uid 10001 --gid strait --no-create-home --home-dir /data --shell /usr/sbin/nologin strait \
    && install --directory --owner strait --group strait --mode 0700 /data

COPY --from=build /opt/strait /opt/strait
WORKDIR /app
COPY config config
COPY bot bot
# Compiled here, for the container's file system may be read-only.
RUN /opt/strait/bin/python -m compileall -q bot

ENV PATH=/opt/strait/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2 \
    DATABASE_URL=sqlite:////data/strait.sqlite3 \
    PORT=8080

USER 10001:10001
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM

HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=4)"]

ENTRYPOINT ["python", "-m", "bot"]
CMD ["run"]
