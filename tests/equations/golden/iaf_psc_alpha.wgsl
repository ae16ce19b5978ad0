// Leaky integrate-and-fire with alpha-shaped currents; the equations and their source are in mod.rs.
fn advance(d: Derived, s: ptr<function, State>, input: array<f32, CHANNELS>, current: f32) {
    if (*s).refractory > 0.0 {
        (*s).refractory -= 1.0;
    } else {
        let ex = add(mul((*s).dI_syn_ex, d.P31_ex), mul((*s).I_syn_ex, d.P32_ex));
        let inh = add(mul((*s).dI_syn_in, d.P31_in), mul((*s).I_syn_in, d.P32_in));
        let synaptic = add(add(mul((*s).V_m, d.P33), ex), inh);
        let v = add(synaptic, mul(add(d.I_e, current), d.P30));
        (*s).V_m = select(v, d.V_min, v < d.V_min);
    }
    (*s).I_syn_ex = add(mul((*s).I_syn_ex, d.P11_ex), mul((*s).dI_syn_ex, d.P21_ex));
    (*s).dI_syn_ex = add(mul((*s).dI_syn_ex, d.P11_ex), mul(input[0], d.rise_ex));
    (*s).I_syn_in = add(mul((*s).I_syn_in, d.P11_in), mul((*s).dI_syn_in, d.P21_in));
    (*s).dI_syn_in = add(mul((*s).dI_syn_in, d.P11_in), mul(input[1], d.rise_in));
}

fn margin(d: Derived, s: State) -> f32 {
    return add(s.V_m, -d.theta);
}

fn reset(d: Derived, s: ptr<function, State>) {
    (*s).V_m = d.reset;
    (*s).refractory = d.refractory;
}
