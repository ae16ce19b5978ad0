// Leaky integrate-and-fire with exponential currents; the equations and their source are in mod.rs.
fn advance(d: Derived, s: ptr<function, State>, input: array<f32, CHANNELS>, current: f32) {
    if (*s).refractory > 0.0 {
        (*s).refractory -= 1.0;
    } else {
        let leak_and_ex = add(mul((*s).V_m, d.P22), mul((*s).I_syn_ex, d.P21_ex));
        let synaptic = add(leak_and_ex, mul((*s).I_syn_in, d.P21_in));
        (*s).V_m = add(synaptic, mul(add(d.I_e, current), d.P20));
    }
    (*s).I_syn_ex = add(mul((*s).I_syn_ex, d.P11_ex), input[0]);
    (*s).I_syn_in = add(mul((*s).I_syn_in, d.P11_in), input[1]);
}

fn margin(d: Derived, s: State) -> f32 {
    return add(s.V_m, -d.theta);
}

fn reset(d: Derived, s: ptr<function, State>) {
    (*s).V_m = d.reset;
    (*s).refractory = d.refractory;
}
