# syncd as a container: no root, no shell needed, a root filesystem that can be read-only.
#
#   docker build -t syncd .
#   docker run --rm --read-only --tmpfs /tmp syncd demo --exit
#   docker run --init --read-only --tmpfs /tmp --env-file secrets.env -p 127.0.0.1:8080:8080 -v syncd:/var/lib/syncd \
#     -v ./deploy/docker/syncd.yaml:/etc/syncd/syncd.yaml:ro -v ./mappings:/etc/syncd/mappings:ro syncd

ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
WORKDIR /src
# the dependencies first: their layer stays while only our own code changes
COPY pyproject.toml ./
RUN python -m venv /opt/syncd \
 && python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" \
    > /tmp/dependencies.txt \
 && /opt/syncd/bin/pip install --no-cache-dir --disable-pip-version-check -r /tmp/dependencies.txt
COPY . .
RUN pip wheel --no-cache-dir --disable-pip-version-check --no-deps --wheel-dir /wheels . \
 && /opt/syncd/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps /wheels/*.whl \
 && /opt/syncd/bin/syncd --help > /dev/null \
 && /opt/syncd/bin/pip uninstall --yes --quiet pip

FROM python:${PYTHON}-slim
# the same numbers in every image, so that the files of a volume keep their owner
RUN groupadd --system --gid 10001 syncd \
 && useradd --system --uid 10001 --gid syncd --home-dir /var/lib/syncd --no-create-home --shell /usr/sbin/nologin syncd \
 && install --directory --owner=syncd --group=syncd --mode=0700 /var/lib/syncd
COPY --from=build /opt/syncd /opt/syncd
ENV PATH=/opt/syncd/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SYNCD_CONFIG=/etc/syncd/syncd.yaml
USER 10001:10001
WORKDIR /var/lib/syncd
VOLUME /var/lib/syncd
EXPOSE 8080
# a stop finishes or releases what runs, within 25 s: give it `docker stop --time 30`
STOPSIGNAL SIGTERM
# 503 is an HTTPError, and so a failure; there is no curl in the image
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["syncd"]
CMD ["run"]
