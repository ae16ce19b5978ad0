#!/usr/bin/env python3
"""Rates and CV of inter-spike intervals of published networks in NEST, seed by seed, as JSON on standard output.

    python3 -m venv .venv && .venv/bin/pip install nest-simulator==3.10.0 numpy
    .venv/bin/python benches/peers/nest_statistics.py > tests/golden/nest_networks.json

Networks (dt 0.1 ms; the presets of the same names)
  vogels-abbott        CUBA, Brette et al. 2007, benchmark 2, with 64 + 16 inputs drawn for each neuron
  vogels-abbott-coba   COBA, the same, benchmark 1; Poisson input to 200 neurons in the first 100 ms starts the activity
  brunel               Brunel 2000, model A: order 2500, in-degree 1000 + 250, J 0.1 mV, g 5, eta 2, delay 1.5 ms
  brunel-0.2           the same with order 500: in-degree 200 + 50, J 0.5 mV
Statistics of the window [warm, warm + window] ms over all neurons
  rate   spikes / neurons / window, spikes/s
  cv     mean over the neurons with at least 4 spikes in the window of (standard deviation / mean) of their
         inter-spike intervals, the standard deviation with divisor n
  heard  the share of neurons with at least one spike in the window
  last   time of the last spike, ms (cv is null where no neuron has 4 spikes)
"""
import argparse
import json
import sys

import nest
import numpy as np

COMMON = dict(C_m=200.0, V_th=-50.0, V_reset=-60.0, t_ref=5.0, tau_syn_ex=5.0, tau_syn_in=10.0)
CUBA = dict(COMMON, tau_m=20.0, E_L=-49.0)
COBA = dict(COMMON, g_L=10.0, E_L=-60.0, E_ex=0.0, E_in=-80.0)


def vogels_abbott(model, parameters, weight_ex, weight_in, kick):
    neurons = nest.Create(model, 4000, params=parameters)
    neurons.V_m = nest.random.uniform(-60.0, -50.0)
    excitatory, inhibitory = neurons[:3200], neurons[3200:]
    for sources, indegree, weight in ((excitatory, 64, weight_ex), (inhibitory, 16, weight_in)):
        rule = dict(rule="fixed_indegree", indegree=indegree)
        nest.Connect(sources, neurons, rule, dict(weight=weight, delay=0.1))
    if kick:
        generator = nest.Create("poisson_generator", params=dict(rate=300.0, start=0.0, stop=100.0))
        nest.Connect(generator, excitatory[:200], syn_spec=dict(weight=weight_ex, delay=0.1))
    return neurons


def brunel(order):
    weight, g, eta, tau_m, theta, delay = 0.1 * 2500 / order, 5.0, 2.0, 20.0, 20.0, 1.5
    indegree_ex, indegree_in = 4 * order // 10, order // 10
    parameters = dict(C_m=1.0, tau_m=tau_m, t_ref=2.0, E_L=0.0, V_reset=0.0, V_m=0.0, V_th=theta)
    neurons = nest.Create("iaf_psc_delta", 5 * order, params=parameters)
    generator = nest.Create("poisson_generator", params=dict(rate=1000.0 * eta * theta / (weight * tau_m)))
    nest.Connect(generator, neurons, syn_spec=dict(weight=weight, delay=delay))
    for sources, indegree, w in ((neurons[: 4 * order], indegree_ex, weight), (neurons[4 * order :], indegree_in, -g * weight)):
        nest.Connect(sources, neurons, dict(rule="fixed_indegree", indegree=indegree), dict(weight=w, delay=delay))
    return neurons


# Name: (build, warm ms, window ms).
NETWORKS = {
    "vogels-abbott": (lambda: vogels_abbott("iaf_psc_exp", CUBA, 16.2, -90.0, False), 200.0, 1000.0),
    "vogels-abbott-coba": (lambda: vogels_abbott("iaf_cond_exp", COBA, 6.0, -67.0, True), 200.0, 1000.0),
    "brunel": (lambda: brunel(2500), 100.0, 400.0),
    "brunel-0.2": (lambda: brunel(500), 200.0, 1000.0),
}


def statistics(senders, times, neurons, window):
    order = np.lexsort((times, senders))
    senders, times = senders[order], times[order]
    trains = np.split(times, np.flatnonzero(np.diff(senders)) + 1)
    intervals = [np.diff(train) for train in trains if len(train) >= 4]
    cv = float(np.mean([i.std() / i.mean() for i in intervals])) if intervals else None
    last = float(times.max()) if len(times) else None
    return dict(rate=len(times) / neurons / window * 1e3, cv=cv, heard=len(np.unique(senders)) / neurons, last=last)


def run(name, seed):
    build, warm, window = NETWORKS[name]
    nest.ResetKernel()
    nest.local_num_threads, nest.resolution, nest.rng_seed = 1, 0.1, seed
    neurons = build()
    recorder = nest.Create("spike_recorder", params=dict(start=warm))
    nest.Connect(neurons, recorder)
    nest.Simulate(warm + window)
    events = recorder.events
    return dict(seed=seed, **statistics(events["senders"], events["times"], len(neurons), window))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("networks", nargs="*", help="default: all")
    arguments.add_argument("--seeds", type=int, default=5, help="seeds 1 to this")
    arguments = arguments.parse_args()
    nest.verbosity = nest.VerbosityLevel.ERROR
    result = dict(
        command="python benches/peers/nest_statistics.py " + " ".join(sys.argv[1:]),
        simulator="NEST " + nest.__version__,
        networks={},
    )
    for name in arguments.networks or NETWORKS:
        _, warm, window = NETWORKS[name]
        runs = [run(name, seed) for seed in range(1, arguments.seeds + 1)]
        result["networks"][name] = dict(warm=warm, window=window, runs=runs)
        print(name, runs, file=sys.stderr, flush=True)
    json.dump(result, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
