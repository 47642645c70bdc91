# The exchange's one image: web, streams, worker, redistribution, beat and the jobs differ by their command only.

FROM node:24-alpine AS charts
WORKDIR /charts
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts --loglevel=error

FROM python:3.11-slim-trixie AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /packages
RUN python -m venv /venv
COPY requirements.txt constraints.txt ./
# Wheels only: nothing is compiled, so nothing that compiles is needed.
RUN /venv/bin/pip install --only-binary=:all: --requirement requirements.txt

FROM python:3.11-slim-trixie
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PRODUCTION=1 \
    STATIC_HASHED=1
RUN groupadd --system --gid 10001 exchange \
    && useradd --system --uid 10001 --gid exchange --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin exchange \
    && install --directory --owner=exchange --group=exchange /srv/static
COPY --from=packages /venv /venv
WORKDIR /exchange
COPY . .
COPY --from=charts /charts/node_modules/lightweight-charts/dist/lightweight-charts.standalone.production.mjs static/vendor/lightweight-charts.js
# Root's own, as all that is here: the exchange reads it and cannot change it.
RUN python -m compileall -q . && PRODUCTION=0 python manage.py collectstatic --no-input --verbosity 0
USER 10001:10001
EXPOSE 8000 8001
# Of web; docker-compose.yml has the others'.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["python", "-m", "deploy.healthcheck", "http", "8000"]
CMD ["deploy/process", "web"]
