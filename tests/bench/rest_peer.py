#!/usr/bin/env python3
"""The usual scoring service: FastAPI and pydantic in front of ONNX Runtime, one worker.

Usage: rest_peer.py FILE ONNX_OUT          trains the model of census_peer.py's shape, writes ONNX
       rest_peer.py --serve ONNX_OUT PORT  serves it with a bearer token and validation
"""

import json
import sys

NUMBERS = ["age", "education_num", "capital_gain", "capital_loss", "hours_per_week"]
TEXTS = ["workclass", "education", "marital_status", "occupation", "relationship", "race", "sex",
         "native_country"]


def train(file, onnx_out):
    import lightgbm
    import pandas
    from census_peer import COLUMNS
    from onnxmltools import convert_lightgbm
    from onnxmltools.convert.common.data_types import FloatTensorType

    rows = pandas.read_csv(file, header=None, names=COLUMNS, na_values="?", skipinitialspace=True)
    codes = {name: sorted(rows[name].dropna().unique()) for name in TEXTS}
    matrix = rows[NUMBERS].astype("float32").copy()
    for name in TEXTS:
        matrix[name] = pandas.Categorical(rows[name], codes[name]).codes.astype("float32")
    model = lightgbm.LGBMClassifier(n_estimators=100, num_leaves=31, random_state=1, n_jobs=2,
                                    verbose=-1)
    model.fit(matrix.to_numpy(), (rows["income"] == ">50K").astype(int))
    graph = convert_lightgbm(model, zipmap=False, target_opset=15,
                             initial_types=[("rows", FloatTensorType([None, matrix.shape[1]]))])
    with open(onnx_out, "wb") as out:
        out.write(graph.SerializeToString())
    with open(onnx_out + ".json", "w") as out:
        first = float(model.predict_proba(matrix.to_numpy()[:1])[0, 1])
        json.dump({"codes": codes, "first_row_probability": first}, out)


def serve(onnx_out, port):
    import hmac
    from typing import Optional

    import numpy
    import onnxruntime
    import uvicorn
    from fastapi import FastAPI, Header, HTTPException
    from pydantic import create_model

    with open(onnx_out + ".json") as facts:
        codes = {name: {text: i for i, text in enumerate(texts)}
                 for name, texts in json.load(facts)["codes"].items()}
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(onnx_out, options, providers=["CPUExecutionProvider"])
    Row = create_model("Row", **{name: (Optional[float], None) for name in NUMBERS},
                       **{name: (Optional[str], None) for name in TEXTS})
    app = FastAPI()

    @app.post("/score/income")
    async def score(row: Row, authorization: str = Header("")):
        if not hmac.compare_digest(authorization, "Bearer token"):
            raise HTTPException(401)
        values = [getattr(row, name) for name in NUMBERS]
        values = [numpy.nan if value is None else value for value in values]
        values += [codes[name].get(getattr(row, name), -1) for name in TEXTS]
        label, probability = session.run(None, {"rows": numpy.array([values], numpy.float32)})
        return {"prediction": bool(label[0]), "probability": float(probability[0, 1])}

    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="error", access_log=False)


if __name__ == "__main__":
    if sys.argv[1] == "--serve":
        serve(sys.argv[2], sys.argv[3])
    else:
        train(sys.argv[1], sys.argv[2])
