#!/usr/bin/env python3
"""Starts real servers for tests, on loopback, each in a temporary folder, and stops them.

Usage: servers.py start NAME SERVERS_JSON     leaves it running; its address goes into the file
       servers.py stop NAME SERVERS_JSON
       servers.py with NAME... -- COMMAND     starts them, runs COMMAND with the file's path put in
                                              place of the word SERVERS, stops them

See README.md for how a test uses it. A server that does not start is a failure with its log's end.
"""

import contextlib
import fcntl
import importlib
import json
import os
import pathlib
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

FIX = "run `deps/install tests`"
NAMES = ["kafka", "mariadb", "mongodb", "postgresql", "redis", "s3", "web"]
ROOT = pathlib.Path(__file__).resolve().parents[2]
# A password that must be quoted wherever it goes, and the only host that certificates are for.
PASSWORD = "p@ss w:rd/'\"%\\1"
HOST_OF_CERTIFICATE = "db.example"
LIFE_S = 3600  # one that nobody stops ends by itself
START_S = 90


def fail(what):
    sys.exit(what)


def call(*command, input=None, **more):
    command = [str(word) for word in command]
    try:
        done = subprocess.run(command, input=input, capture_output=True, text=True, timeout=300,
                              **more)
    except FileNotFoundError:
        fail(f"{command[0]} is not installed: {FIX}")
    if done.returncode != 0:
        fail(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def use_packages():
    """Makes the packages of deps/tests.txt known to this Python."""
    for folder in (ROOT / "deps/tests/lib").glob("python3*/site-packages"):
        if str(folder) not in sys.path:
            sys.path.append(str(folder))


def sql_text(text):
    return "'" + text.replace("'", "''") + "'"


def free_port():
    """Below the ports that the system itself gives away, so that nobody else gets it meanwhile."""
    while True:
        port = random.SystemRandom().randrange(15000, 32000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def is_open(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Server:
    """One kind of server. A file NAME.py has a subclass `Server` and what tests do with it."""

    stop_signal = signal.SIGTERM
    refuses_root = False
    environment = {}

    def __init__(self, place):
        self.place = place
        self.port = free_port()
        self.user = None
        if self.refuses_root and os.getuid() == 0:
            self.user = pwd.getpwnam("nobody")
            os.chown(place, self.user.pw_uid, self.user.pw_gid)

    def as_user(self):
        return {"user": self.user.pw_uid, "group": self.user.pw_gid} if self.user else {}

    def call(self, *command, **more):
        return call(*command, cwd=self.place, **self.as_user(), **more)

    def make_certificates(self):
        """server.crt and .key, of a host that this one is not, and authority.crt that signed it."""
        for name, host, more in [
                ("authority", "quern test authority", []),
                ("server", HOST_OF_CERTIFICATE,
                 ["-addext", f"subjectAltName=DNS:{HOST_OF_CERTIFICATE}", "-CA", "authority.crt",
                  "-CAkey", "authority.key"])]:
            self.call("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                      "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={host}",
                      "-keyout", f"{name}.key", "-out", f"{name}.crt", *more)

    def prepare(self):
        """Writes what the server reads when it starts."""

    def command(self):
        """The server's command line, in the foreground."""
        raise NotImplementedError

    def is_ready(self):
        return is_open(self.port)

    def settle(self):
        """Makes users and the like, once it is up."""

    def address(self):
        """What tests get to know."""
        return {"host": "127.0.0.1", "port": self.port}

    def sql_address(self, scheme):
        """Of a database `shop` with users that may read, may write, must use TLS."""
        place, quoted = f"127.0.0.1:{self.port}/shop", urllib.parse.quote(PASSWORD, safe="")
        return {"host": "127.0.0.1", "port": self.port, "database": "shop", "user": "reader",
                "writer": "writer", "tls_user": "only_tls", "password": PASSWORD,
                "url": f"{scheme}://reader@{place}",
                "url_with_password": f"{scheme}://reader:{quoted}@{place}",
                "authority": str(self.place / "authority.crt"),
                "host_of_certificate": HOST_OF_CERTIFICATE}

    def log_end(self):
        log = self.place / "log"
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        return "\n".join(lines[-40:])

    def start(self):
        self.prepare()
        command = ["timeout", "-k", "10", "-s", str(int(self.stop_signal)), str(LIFE_S)]
        with open(self.place / "log", "wb") as log:
            process = subprocess.Popen([*command, *map(str, self.command())], cwd=self.place,
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       start_new_session=True,
                                       env={**os.environ, **self.environment}, **self.as_user())
        try:
            deadline = time.monotonic() + START_S
            while not self.is_ready():
                if process.poll() is not None:
                    fail(f"{self.command()[0]} ended with {process.returncode}:\n{self.log_end()}")
                if time.monotonic() > deadline:
                    fail(f"{self.command()[0]} is not ready after {START_S} s:\n{self.log_end()}")
                time.sleep(0.05)
            self.settle()
        except BaseException:
            end(process.pid, self.stop_signal)
            raise
        return {**self.address(), "pid": process.pid, "stop_signal": int(self.stop_signal),
                "folder": str(self.place)}


def is_running(group):
    """Whether a process of the group lives; one that only waits to be counted does not."""
    for file in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, found = file.read_text(errors="replace").rpartition(")")[2].split()[:3]
            if int(found) == group and state not in "ZX":
                return True
    return False


def end(pid, stop_signal):
    for number in [stop_signal, signal.SIGKILL]:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, number)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if not is_running(pid):
                return
            time.sleep(0.02)


def is_ours(entry):
    """A process number may belong to somebody else by now."""
    try:
        command = pathlib.Path(f"/proc/{entry['pid']}/cmdline").read_bytes()
    except OSError:
        return False
    return command.startswith(b"timeout\0") and entry["folder"].encode() in command


@contextlib.contextmanager
def file_of(path):
    """The addresses, to be changed; servers start side by side."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{path}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        entries = json.loads(path.read_text()) if path.exists() else {}
        yield entries
        new = pathlib.Path(f"{path}.new")
        new.write_text(json.dumps(entries, indent=2) + "\n")
        new.rename(path)


def start(name, path):
    stop(name, path)  # one that a killed test run left
    place = pathlib.Path(tempfile.mkdtemp(prefix=f"quern-{name}-"))
    place.chmod(0o755)
    try:
        entry = importlib.import_module(name).Server(place).start()
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    with file_of(path) as entries:
        entries[name] = entry


def stop(name, path):
    with file_of(path) as entries:
        entry = entries.pop(name, None)
    if entry is None:
        return
    if is_ours(entry):
        end(entry["pid"], entry["stop_signal"])
    shutil.rmtree(entry["folder"], ignore_errors=True)


@contextlib.contextmanager
def all_running(names):
    """The path of a file with the addresses of servers that run meanwhile."""
    with tempfile.TemporaryDirectory(prefix="quern-servers-") as folder:
        path = os.path.join(folder, "servers.json")
        started = []
        try:
            for name in names:
                started.append(name)
                start(name, path)
            yield path
        finally:
            for name in started:
                stop(name, path)


@contextlib.contextmanager
def running(name):
    """A server for one test alone, which may kill it: end(server["pid"], signal.SIGKILL)."""
    with all_running([name]) as path:
        yield json.loads(pathlib.Path(path).read_text())[name]


def run_with(names, command):
    with all_running(names) as path:
        return subprocess.call([path if word == "SERVERS" else word for word in command])


def main(words):
    if len(words) > 3 and words[0] == "with" and "--" in words:
        at = words.index("--")
        names, command = words[1:at], words[at + 1:]
    elif len(words) == 3 and words[0] in ("start", "stop"):
        names, command = words[1:2], None
    else:
        fail(__doc__)
    for name in names:
        if name not in NAMES:
            fail(f"no server '{name}'; there are: {' '.join(NAMES)}")
    if command:
        sys.exit(run_with(names, command))
    {"start": start, "stop": stop}[words[0]](names[0], words[2])


if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
    sys.modules["servers"] = sys.modules["__main__"]
    main(sys.argv[1:])
