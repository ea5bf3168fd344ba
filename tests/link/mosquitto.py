"""A real broker on this machine: plain, or with the TLS, users and ACL that ship in configs/mosquitto."""

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from engine.clock import now_s

ROOT = Path(__file__).resolve().parents[2]
USERS = {"room1": "one", "room2": "two", "desk": "three", "viewer": "four"}


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


@dataclass(slots=True)
class Mosquitto:
    """A broker that can be killed, frozen and started again at the same port."""

    folder: Path
    port: int
    secure: bool = False
    child: subprocess.Popen[bytes] | None = None

    @property
    def authority(self) -> Path:
        return self.folder / "ca.crt"

    def start(self) -> None:
        self.child = subprocess.Popen(
            ["mosquitto", "-c", str(self.folder / "mosquitto.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        until_s = now_s() + 10.0
        while not self._answers():
            assert now_s() < until_s, "mosquitto does not start"
            threading.Event().wait(0.02)

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 0.5):
            return True
        return False

    def signal(self, number: signal.Signals) -> None:
        assert self.child
        self.child.send_signal(number)

    def kill(self) -> None:
        if self.child:
            with suppress(ProcessLookupError):
                os.kill(self.child.pid, signal.SIGCONT)
            self.child.kill()
            self.child.wait()
            self.child = None


@contextmanager
def mosquitto(folder: Path, *, secure: bool = False) -> Iterator[Mosquitto]:
    """A running broker on a free loopback port, gone at the end."""
    broker = Mosquitto(folder, free_port(), secure)
    _write_secure(broker) if secure else _write_plain(broker)
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()


def _write_plain(broker: Mosquitto) -> None:
    lines = [f"listener {broker.port} 127.0.0.1", "allow_anonymous true", "set_tcp_nodelay true", _as_whoever_runs()]
    (broker.folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")


def _as_whoever_runs() -> str:
    """Started by root, mosquitto would become a user of its own, who may not read a test's folder."""
    return "user root" if os.getuid() == 0 else ""


def _write_secure(broker: Mosquitto) -> None:
    """The shipped configuration, with this test's folder, port and certificates."""
    shipped = (ROOT / "configs" / "mosquitto" / "mosquitto.conf").read_text()
    told = (
        shipped.replace("/etc/mosquitto/", f"{broker.folder}/")
        .replace("/var/lib/mosquitto/", f"{broker.folder}/")
        .replace("listener 8883", f"listener {broker.port} 127.0.0.1")
    )
    (broker.folder / "mosquitto.conf").write_text(f"{told}\n{_as_whoever_runs()}\n")
    (broker.folder / "calando.acl").write_text((ROOT / "configs" / "mosquitto" / "calando.acl").read_text())
    for user, password in USERS.items():
        _run("mosquitto_passwd", *_first(broker.folder / "calando.passwd"), user, password)
    _certificates(broker.folder)


def _first(path: Path) -> tuple[str, ...]:
    return ("-b", str(path)) if path.exists() else ("-c", "-b", str(path))


def _certificates(folder: Path) -> None:
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    authority = ("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")
    ca = ("-keyout", folder / "ca.key", "-out", folder / "ca.crt", "-subj", "/CN=test authority")
    _run("openssl", "req", "-x509", *key, *authority, *ca)
    ours = ("-keyout", folder / "broker.key", "-out", folder / "broker.csr", "-subj", "/CN=localhost")
    _run("openssl", "req", *key[:-2], *ours)
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    signed = ("-CA", folder / "ca.crt", "-CAkey", folder / "ca.key", "-CAcreateserial", "-days", "2")
    _run("openssl", "x509", "-req", "-in", folder / "broker.csr", *signed, "-out", folder / "broker.crt",
         "-extfile", folder / "names")  # fmt: skip


def _run(*command: object) -> None:
    subprocess.run([str(each) for each in command], check=True, capture_output=True)
