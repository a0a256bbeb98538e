# Production's image: the program and requirements.lock, no embedded stores, no compiler, nobody's root.
FROM python:3.13-slim AS build
COPY requirements.lock /
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r /requirements.lock
COPY src /app/src
RUN /venv/bin/python -m compileall -q /app/src

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin gapura \
    && install -d -m 700 -o gapura /var/lib/gapura
COPY --from=build /venv /venv
COPY --from=build /app /app
COPY migrations /app/migrations
ENV PATH=/venv/bin:$PATH PYTHONPATH=/app/src PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    GAPURA_HOST=0.0.0.0 GAPURA_METRICS_HOST=0.0.0.0 GAPURA_HOME=/var/lib/gapura
WORKDIR /app
USER 10001
EXPOSE 8000 9464
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "gapura"]
CMD ["serve"]
