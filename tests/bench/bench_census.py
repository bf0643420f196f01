"""Cold, raw file to registered model (100 trees), beside pandas + scikit-learn + LightGBM."""

import json
import pathlib
import tempfile

ROUNDS = 5
AUC_MARGIN = 0.012  # two splits of 32,537 rows differ by about this much


def bench(measure):
    with tempfile.TemporaryDirectory() as place:
        peer = str(pathlib.Path(__file__).with_name("census_peer.py"))
        peer_command = [measure.PEER_PYTHON, peer, str(measure.CENSUS_FILE),
                        place + "/model.joblib"]

        def quern():
            with measure.project_copy(measure.CENSUS) as project:
                run = measure.Weighed([measure.QUERN, "run", "--json"], cwd=project)
                shown = measure.Weighed([measure.QUERN, "show", "income", "--json"], cwd=project)
                run.facts = json.loads(shown.output)
                return run

        def other():
            run = measure.Weighed(peer_command)
            run.facts = json.loads(run.output)
            return run

        mine, theirs = measure.rounds(ROUNDS, quern, other)
    my_auc, peer_auc = find_metric(mine[0].facts, "roc_auc"), theirs[0].facts["roc_auc"]
    if abs(my_auc - peer_auc) > AUC_MARGIN:
        raise SystemExit(f"the models are not alike: ROC AUC {my_auc} and {peer_auc}")
    print(f"  equal answers: ROC AUC {my_auc:.4f} and {peer_auc:.4f} on a held-out fifth")
    my_seconds, peer_seconds = measure.median(mine), measure.median(theirs)
    my_peak, peer_peak = measure.median(mine, "peak_bytes"), measure.median(theirs, "peak_bytes")
    missed = measure.report("raw file to registered model", measure.milliseconds(my_seconds),
                            measure.milliseconds(peer_seconds), "a third of the peer's",
                            my_seconds * 3 <= peer_seconds)
    missed += measure.report("peak memory", measure.megabytes(my_peak),
                             measure.megabytes(peer_peak), "half of the peer's",
                             my_peak * 2 <= peer_peak)
    return missed


def find_metric(facts, name):
    """The value of a metric on the test rows, wherever `show --json` keeps it."""
    if isinstance(facts, dict):
        if facts.get("name") == name and "value" in facts:
            return facts["value"]
        if isinstance(facts.get(name), (int, float)):
            return facts[name]
        facts = list(facts.values())
    if isinstance(facts, list):
        for fact in facts:
            found = find_metric(fact, name)
            if found is not None:
                return found
    return None
