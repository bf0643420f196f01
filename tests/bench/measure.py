"""What the benches share: running a program and weighing it, interleaved rounds, the report."""

import contextlib
import http.client
import json
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
QUERN = str(ROOT / "build" / "quern")
PEER_PYTHON = str(ROOT / "deps" / "peers" / "bin" / "python")
CENSUS = ROOT / "examples" / "income"
CENSUS_FILE = CENSUS / "data" / "adult.data"
CENSUS_ROW = {
    "age": 39, "workclass": "State-gov", "education": "Bachelors", "education_num": 13,
    "marital_status": "Never-married", "occupation": "Adm-clerical",
    "relationship": "Not-in-family", "race": "White", "sex": "Male", "capital_gain": 2174,
    "capital_loss": 0, "hours_per_week": 40, "native_country": "United-States",
}


def print_machine():
    model = "unknown processor"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":")[1].strip()
            break
    print(f"{model}, {os.cpu_count()} processors, {platform.platform()}")


class Weighed:
    """One finished process: seconds of wall clock and of processors, peak resident bytes, its
    standard output."""

    def __init__(self, command, cwd=None):
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as error:
            start = time.perf_counter()
            process = subprocess.Popen(command, cwd=cwd, stdout=out, stderr=error)
            _, status, usage = os.wait4(process.pid, 0)
            self.seconds = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            self.peak_bytes = usage.ru_maxrss * 1024
            self.processor_seconds = usage.ru_utime + usage.ru_stime
            out.seek(0)
            error.seek(0)
            self.output = out.read().decode()
            if process.returncode != 0:
                words = error.read().decode()
                raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n"
                                 f"{self.output}{words}")


def rounds(count, *jobs):
    """Runs the jobs in turn, A B A B, and gives for each the list of its Weighed runs."""
    runs = [[] for _ in jobs]
    for _ in range(count):
        for job, done in zip(jobs, runs):
            done.append(job())
    return runs


def median(runs, fact="seconds"):
    return statistics.median(getattr(run, fact) for run in runs)


@contextlib.contextmanager
def project_copy(folder, *, with_state=False):
    """A fresh copy of a project; its .quern comes along only if asked for."""
    with tempfile.TemporaryDirectory(prefix="quern-bench-") as place:
        copy = pathlib.Path(place) / "project"
        ignore = None if with_state else shutil.ignore_patterns(".quern")
        shutil.copytree(folder, copy, ignore=ignore, symlinks=True)
        yield copy


def milliseconds(seconds):
    return f"{seconds * 1e3:,.1f} ms"


def megabytes(size_bytes):
    return f"{size_bytes / 1e6:,.0f} MB"


def report(what, mine, peer, target, is_met):
    """Prints one figure beside its peer and its target; returns 1 if the target is missed."""
    verdict = "met" if is_met else "MISSED"
    print(f"  {what:<34} quern {mine:<14} peer {peer:<22} target {target:<22} {verdict}")
    return 0 if is_met else 1


def free_port():
    import socket
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answer(port, path, body=None, token=None):
    """One request on loopback: (status, body as text)."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body)
    link.request("GET" if body is None else "POST", path, data, headers)
    reply = link.getresponse()
    text = reply.read().decode()
    link.close()
    return reply.status, text


def wait_until_up(port, path, token=None, seconds=60):
    """Polls until the path answers 200; the seconds it took."""
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        with contextlib.suppress(OSError):
            if answer(port, path, token=token)[0] == 200:
                return time.perf_counter() - start
        time.sleep(0.001)
    raise SystemExit(f"port {port} did not come up in {seconds} s")


def resident_bytes(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024


@contextlib.contextmanager
def serving(project):
    """`quern serve` of a project that has run; yields process, port, token, seconds to ready."""
    made = subprocess.run([QUERN, "token", "new", "--role", "scorer", "--json"], cwd=project,
                          capture_output=True, text=True, check=True)
    token = json.loads(made.stdout)["token"]
    port = free_port()
    process = subprocess.Popen([QUERN, "serve", "--port", str(port)], cwd=project,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        seconds = wait_until_up(port, "/v2/health/ready", token)
        yield process, port, token, seconds
    finally:
        process.terminate()
        process.wait(30)


WRK_SCRIPT = """wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer %s"
wrk.body = '%s'
"""


def requests_per_second(port, path, token, row, seconds=5, connections=8):
    """wrk from one thread: requests a second, p99 in seconds. Any answer but 200 ends it all."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(WRK_SCRIPT % (token, json.dumps(row)))
        script.flush()
        done = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", script.name,
             f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True, check=True)
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise SystemExit(f"wrk saw failures:\n{done.stdout}")
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)[1])
    p99, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", done.stdout).groups()
    return rate, float(p99) * {"us": 1e-6, "ms": 1e-3, "s": 1.0}[unit]
