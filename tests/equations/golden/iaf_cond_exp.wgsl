// Leaky integrate-and-fire with exponential conductances; the equations and their source are in mod.rs.
import conductances;

fn advance(d: Derived, s: ptr<function, State>, input: array<f32, CHANNELS>, current: f32) {
    let ex_end = mul((*s).g_ex, d.P11_ex);
    let in_end = mul((*s).g_in, d.P11_in);
    if (*s).refractory > 0.0 {
        (*s).refractory -= 1.0;
        (*s).V_m = d.reset;
    } else {
        let ex = vec2<f32>(mul((*s).g_ex, d.mean_ex), mul((*s).g_ex, d.tilt_ex));
        let inh = vec2<f32>(mul((*s).g_in, d.mean_in), mul((*s).g_in, d.tilt_in));
        (*s).V_m = magnus((*s).V_m, add(d.I_e, current), d.g_L, d.dt_over_C, vec2<f32>(d.E_ex, d.E_in), ex, inh);
    }
    (*s).g_ex = add(ex_end, input[0]);
    (*s).g_in = add(in_end, input[1]);
}

fn margin(d: Derived, s: State) -> f32 {
    return add(s.V_m, -d.theta);
}

fn reset(d: Derived, s: ptr<function, State>) {
    (*s).V_m = d.reset;
    (*s).refractory = d.refractory;
}
