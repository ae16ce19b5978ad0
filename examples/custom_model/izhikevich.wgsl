// Izhikevich's neuron on the GPU: the functions of main.rs, with mul and add where Rust has * and +, in the same order.
fn advance(d: Derived, s: ptr<function, State>, input: array<f32, CHANNELS>, current: f32) {
    let v = (*s).V_m;
    let u = (*s).U_m;
    let square = mul(mul(d.k2, v), v);
    let slope = add(add(add(add(square, mul(d.k1, v)), d.k0), -u), add(d.I_e, current));
    (*s).V_m = add(add(v, mul(d.h, slope)), input[0]);
    (*s).U_m = add(u, mul(d.h_a, add(mul(d.b, v), -u)));
}

fn margin(d: Derived, s: State) -> f32 {
    return add(s.V_m, -d.theta);
}

fn reset(d: Derived, s: ptr<function, State>) {
    (*s).V_m = d.c;
    (*s).U_m = add((*s).U_m, d.d);
}
