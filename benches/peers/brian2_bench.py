#!/usr/bin/env python3
"""Brian2 (C++ standalone) on the standard workloads: one line of JSON per run, for `neuropil bench --against brian2`.

    python3.13 -m venv venv-brian2 && venv-brian2/bin/pip install brian2==2.11.0      (Python 3.13, a C++ compiler)
    venv-brian2/bin/python benches/peers/brian2_bench.py brunel --threads 1 --seconds 1
"""

import json
import logging
import shutil
import tempfile
import time

import brian2
import numpy as np
from brian2 import Hz, NeuronGroup, PoissonGroup, PoissonInput, PopulationRateMonitor, Synapses, mV, ms, pA, pF, second

from workloads import PD_BACKGROUND, PD_START, arguments, brunel, excitatory_inhibitory, microcircuit, size

logging.getLogger("brian2").setLevel(logging.ERROR)

VOGELS_ABBOTT = dict(taum=20 * ms, taue=5 * ms, taui=10 * ms, Vt=-50 * mV, Vr=-60 * mV)


def indegree(rng, group, n, low, high, k, on_pre, model="", **more):
    """Synapses from neurons low..high to all, `k` to each."""
    synapses = Synapses(group, group, model, on_pre=on_pre, **more)
    synapses.connect(i=rng.integers(low, high, k * n, dtype=np.int32), j=np.repeat(np.arange(n, dtype=np.int32), k))
    return synapses


def cuba(neurons, indegrees=(64, 16), weights=(1.62, -9.0), spread=False):
    def build(rng, scale):
        n_e, n_i = excitatory_inhibitory(neurons, scale)
        n = n_e + n_i
        group = NeuronGroup(
            n,
            "dv/dt = (ge + gi - (v - El)) / taum : volt (unless refractory)\n"
            "dge/dt = -ge / taue : volt\ndgi/dt = -gi / taui : volt",
            threshold="v > Vt", reset="v = Vr", refractory=5 * ms, method="exact",
            namespace=dict(VOGELS_ABBOTT, El=-49 * mV),
        )
        group.v = "Vr + rand() * (Vt - Vr)"
        parts = []
        for low, high, k, variable, weight in ((0, n_e, indegrees[0], "ge", weights[0]), (n_e, n, indegrees[1], "gi", weights[1])):
            if spread:
                # A weight and a delay of its own for each synapse.
                synapses = indegree(rng, group, n, low, high, k, f"{variable} += w", "w : volt")
                synapses.w = weight * mV
                synapses.delay = "1*ms + 19*ms*rand()"
            else:
                synapses = indegree(rng, group, n, low, high, k, f"{variable} += {weight}*mV", delay=0.1 * ms)
            parts.append(synapses)
        return group, parts

    return build


