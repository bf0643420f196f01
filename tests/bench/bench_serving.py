"""The scoring service: ready, idle memory, and single rows beside FastAPI + ONNX Runtime."""

import json
import pathlib
import statistics
import subprocess
import tempfile

PEER = str(pathlib.Path(__file__).with_name("rest_peer.py"))
PEER_TOKEN = "token"
ROUNDS = 3


def check_equal_answers(measure, project, port, token):
    """The service's answer must be the offline one, to the last digit."""
    status, text = measure.answer(port, "/score/income", measure.CENSUS_ROW, token)
    if status != 200:
        raise SystemExit(f"quern answered {status}: {text}")
    columns = ",".join(measure.CENSUS_ROW)
    values = ",".join(str(value) for value in measure.CENSUS_ROW.values())
    (project / "row.csv").write_text(f"{columns}\n{values}\n")
    measure.Weighed([measure.QUERN, "score", "income", "row.csv", "-o", "out.json"], cwd=project)
    offline = json.loads((project / "out.json").read_text())
    offline = offline[0] if isinstance(offline, list) else offline
    online = json.loads(text)
    if online["probability"] != offline["probability"]:
        raise SystemExit(f"REST and file scores differ: {online} and {offline}")
    return online["probability"]


def bench(measure):
    missed = 0
    with measure.project_copy(measure.CENSUS) as project, tempfile.TemporaryDirectory() as place:
        measure.Weighed([measure.QUERN, "run"], cwd=project)
        graph = place + "/model.onnx"
        measure.Weighed([measure.PEER_PYTHON, PEER, str(measure.CENSUS_FILE), graph])

        ready, idle = [], []
        for _ in range(5):
            with measure.serving(project) as (process, port, token, seconds):
                ready.append(seconds)
                idle.append(measure.resident_bytes(process.pid))
        seconds = statistics.median(ready)
        missed += measure.report("ready after start", measure.milliseconds(seconds), "-", "150 ms",
                                 seconds <= 0.150)
        missed += measure.report("idle memory", measure.megabytes(statistics.median(idle)), "-",
                                 "80 MB", statistics.median(idle) <= 80e6)
        missed += race(measure, project, graph)
    return missed


def race(measure, project, graph):
    peer_port = measure.free_port()
    peer = subprocess.Popen([measure.PEER_PYTHON, PEER, "--serve", graph, str(peer_port)],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with measure.serving(project) as (_, port, token, _):
            mine = check_equal_answers(measure, project, port, token)
            measure.wait_until_up(peer_port, "/docs")
            status, text = measure.answer(peer_port, "/score/income", measure.CENSUS_ROW,
                                          PEER_TOKEN)
            theirs = json.loads(text)["probability"]
            first = json.loads(pathlib.Path(graph + ".json").read_text())["first_row_probability"]
            if status != 200 or abs(theirs - first) > 1e-5 or abs(mine - theirs) > 0.2:
                raise SystemExit(f"answers are not alike: quern {mine}, peer {theirs} ({first})")
            print(f"  equal answers: quern {mine:.4f} by REST and by file; "
                  f"the peer's own {theirs:.4f}")
            runs = [(measure.requests_per_second(port, "/score/income", token, measure.CENSUS_ROW),
                     measure.requests_per_second(peer_port, "/score/income", PEER_TOKEN,
                                                 measure.CENSUS_ROW)) for _ in range(ROUNDS)]
    finally:
        peer.terminate()
        peer.wait(30)
    my_rate, my_p99 = (statistics.median(run[0][i] for run in runs) for i in (0, 1))
    peer_rate, peer_p99 = (statistics.median(run[1][i] for run in runs) for i in (0, 1))
    missed = measure.report("REST single rows a second", f"{my_rate:,.0f}", f"{peer_rate:,.0f}",
                            "5 times the peer's", my_rate >= 5 * peer_rate)
    print(f"  {'p99 of these':<34} quern {measure.milliseconds(my_p99):<14} "
          f"peer {measure.milliseconds(peer_p99)}")
    return missed
