#!/usr/bin/env python3
"""NEST on the standard workloads: one line of JSON per run, for `neuropil bench --against nest`.

    python3 -m venv venv-nest && venv-nest/bin/pip install nest-simulator==3.10.0
    venv-nest/bin/python benches/peers/nest_bench.py brunel --threads 2 --seconds 1

On a busy machine set OMP_WAIT_POLICY=passive: NEST spins at barriers, and another job can slow it many times; on a
quiet one it costs something.
"""

import json
import resource
import time

import nest
import numpy as np

from workloads import COBA, CUBA, PD_BACKGROUND, PD_START, arguments, brunel, excitatory_inhibitory, microcircuit, size


def connect_fixed(pop, n_e, indegrees, weights, delay):
    """Excitatory and inhibitory synapses with fixed in-degrees from the two parts of `pop`."""
    for part, indegree, weight in zip((pop[:n_e], pop[n_e:]), indegrees, weights):
        nest.Connect(part, pop, dict(rule="fixed_indegree", indegree=indegree), dict(weight=weight, delay=delay))


def vogels_abbott(model, params, neurons, scale, indegrees, weights, delay):
    n_e, n_i = excitatory_inhibitory(neurons, scale)
    pop = nest.Create(model, n_e + n_i, params=params)
    pop.V_m = nest.random.uniform(-60.0, -50.0)
    connect_fixed(pop, n_e, indegrees, weights, delay)
    if model == "iaf_cond_exp":
        # Nothing would fire at rest: a kick starts the activity.
        kick = nest.Create("poisson_generator", params=dict(rate=300.0, start=0.0, stop=100.0))
        nest.Connect(kick, pop[: max(size(neurons, scale) // 20, 1)], syn_spec=dict(weight=weights[0], delay=delay))
    return n_e + n_i


def cuba(neurons):
    return lambda scale: vogels_abbott("iaf_psc_exp", CUBA, neurons, scale, (64, 16), (16.2, -90.0), 0.1)


def coba(neurons):
    return lambda scale: vogels_abbott("iaf_cond_exp", COBA, neurons, scale, (64, 16), (6.0, -67.0), 0.1)


def sparse(scale):
    delay = nest.random.uniform(1.0, 20.0)
    return vogels_abbott("iaf_psc_exp", CUBA, 1_000_000, scale, (80, 20), (12.96, -72.0), delay)


def brunel_network(scale):
    n_e, n_i, k_e, k_i, weight, rate = brunel(scale)
    params = dict(C_m=1.0, tau_m=20.0, t_ref=2.0, E_L=0.0, V_reset=0.0, V_m=0.0, V_th=20.0)
    pop = nest.Create("iaf_psc_delta", n_e + n_i, params=params)
    drive = nest.Create("poisson_generator", params=dict(rate=rate))
    nest.Connect(drive, pop, syn_spec=dict(weight=weight, delay=1.5))
    connect_fixed(pop, n_e, (k_e, k_i), (weight, -5.0 * weight), 1.5)
    return n_e + n_i


def potjans_diesmann(scale):
    n, synapses, external, weights, weight_external, current = microcircuit(scale)
    pops = []
    for i in range(8):
        params = dict(C_m=250.0, tau_m=10.0, tau_syn_ex=0.5, tau_syn_in=0.5, t_ref=2.0, E_L=-65.0, V_reset=-65.0, V_th=-50.0)
        pop = nest.Create("iaf_psc_exp", int(n[i]), params=dict(params, I_e=float(current[i])))
        pop.V_m = nest.random.normal(PD_START[0][i], PD_START[1][i])
        pops.append(pop)
    # NEST limits the number of synapses of one synapse model.
    nest.CopyModel("static_synapse", "excitatory")
    nest.CopyModel("static_synapse", "inhibitory")
    for i in range(8):
        drive = nest.Create("poisson_generator", params=dict(rate=PD_BACKGROUND * external[i]))
        nest.Connect(drive, pops[i], syn_spec=dict(weight=weight_external, delay=1.5))
        for j in range(8):
            if synapses[i, j] == 0:
                continue
            weight, delay = weights[i, j], 0.75 if j % 2 else 1.5
            low, high = (0.0, np.inf) if weight > 0 else (-np.inf, 0.0)
            spec = dict(
                synapse_model="inhibitory" if j % 2 else "excitatory",
                weight=nest.math.redraw(nest.random.normal(weight, abs(weight) * 0.1), min=low, max=high),
                delay=nest.math.redraw(nest.random.normal(delay, delay * 0.5), min=0.05, max=np.inf),
            )
            nest.Connect(pops[j], pops[i], dict(rule="fixed_total_number", N=int(synapses[i, j])), spec)
    return int(n.sum())


WORKLOADS = {
    "cuba-4k": cuba(4_000),
    "vogels-abbott": cuba(4_000),
    "cuba-40k": cuba(40_000),
    "coba-4k": coba(4_000),
    "vogels-abbott-coba": coba(4_000),
    "brunel": brunel_network,
    "microcircuit": potjans_diesmann,
    "sparse-1m": sparse,
}


def main():
    options = arguments(f"nest {nest.__version__}", WORKLOADS, __doc__)
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.local_num_threads, nest.resolution = options.threads, 0.1
    nest.rng_seed, nest.print_time = options.seed, False
    started = time.perf_counter()
    neurons = WORKLOADS[options.workload](options.scale)
    nest.Prepare()
    nest.Cleanup()
    build = time.perf_counter() - started
    if options.warm > 0:
        nest.Simulate(options.warm * 1000)
    started = time.perf_counter()
    nest.Simulate(options.seconds * 1000)
    wall = time.perf_counter() - started
    # The counter is that of the last call of Simulate.
    rate = nest.local_spike_counter / neurons / options.seconds
    print(json.dumps(dict(
        peer=f"nest {nest.__version__}",
        workload=options.workload,
        threads=options.threads,
        neurons=neurons,
        synapses=nest.num_connections,
        build_s=build,
        wall_s=wall,
        rate_hz=rate,
        peak_memory_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    )))


if __name__ == "__main__":
    main()
