"""Writes the NIR files of this folder with the Python package `nir`, and beside each a JSON file with an input and what the
graph makes of it, computed here in numpy by a loop of its own: forward Euler, every connection within its step.

Made with nir 1.0.8, h5py 3.16.0 (HDF5 1.14), numpy 2.4.6, Python 3.11:

    python -m venv venv && venv/bin/pip install nir==1.0.8 h5py==3.16.0 numpy==2.4.6
    venv/bin/python make.py
"""

import json
import pathlib

import h5py
import nir
import numpy as np

HERE = pathlib.Path(__file__).parent


def save(name, graph, dt, inputs, outputs, **more):
    nir.write(HERE / f"{name}.nir", graph)
    told = dict(dt=dt, input=np.asarray(inputs).tolist(), output=np.asarray(outputs).tolist(), **more)
    (HERE / f"{name}.json").write_text(json.dumps(told) + "\n")


class Lif:
    """tau dv/dt = (v_leak - v) + r i; a spike where v > v_threshold, and then v = v_reset."""

    def __init__(self, node, dt, spikes=True):
        self.p, self.dt, self.spikes = node, dt, spikes
        self.v = np.array(node.v_leak, dtype=np.float64)
        self.z = np.zeros_like(self.v)

    def step(self, i):
        p = self.p
        self.v = self.v + self.dt / np.float64(p.tau) * ((p.v_leak - self.v) + p.r * i)
        if not self.spikes:
            return self.v.copy()
        self.z = (self.v > p.v_threshold).astype(np.float64)
        self.v = np.where(self.z > 0, p.v_reset, self.v)
        return self.z


class If:
    """dv/dt = r i."""

    def __init__(self, node, dt):
        self.p, self.dt = node, dt
        self.v = np.zeros(node.r.shape)

    def step(self, i):
        self.v = self.v + self.dt * np.float64(self.p.r) * i
        z = (self.v > self.p.v_threshold).astype(np.float64)
        self.v = np.where(z > 0, self.p.v_reset, self.v)
        return z


class CubaLif:
    """tau_syn di/dt = -i + w_in s, tau_mem dv/dt = (v_leak - v) + r i; the current first, as snnTorch has it."""

    def __init__(self, node, dt, current_first=True):
        self.p, self.dt, self.first = node, dt, current_first
        self.v = np.array(node.v_leak, dtype=np.float64)
        self.i = np.zeros_like(self.v)

    def step(self, s):
        p = self.p
        i = self.i + self.dt / np.float64(p.tau_syn) * (-self.i + p.w_in * s)
        used = i if self.first else self.i
        self.v = self.v + self.dt / np.float64(p.tau_mem) * ((p.v_leak - self.v) + p.r * used)
        self.i = i
        z = (self.v > p.v_threshold).astype(np.float64)
        self.v = np.where(z > 0, p.v_reset, self.v)
        return z


