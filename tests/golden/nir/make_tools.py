"""Writes NIR files with snnTorch 1.0.0 and norse 1.1.0, and what these tools themselves make of an input.

    pip install torch==2.15.0 snntorch==1.0.0 norse==1.1.0 nirtorch==2.6 nir==1.0.8 h5py==3.16.0
    python make_tools.py
"""

import json
import pathlib

import nir
import norse.torch as norse
import numpy as np
import snntorch as snn
import torch
from norse.torch.utils.export_nir import to_nir
from snntorch.export_nir import export_to_nir

HERE = pathlib.Path(__file__).parent


def save(name, graph, dt, x, y):
    nir.write(HERE / f"{name}.nir", graph)
    (HERE / f"{name}.json").write_text(json.dumps(dict(dt=dt, input=np.asarray(x).tolist(), output=np.asarray(y).tolist())) + "\n")


def on_grid(layer, scale=16):
    with torch.no_grad():
        for p in layer.parameters():
            p.copy_(torch.round(p * 3 * scale) / scale)
    return layer


def snntorch_layers():
    torch.manual_seed(1)
    ones = lambda n, v: torch.full((n,), v)
    keep = dict(init_hidden=True, reset_mechanism="zero", reset_delay=False)
    net = torch.nn.Sequential(
        on_grid(torch.nn.Linear(6, 8)), snn.Leaky(beta=ones(8, 0.875), threshold=ones(8, 1.03), **keep),
        on_grid(torch.nn.Linear(8, 5)), snn.Synaptic(alpha=ones(5, 0.75), beta=ones(5, 0.875), threshold=ones(5, 1.53), output=True, **keep),
    )
    # Without ignore_dims the samples of a batch become an axis of the input.
    graph = export_to_nir(net, torch.zeros(1, 6), ignore_dims=[0])
    x = (torch.rand(100, 1, 6) < 0.4).float()
    for layer in net:
        if hasattr(layer, "reset_hidden"):
            layer.reset_hidden()
    y = [net(row)[0].detach().numpy()[0] for row in x]
    save("snntorch", graph, 1e-4, x[:, 0], y)


def norse_layers():
    torch.manual_seed(2)
    lif = norse.LIFBoxCell(norse.LIFBoxParameters(tau_mem_inv=torch.full((8,), 250.0), v_th=torch.full((8,), 0.3), v_leak=torch.zeros(8), v_reset=torch.zeros(8)), dt=1e-3)
    net = norse.SequentialState(on_grid(torch.nn.Linear(6, 8)), lif, on_grid(torch.nn.Linear(8, 4)))
    # It writes dt / tau_mem_inv, which is the time constant in s for a dt of 1 alone.
    graph = to_nir(net, torch.zeros(1, 6), dt=1.0)
    x, state, y = (torch.rand(100, 1, 6) < 0.4).float(), None, []
    for row in x:
        out, state = net(row, state)
        y.append(out.detach().numpy()[0])
    save("norse", graph, 1e-3, x[:, 0], y)


snntorch_layers()
norse_layers()
