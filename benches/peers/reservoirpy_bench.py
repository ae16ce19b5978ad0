#!/usr/bin/env python3
"""reservoirpy on the reservoirs of `neuropil reservoir --bench`: CPU time of a step in f64, the median of five runs, a line of JSON each.

    python3 -m venv venv-reservoirpy && venv-reservoirpy/bin/pip install reservoirpy==0.4.2
    OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 venv-reservoirpy/bin/python benches/peers/reservoirpy_bench.py
"""

import json
import statistics
import time

import numpy as np
import reservoirpy
from reservoirpy.nodes import Reservoir

STEPS, RUNS = 4000, 5


def microseconds_per_step(units, density, inputs):
    times = []
    for _ in range(RUNS):
        reservoir = Reservoir(units, sr=0.9, lr=0.5, rc_connectivity=density, seed=1)
        # Weights are drawn when the first inputs come.
        reservoir.run(inputs[:10])
        begun = time.process_time()
        reservoir.run(inputs)
        times.append(time.process_time() - begun)
    return 1e6 * statistics.median(times) / len(inputs)


def main():
    inputs = np.random.default_rng(0).uniform(-1, 1, (STEPS, 1))
    for units, density in ((200, 0.1), (1000, 0.1), (2000, 0.02)):
        us = microseconds_per_step(units, density, inputs)
        peer = f"reservoirpy {reservoirpy.__version__}"
        print(json.dumps({"peer": peer, "units": units, "density": density, "us_per_step": round(us, 1)}), flush=True)


if __name__ == "__main__":
    main()