def conv(node, x):
    w, (sy, sx), (py, px), (dy, dx) = np.float64(node.weight), node.stride, node.padding, node.dilation
    x = np.pad(x, ((0, 0), (py, py), (px, px)))
    out, inner, ky, kx = w.shape
    per = out // node.groups
    high = (x.shape[1] - dy * (ky - 1) - 1) // sy + 1
    wide = (x.shape[2] - dx * (kx - 1) - 1) // sx + 1
    y = np.zeros((out, high, wide))
    for o in range(out):
        first = (o // per) * inner
        for a in range(high):
            for b in range(wide):
                rows, columns = a * sy + dy * np.arange(ky), b * sx + dx * np.arange(kx)
                part = x[first : first + inner][:, rows][:, :, columns]
                y[o, a, b] = node.bias[o] + (part * w[o]).sum()
    return y


def pool(x, size, stride, padding, mean):
    x = np.pad(x, ((0, 0), (padding[0],) * 2, (padding[1],) * 2))
    high, wide = ((x.shape[1 + k] - size[k]) // stride[k] + 1 for k in (0, 1))
    y = np.zeros((x.shape[0], high, wide))
    for a in range(high):
        for b in range(wide):
            part = x[:, a * stride[0] : a * stride[0] + size[0], b * stride[1] : b * stride[1] + size[1]]
            y[:, a, b] = part.sum(axis=(1, 2)) / (size[0] * size[1] if mean else 1)
    return y


def f32(*values):
    return np.array(values, dtype=np.float32)


def grid(rng, *shape):
    """Weights on a grid of 1/16."""
    return (rng.integers(-24, 33, shape) / 16.0).astype(np.float32)


def one_layer():
    rng = np.random.default_rng(1)
    affine = nir.Affine(grid(rng, 4, 3), f32(0.25, 0.0, -0.125, 0.5))
    lif = nir.LIF(f32(5e-3, 1e-2, 2e-2, 5e-3), f32(1, 1, 2, 1.5), f32(0, 0, -0.25, 0), f32(0.25, 0.5, 0.375, 0.75), f32(0, 0, -0.5, 0.125))
    graph = nir.NIRGraph(
        {"input": nir.Input(np.array([3])), "fc": affine, "lif": lif, "output": nir.Output(np.array([4]))},
        [("input", "fc"), ("fc", "lif"), ("lif", "output")],
    )
    dt, neurons = 1e-3, Lif(lif, 1e-3)
    x = rng.integers(0, 2, (60, 3)).astype(float)
    y = [neurons.step(np.float64(affine.weight) @ row + affine.bias) for row in x]
    save("lif", graph, dt, x, y)


def deep():
    rng = np.random.default_rng(2)
    a, b, c = (nir.Linear(grid(rng, *shape)) for shape in [(6, 5), (4, 6), (2, 4)])
    n = lambda value, size: np.full(size, value, dtype=np.float64)
    lif = nir.LIF(n(4e-4, 6), n(2.0, 6), n(0.0, 6), n(0.75, 6), n(0.0, 6))
    cuba = nir.CubaLIF(n(5e-4, 4), n(8e-4, 4), n(1.5, 4), n(0.1, 4), n(0.5, 4), n(-0.1, 4), n(2.0, 4))
    li = nir.LI(n(1e-3, 2), n(1.0, 2), n(0.0, 2))
    graph = nir.NIRGraph(
        {"in": nir.Input(np.array([5])), "a": a, "lif": lif, "b": b, "cuba": cuba, "c": c, "li": li, "out": nir.Output(np.array([2]))},
        [("in", "a"), ("a", "lif"), ("lif", "b"), ("b", "cuba"), ("cuba", "c"), ("c", "li"), ("li", "out")],
        metadata={"dt": 1e-4, "note": "Schicht für Schicht – три", "deeper": {"list": np.arange(3), "flag": True, "names": ["a", "b"]}},
    )
    dt = 1e-4
    x = (rng.random((80, 5)) < 0.4).astype(float)
    for name, first in [("deep", True), ("deep_current_last", False)]:
        one, two, three = Lif(lif, dt), CubaLif(cuba, dt, first), Lif(li, dt, spikes=False)
        y = [three.step(c.weight @ two.step(b.weight @ one.step(a.weight @ row))) for row in np.float64(x)]
        if name == "deep":
            save(name, graph, dt, x, y)
        else:
            (HERE / f"{name}.json").write_text(json.dumps(dict(dt=dt, input=x.tolist(), output=np.array(y).tolist())) + "\n")


def recurrent():
    rng = np.random.default_rng(3)
    fc, back, out = nir.Linear(grid(rng, 5, 3)), nir.Affine(grid(rng, 5, 5), f32(0.0625, 0, 0, -0.0625, 0)), nir.Linear(grid(rng, 2, 5))
    lif = nir.LIF(*(np.full(5, value, dtype=np.float32) for value in (4e-3, 4.0, 0.0, 1.0, 0.0)))
    inner = nir.NIRGraph(
        {"input": nir.Input(np.array([5])), "lif": lif, "w_rec": back, "output": nir.Output(np.array([5]))},
        [("input", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "output")],
    )
    last = nir.LIF(*(np.full(2, value, dtype=np.float32) for value in (8e-3, 8.0, 0.0, 1.0, 0.0)))
    graph = nir.NIRGraph(
        {"input": nir.Input(np.array([3])), "fc": fc, "rec": inner, "fc2": out, "lif2": last, "output": nir.Output(np.array([2]))},
        [("input", "fc"), ("fc", "rec"), ("rec", "fc2"), ("fc2", "lif2"), ("lif2", "output")],
    )
    dt, one, two = 1e-3, Lif(lif, 1e-3), Lif(last, 1e-3)
    x, y = rng.integers(0, 2, (80, 3)).astype(float), []
    for row in x:
        current = np.float64(fc.weight) @ row + np.float64(back.weight) @ one.z + back.bias
        y.append(two.step(np.float64(out.weight) @ one.step(current)))
    save("recurrent", graph, dt, x, y)


def convolution():
    rng = np.random.default_rng(4)
    first = nir.Conv2d((6, 5), grid(rng, 4, 2, 3, 2), (1, 2), (1, 0), (2, 1), 1, f32(0.125, 0, -0.25, 0))
    second = nir.Conv2d((4, 2), grid(rng, 4, 2, 3, 1), 1, (1, 0), 1, 2, f32(0, 0.0625, 0, 0))
    r = np.full((4, 4, 2), 1000.0)
    neurons = nir.IF(r, np.ones((4, 4, 2)), np.zeros((4, 4, 2)))
    total = nir.SumPool2d(np.array([2, 1]), np.array([2, 1]), np.array([1, 0]))
    mean = nir.AvgPool2d(np.array([2, 2]), np.array([1, 1]), np.array([0, 0]))
    flat = nir.Flatten({"input": np.array([4, 2, 1])}, 0, -1)
    last = nir.LIF(*(np.full(8, value) for value in (4e-3, 4.0, 0.0, 3.0, 0.0)))
    graph = nir.NIRGraph(
        {
            "input": nir.Input(np.array([2, 6, 5])), "first": first, "if": neurons, "second": second, "sum": total, "mean": mean,
            "flat": flat, "lif": last, "output": nir.Output(np.array([8])),
        },
        [("input", "first"), ("first", "if"), ("if", "second"), ("second", "sum"), ("sum", "mean"), ("mean", "flat"), ("flat", "lif"), ("lif", "output")],
        # nir 1.0.8 infers wrong shapes for groups, and for kernels whose sides differ.
        type_check=False,
    )
    dt, one, two = 1e-3, If(neurons, 1e-3), Lif(last, 1e-3)
    x, y = rng.integers(0, 2, (40, 2, 6, 5)).astype(float), []
    for frame in x:
        made = conv(second, one.step(conv(first, frame)))
        made = pool(pool(made, (2, 1), (2, 1), (1, 0), False), (2, 2), (1, 1), (0, 0), True)
        y.append(two.step(made.reshape(-1)))
    save("convolution", graph, dt, x, y)


def delays():
    """Whole weights meet the threshold exactly, which is no spike; delays differ by unit."""
    rng = np.random.default_rng(5)
    scale, wait = nir.Scale(np.array([1.0, 2.0, -1.0])), nir.Delay(np.array([0.0, 2e-3, 5e-3]))
    fc = nir.Linear(rng.integers(-2, 4, (4, 3)).astype(np.float64))
    neurons = nir.IF(np.full(4, 1000.0), np.array([2.0, 3.0, 4.0, 5.0]))
    gate = nir.Threshold(np.array([0.0, 1.0]))
    last = nir.Linear(np.array([[1.0, -1.0, 1.0, 0.0], [1.0, 1.0, 0.0, 1.0]]))
    graph = nir.NIRGraph(
        {
            "input": nir.Input(np.array([3])), "scale": scale, "delay": wait, "fc": fc, "if": neurons, "last": last, "gate": gate,
            "output": nir.Output(np.array([2])),
        },
        [("input", "scale"), ("scale", "delay"), ("delay", "fc"), ("fc", "if"), ("if", "last"), ("last", "gate"), ("gate", "output")],
        metadata={"dt": 1e-3},
    )
    dt, one, steps = 1e-3, If(neurons, 1e-3), [0, 2, 5]
    x, y, met = rng.integers(0, 2, (60, 3)).astype(float), [], 0
    for k in range(len(x)):
        late = np.array([scale.scale[u] * (x[k - d, u] if k >= d else 0.0) for u, d in enumerate(steps)])
        before = one.v + dt * 1000.0 * (fc.weight @ late)
        met += int((before == neurons.v_threshold).sum())
        y.append((last.weight @ one.step(fc.weight @ late) > gate.threshold).astype(float))
    assert met > 20, met
    save("delays", graph, dt, x, y, met=met)


def wrong():
    """Files with one fault each, made of one that has none."""
    text = h5py.string_dtype()

    def neurons(group, left_out=None, kind="LIF", size_of_r=3):
        group.create_dataset("type", data=kind, dtype=text)
        for name in ("tau", "r", "v_leak", "v_threshold"):
            if name != left_out:
                group.create_dataset(name, data=np.ones(size_of_r if name == "r" else 3))

    def ends(nodes, names):
        for name in names:
            group = nodes.create_group(name)
            group.create_dataset("type", data=name.capitalize(), dtype=text)
            group.create_dataset("shape", data=np.array([3]))

    def graph(group, edges, names=("input", "output")):
        group.create_dataset("type", data="NIRGraph", dtype=text)
        group.create_dataset("edges", data=edges, dtype=text)
        nodes = group.create_group("nodes")
        ends(nodes, names)
        return nodes

    through = [("input", "lif"), ("lif", "output")]

    def file(name, edges=through, names=("input", "output"), **more):
        (HERE / "wrong").mkdir(exist_ok=True)
        with h5py.File(HERE / "wrong" / f"{name}.nir", "w", libver="latest") as file:
            neurons(graph(file.create_group("node"), edges, names).create_group("lif"), **more)

    file("unknown", kind="Lif")
    file("missing", left_out="v_threshold")
    file("shape", size_of_r=2)
    file("nowhere", edges=[("input", "lif"), ("lif", "nobody")])
    file("endless", edges=through[:1], names=("input",))
    with h5py.File(HERE / "wrong" / "single.nir", "w", libver="latest") as single:
        neurons(single.create_group("node"))
    with h5py.File(HERE / "wrong" / "nested.nir", "w", libver="latest") as nested:
        nodes = graph(nested.create_group("node"), [("input", "inner"), ("inner", "output")])
        neurons(graph(nodes.create_group("inner"), through).create_group("lif"), left_out="v_threshold")


wrong()
for make in (one_layer, deep, recurrent, convolution, delays):
    make()
