# One image for web, worker, scheduler and migration step; what it does is said by the command (docker-compose.yml).

FROM node:24-slim AS assets
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci

FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
COPY requirements/base.txt requirements/
RUN pip install --require-hashes --no-deps -r requirements/base.txt
COPY . .
COPY --from=assets /app/node_modules node_modules
# These values only let the settings be read; nothing of them stays in the image. The papers need their typefaces.
RUN SECRET_KEY=build DATABASE_URL=postgres://build@build/build LVV_STATIC_ROOT=/static \
    python manage.py collectstatic --no-input \
    && find node_modules -mindepth 1 -maxdepth 1 ! -name @expo-google-fonts -exec rm -rf {} +

FROM python:3.13-slim
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin lvv \
    && install -d -o lvv -g lvv /anchor
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LVV_STATIC_ROOT=/static
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /static /static
COPY --from=build /app /app
USER 10001:10001
CMD ["gunicorn", "lvv.wsgi", "--bind", "0.0.0.0:8000"]
