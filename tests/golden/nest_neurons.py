"""Writes neurons.json: single neurons of NEST 3.10.0 (pip install nest-simulator==3.10.0) with listed input.

Models that NEST follows with a fixed tolerance of 1e-3 run in steps of 0.01 ms where nothing is reset on the grid: there its error
falls below 1e-6 mV away from spikes. A recorded value is the state at the end of the step that ends at its time.
"""

import json

import nest

EX = [5.0 + 7.3 * k - (0.1 * (k % 3)) for k in range(26)] + [60.0, 60.2, 61.1, 120.0, 120.5, 150.3, 150.4]
IN = [12.0 + 17.1 * k for k in range(10)]
T, EVERY, DELAY = 200.0, 1.0, 1.0
SHARP = {"Delta_V": 1e-7, "lambda_0": 1.0}
GIF = {"g_L": 8.0, "E_L": -68.0, "V_m": -68.0, "V_reset": -55.0, "C_m": 120.0, "t_ref": 3.0, "V_T_star": -47.0, "tau_stc": [12.0, 80.0, 400.0],
       "q_stc": [40.0, 8.0, -1.0], "tau_sfa": [20.0, 150.0], "q_sfa": [6.0, 1.5]}
CASES = {
    # name: model, parameters, weights, resolution in ms
    "aeif_cond_exp": ("aeif_cond_exp", {"t_ref": 2.0, "I_e": 900.0, "gsl_error_tol": 1e-10}, (60.0, -20.0), 0.1),
    "aeif_cond_exp t_ref 0": ("aeif_cond_exp", {"I_e": 900.0, "gsl_error_tol": 1e-10}, (60.0, -20.0), 0.1),
    "aeif_cond_exp sharp": ("aeif_cond_exp", {"Delta_T": 0.0, "t_ref": 1.0, "I_e": 900.0, "gsl_error_tol": 1e-10}, (20.0, -20.0), 0.1),
    "aeif_cond_alpha": ("aeif_cond_alpha", {"I_e": 900.0, "t_ref": 1.0, "gsl_error_tol": 1e-10}, (20.0, -10.0), 0.1),
    "aeif_psc_exp": ("aeif_psc_exp", {"I_e": 900.0, "gsl_error_tol": 1e-10}, (1500.0, -500.0), 0.1),
    "aeif_cond_alpha_multisynapse": ("aeif_cond_alpha_multisynapse", {"I_e": 900.0, "gsl_error_tol": 1e-10}, (10.0, None), 0.1),
    "aeif_cond_beta_multisynapse": ("aeif_cond_beta_multisynapse", {"I_e": 900.0, "gsl_error_tol": 1e-10}, (3.0, None), 0.1),
    "iaf_psc_exp_multisynapse": ("iaf_psc_exp_multisynapse", {"I_e": 300.0}, (300.0, None), 0.1),
    "iaf_psc_alpha_multisynapse": ("iaf_psc_alpha_multisynapse", {"I_e": 300.0}, (300.0, None), 0.1),
    "izhikevich": ("izhikevich", {"I_e": 5.0}, (8.0, -3.0), 0.1),
    "izhikevich printed": ("izhikevich", {"I_e": 5.0, "consistent_integration": False, "V_min": -70.0}, (60.0, -50.0), 0.1),
    "iaf_cond_beta": ("iaf_cond_beta", {"I_e": 240.0}, (20.0, -10.0), 0.1),
    "iaf_cond_beta unequal": ("iaf_cond_beta", {"I_e": 240.0, "tau_decay_ex": 3.0, "tau_decay_in": 7.0}, (4.0, -4.0), 0.1),
    "mat2_psc_exp": ("mat2_psc_exp", {"I_e": 320.0}, (400.0, -200.0), 0.1),
    "gif_psc_exp": ("gif_psc_exp", {**GIF, **SHARP, "I_e": 250.0}, (150.0, -100.0), 0.1),
    "gif_cond_exp": ("gif_cond_exp", {**GIF, **SHARP, "I_e": 250.0, "gsl_error_tol": 1e-10}, (4.0, -4.0), 0.1),
    "hh_psc_alpha": ("hh_psc_alpha", {"I_e": 600.0}, (300.0, -150.0), 0.01),
    "hh_psc_alpha_gap": ("hh_psc_alpha_gap", {"I_e": 200.0}, (100.0, -50.0), 0.01),
    "hh_cond_exp_traub": ("hh_cond_exp_traub", {"I_e": 100.0}, (8.0, -10.0), 0.01),
}


def play(model, parameters, weights, resolution):
    nest.ResetKernel()
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.resolution = resolution
    neuron = nest.Create(model, params=parameters)
    meter = nest.Create("voltmeter", params={"interval": EVERY})
    recorder = nest.Create("spike_recorder")
    nest.Connect(meter, neuron)
    nest.Connect(neuron, recorder)
    for times, weight in zip((EX, IN), weights):
        if weight is not None:
            generator = nest.Create("spike_generator", params={"spike_times": sorted(round(t, 1) for t in times)})
            port = {"receptor_type": 1} if "multisynapse" in model else {}
            nest.Connect(generator, neuron, syn_spec={"weight": weight, "delay": DELAY, **port})
    nest.Simulate(T + EVERY)
    kept = {k: v for k, v in parameters.items() if k != "gsl_error_tol"}
    return {
        "model": model,
        "parameters": kept,
        "weights": [w for w in weights if w is not None],
        "V_m": [round(v, 9) for v in meter.events["V_m"].tolist()][: int(T / EVERY)],
        "spikes_ms": [round(t, 2) for t in recorder.events["times"].tolist() if t <= T],
    }


times = [sorted(round(t, 1) for t in EX), sorted(round(t, 1) for t in IN)]
cases = {name: play(*case) for name, case in CASES.items()}
with open("neurons.json", "w") as file:
    json.dump({"input_ms": times, "delay_ms": DELAY, "every_ms": EVERY, "cases": cases}, file, separators=(",", ":"))
for name, case in cases.items():
    print(name, len(case["spikes_ms"]), case["spikes_ms"][:4], min(case["V_m"]), max(case["V_m"]))
