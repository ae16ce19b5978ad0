"""Parameters shared by the peers' scripts: one place, so that every simulator runs the same workload.

Names are those of `neuropil bench`; `scale` is the size relative to the published one, as there.
"""

import argparse
import json

import numpy as np

# Vogels & Abbott 2005 as in Brette et al. 2007, benchmarks 1 (COBA) and 2 (CUBA); NEST's names and units.
VOGELS_ABBOTT = dict(C_m=200.0, V_th=-50.0, V_reset=-60.0, t_ref=5.0, tau_syn_ex=5.0, tau_syn_in=10.0)
CUBA = dict(VOGELS_ABBOTT, tau_m=20.0, E_L=-49.0)
COBA = dict(VOGELS_ABBOTT, g_L=10.0, E_L=-60.0, E_ex=0.0, E_in=-80.0)

# Potjans & Diesmann 2014, order L23E L23I L4E L4I L5E L5I L6E L6I; PD_P[target][source].
PD_N = np.array([20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948])
PD_EXTERNAL = np.array([1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100])
PD_P = np.array([
    [0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0, 0.0076, 0],
    [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0, 0.0042, 0],
    [0.0077, 0.0059, 0.0497, 0.135, 0.0067, 0.0003, 0.0453, 0],
    [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0, 0.1057, 0],
    [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0],
    [0.0548, 0.0269, 0.0257, 0.0022, 0.06, 0.3158, 0.0086, 0],
    [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252],
    [0.0364, 0.001, 0.0034, 0.0005, 0.0277, 0.008, 0.0658, 0.1443],
])
PD_RATE = np.array([0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829])
PD_START = (
    np.array([-68.28, -63.16, -63.33, -63.45, -63.11, -61.66, -66.72, -61.43]),
    np.array([5.36, 4.57, 4.74, 4.94, 4.94, 4.55, 5.46, 4.48]),
)
PD_WEIGHT = 87.8085  # pA, for a postsynaptic potential of 0.15 mV
PD_BACKGROUND = 8.0  # spikes/s of each external input


def size(full, scale):
    """`full` neurons at a scale."""
    return max(int(np.round(full * scale)), 1)


def excitatory_inhibitory(neurons, scale):
    """Four fifths and one fifth of the neurons, each rounded for itself."""
    return size(neurons - neurons // 5, scale), size(neurons // 5, scale)


def brunel(scale):
    """Brunel 2000, model A: sizes, in-degrees, weight in mV (J times C_E is kept) and rate of the drive in spikes/s."""
    n_e, n_i = size(10_000, scale), size(2_500, scale)
    weight = 0.1 * 2_500 / n_i
    eta, theta, tau = 2.0, 20.0, 20.0
    k_e, k_i = (max(int(0.1 * n + 0.5), 1) for n in (n_e, n_i))
    return n_e, n_i, k_e, k_i, weight, 1000.0 * eta * theta / (weight * tau)


def microcircuit(scale):
    """Neurons, synapses [target][source], external in-degrees, weights pA, external weight pA, current pA at a scale."""
    n = np.round(PD_N * scale).astype(int)
    full = np.log(1 - PD_P) / np.log(1 - 1 / np.outer(PD_N, PD_N).astype(float))
    synapses = np.round(full * scale * scale).astype(int)
    external = np.round(PD_EXTERNAL * scale)
    weights = np.where(np.arange(8) % 2 == 0, PD_WEIGHT, -4 * PD_WEIGHT)[None, :].repeat(8, 0)
    weights[0, 2] *= 2
    weight_external, current = PD_WEIGHT, np.zeros(8)
    if scale != 1:
        # In-degrees shrink, so weights grow, and the mean drive that is lost comes as a current.
        loss = 1e-3 * 0.5 * (1 - np.sqrt(scale))
        lost = (weights * full / PD_N[:, None] * PD_RATE).sum(1) + weight_external * PD_EXTERNAL * PD_BACKGROUND
        current = loss * lost
        weights, weight_external = weights / np.sqrt(scale), weight_external / np.sqrt(scale)
    return n, synapses, external, weights, weight_external, current


def arguments(peer, workloads, documentation):
    """The options of a peer's script; with --list, says on one line of JSON what there is, and ends."""
    parser = argparse.ArgumentParser(description=documentation, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workload", nargs="?", choices=sorted(workloads), help="what to run")
    parser.add_argument("--list", action="store_true", help="say who this is and which workloads there are")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1.0, help="biological time that is timed")
    parser.add_argument("--warm", type=float, default=0.2, help="biological time before that, s")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=float, default=1.0, help="size relative to the published one")
    options = parser.parse_args()
    if options.list:
        print(json.dumps(dict(peer=peer, workloads=sorted(workloads))))
        raise SystemExit
    if options.workload is None:
        parser.error("name a workload")
    return options
