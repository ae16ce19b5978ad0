// Leaky integrate-and-fire with jumps of the potential; the equations and their source are in mod.rs.
fn advance(d: Derived, s: ptr<function, State>, input: array<f32, CHANNELS>, current: f32) {
    if (*s).refractory > 0.0 {
        let saved = add((*s).refr_spikes_buffer, mul(input[0], d.refractory_input));
        (*s).refr_spikes_buffer = mul(saved, d.P33);
        (*s).refractory -= 1.0;
    } else {
        let driven = add(mul((*s).V_m, d.P33), mul(add(d.I_e, current), d.P30));
        let v = add(add(driven, input[0]), (*s).refr_spikes_buffer);
        (*s).V_m = select(v, d.V_min, v < d.V_min);
        (*s).refr_spikes_buffer = 0.0;
    }
}

fn margin(d: Derived, s: State) -> f32 {
    return add(s.V_m, -d.theta);
}

fn reset(d: Derived, s: ptr<function, State>) {
    (*s).V_m = d.reset;
    (*s).refractory = d.refractory;
}
