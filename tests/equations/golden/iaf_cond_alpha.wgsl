// Leaky integrate-and-fire with alpha-shaped conductances; the equations and their source are in mod.rs.
import conductances;

fn advance(d: Derived, s: ptr<function, State>, input: array<f32, CHANNELS>, current: f32) {
    let ex_end = add(mul((*s).g_ex, d.P11_ex), mul((*s).dg_ex, d.P21_ex));
    let in_end = add(mul((*s).g_in, d.P11_in), mul((*s).dg_in, d.P21_in));
    if (*s).refractory > 0.0 {
        (*s).refractory -= 1.0;
        (*s).V_m = d.reset;
    } else {
        let ex = vec2<f32>(
            add(mul((*s).g_ex, d.mean_ex), mul((*s).dg_ex, d.mean_rise_ex)),
            add(mul((*s).g_ex, d.tilt_ex), mul((*s).dg_ex, d.tilt_rise_ex)),
        );
        let inh = vec2<f32>(
            add(mul((*s).g_in, d.mean_in), mul((*s).dg_in, d.mean_rise_in)),
            add(mul((*s).g_in, d.tilt_in), mul((*s).dg_in, d.tilt_rise_in)),
        );
        (*s).V_m = magnus((*s).V_m, add(d.I_e, current), d.g_L, d.dt_over_C, vec2<f32>(d.E_ex, d.E_in), ex, inh);
    }
    (*s).g_ex = ex_end;
    (*s).dg_ex = add(mul((*s).dg_ex, d.P11_ex), mul(input[0], d.rise_ex));
    (*s).g_in = in_end;
    (*s).dg_in = add(mul((*s).dg_in, d.P11_in), mul(input[1], d.rise_in));
}

fn margin(d: Derived, s: State) -> f32 {
    return add(s.V_m, -d.theta);
}

fn reset(d: Derived, s: ptr<function, State>) {
    (*s).V_m = d.reset;
    (*s).refractory = d.refractory;
}