def coba(neurons):
    def build(rng, scale):
        n_e, n_i = excitatory_inhibitory(neurons, scale)
        n = n_e + n_i
        group = NeuronGroup(
            n,
            "dv/dt = (ge*(Ee - v) + gi*(Ei - v) - (v - El)) / taum : volt (unless refractory)\n"
            "dge/dt = -ge / taue : 1\ndgi/dt = -gi / taui : 1",
            threshold="v > Vt", reset="v = Vr", refractory=5 * ms, method="exponential_euler",
            namespace=dict(VOGELS_ABBOTT, El=-60 * mV, Ee=0 * mV, Ei=-80 * mV),
        )
        group.v = "Vr + rand() * (Vt - Vr)"
        # Nothing would fire at rest: a kick starts the activity.
        kick = PoissonGroup(max(size(neurons, scale) // 20, 1), rates="300*Hz*int(t < 100*ms)")
        kicked = Synapses(kick, group, on_pre="ge += 0.6")
        kicked.connect(j="i")
        excitatory = indegree(rng, group, n, 0, n_e, 64, "ge += 0.6", delay=0.1 * ms)
        inhibitory = indegree(rng, group, n, n_e, n, 16, "gi += 6.7", delay=0.1 * ms)
        return group, [excitatory, inhibitory, kick, kicked]

    return build


def brunel_network(rng, scale):
    n_e, n_i, k_e, k_i, weight, rate = brunel(scale)
    n = n_e + n_i
    group = NeuronGroup(
        n, "dv/dt = -v / taum : volt (unless refractory)", threshold="v >= 20*mV", reset="v = 0*mV",
        refractory=2 * ms, method="exact", namespace=dict(taum=20 * ms),
    )
    excitatory = indegree(rng, group, n, 0, n_e, k_e, f"v_post += {weight}*mV", delay=1.5 * ms)
    inhibitory = indegree(rng, group, n, n_e, n, k_i, f"v_post += {-5 * weight}*mV", delay=1.5 * ms)
    return group, [excitatory, inhibitory, PoissonInput(group, "v", k_e, rate / k_e * Hz, weight * mV)]


def potjans_diesmann(rng, scale):
    n, synapses, external, weights, weight_external, current = microcircuit(scale)
    first = np.concatenate([[0], np.cumsum(n)])
    group = NeuronGroup(
        int(n.sum()),
        "dv/dt = (-(v - El) + (Isyn + Idc)*Rm) / taum : volt (unless refractory)\n"
        "dIsyn/dt = -Isyn / taus : amp\nIdc : amp (constant)",
        threshold="v >= Vt", reset="v = Vr", refractory=2 * ms, method="exact",
        namespace=dict(El=-65 * mV, Rm=10 * ms / (250 * pF), taum=10 * ms, taus=0.5 * ms, Vt=-50 * mV, Vr=-65 * mV),
    )
    start, injected = np.zeros(first[-1]), np.zeros(first[-1])
    pre, post, weight, delay = [], [], [], []
    for x in range(8):
        own = slice(first[x], first[x + 1])
        start[own] = rng.normal(PD_START[0][x], PD_START[1][x], n[x])
        injected[own] = current[x]
        for y in range(8):
            count, mean = int(synapses[x, y]), 0.75 if y % 2 else 1.5
            pre.append(rng.integers(first[y], first[y + 1], count, dtype=np.int32))
            post.append(rng.integers(first[x], first[x + 1], count, dtype=np.int32))
            weight.append(rng.normal(weights[x, y], abs(weights[x, y]) * 0.1, count))
            drawn = rng.normal(mean, 0.5 * mean, count)
            while (drawn < 0.05).any():
                drawn[drawn < 0.05] = rng.normal(mean, 0.5 * mean, (drawn < 0.05).sum())
            delay.append(drawn)
    group.v, group.Idc = start * mV, injected * pA
    joined = Synapses(group, group, "w : amp", on_pre="Isyn += w")
    joined.connect(i=np.concatenate(pre), j=np.concatenate(post))
    joined.w, joined.delay = np.concatenate(weight) * pA, np.concatenate(delay) * ms
    drives = [
        PoissonInput(group[first[x]:first[x + 1]], "Isyn", int(external[x]), PD_BACKGROUND * Hz, weight_external * pA)
        for x in range(8)
    ]
    return group, [joined] + drives


WORKLOADS = {
    "cuba-4k": cuba(4_000),
    "vogels-abbott": cuba(4_000),
    "cuba-40k": cuba(40_000),
    "coba-4k": coba(4_000),
    "vogels-abbott-coba": coba(4_000),
    "brunel": brunel_network,
    "microcircuit": potjans_diesmann,
    "sparse-1m": cuba(1_000_000, (80, 20), (1.296, -7.2), True),
}


def main():
    options = arguments(f"brian2 {brian2.__version__}", WORKLOADS, __doc__)
    folder = tempfile.mkdtemp(prefix="brian2-")
    if options.threads > 1:
        brian2.prefs.devices.cpp_standalone.openmp_threads = options.threads
    brian2.set_device("cpp_standalone", directory=folder, build_on_run=False)
    brian2.seed(options.seed)
    brian2.defaultclock.dt = 0.1 * ms
    started = time.perf_counter()
    group, rest = WORKLOADS[options.workload](np.random.default_rng(options.seed), options.scale)
    monitor = PopulationRateMonitor(group)
    network = brian2.Network(group, *rest, monitor)
    if options.warm > 0:
        network.run(options.warm * second)
    network.run(options.seconds * second)
    brian2.device.build(directory=folder, compile=True, run=False, debug=False)
    build = time.perf_counter() - started
    brian2.device.run(folder, with_output=False, run_args=[])
    # The time of the last call of run.
    wall = brian2.device._last_run_time
    rate = float(np.asarray(monitor.rate / Hz)[int(round(options.warm / 1e-4)):].mean())
    synapses = int(sum(len(part) for part in rest if isinstance(part, Synapses)))
    shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(dict(
        peer=f"brian2 {brian2.__version__}",
        workload=options.workload,
        threads=options.threads,
        neurons=len(group),
        synapses=synapses,
        build_s=build,
        wall_s=wall,
        rate_hz=rate,
    )))


if __name__ == "__main__":
    main()
