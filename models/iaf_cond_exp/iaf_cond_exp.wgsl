// Leaky integrate-and-fire with exponential conductances; the equations and their source are in mod.rs.
fn advance(d: Derived, s: ptr<function, State>, input: array<f32, CHANNELS>, current: f32) {
    let ex_end = mul((*s).g_ex, d.whole_ex);
    let in_end = mul((*s).g_in, d.whole_in);
    if (*s).refractory > 0.0 {
        (*s).refractory -= 1.0;
        (*s).V_m = d.reset;
    } else {
        let v = (*s).V_m;
        let ex_middle = mul((*s).g_ex, d.half_ex);
        let in_middle = mul((*s).g_in, d.half_in);
        let total = add(d.I_e, current);
        let k1 = change(d, v, (*s).g_ex, (*s).g_in, total);
        let k2 = change(d, add(v, mul(k1, 0.5)), ex_middle, in_middle, total);
        let k3 = change(d, add(v, mul(k2, 0.5)), ex_middle, in_middle, total);
        let k4 = change(d, add(v, k3), ex_end, in_end, total);
        let sum = add(add(k1, mul(add(k2, k3), 2.0)), k4);
        (*s).V_m = add(v, mul(sum, 1.0 / 6.0));
    }
    (*s).g_ex = add(ex_end, input[0]);
    (*s).g_in = add(in_end, input[1]);
}

// dt times dV/dt.
fn change(d: Derived, potential: f32, g_ex: f32, g_in: f32, total: f32) -> f32 {
    let v = select(potential, d.theta, potential > d.theta);
    let leak = add(total, -mul(d.g_L, v));
    let ex = add(leak, mul(g_ex, add(d.E_ex, -v)));
    return mul(add(ex, mul(g_in, add(d.E_in, -v))), d.dt_over_C);
}

fn margin(d: Derived, s: State) -> f32 {
    return add(s.V_m, -d.theta);
}

fn reset(d: Derived, s: ptr<function, State>) {
    (*s).V_m = d.reset;
    (*s).refractory = d.refractory;
}
