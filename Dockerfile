# Airflow's processes and the dashboard in one image: they differ in user, mounts and command.
# Nothing is installed that is not in the lock files, by hash.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    UV_PYTHON_DOWNLOADS=never \
    UV_SYSTEM_CERTS=1 \
    UV_NO_CACHE=1

# One writes, one reads: the analysts' folder has mode 0750, and the dashboard is not of its group.
RUN groupadd --gid 10001 warehouse \
    && useradd --uid 10001 --gid warehouse --no-create-home --home-dir /srv/airflow warehouse \
    && groupadd --gid 10002 dashboard \
    && useradd --uid 10002 --gid dashboard --no-create-home --home-dir /nonexistent dashboard

WORKDIR /srv/warehouse/project
COPY bootstrap.lock requirements.lock ./
RUN python -m venv /opt/venv \
    && /opt/venv/bin/python -m pip install --quiet --require-hashes -r bootstrap.lock \
    && /opt/venv/bin/uv pip sync --python /opt/venv/bin/python --require-hashes \
        --compile-bytecode requirements.lock

# The project stays a checkout, since a version is a function of these very files; root owns them.
COPY pyproject.toml README.md programme.yml ./
COPY src src
COPY dags dags
COPY dashboard dashboard
COPY dbt_project dbt_project
COPY expectations expectations
RUN /opt/venv/bin/uv pip install --python /opt/venv/bin/python --quiet --no-deps \
        --no-build-isolation -e . \
    && /opt/venv/bin/python -m compileall -q src dashboard

# A new volume takes over owner and mode of the folder that it is mounted on.
RUN install -d -o warehouse -g warehouse -m 0755 \
        /srv/warehouse/home /srv/warehouse/home/published /srv/airflow /srv/airflow/logs \
    && install -d -o warehouse -g warehouse -m 0700 /srv/warehouse/home/landing /srv/warehouse/key

ENV PATH=/opt/venv/bin:$PATH \
    AIRFLOW_HOME=/srv/airflow \
    WAREHOUSE_HOME=/srv/warehouse/home \
    WAREHOUSE_PROJECT=/srv/warehouse/project \
    DO_NOT_TRACK=1 \
    GX_ANALYTICS_ENABLED=False \
    DBT_SEND_ANONYMOUS_USAGE_STATS=False
USER warehouse
CMD ["warehouse", "status"]
