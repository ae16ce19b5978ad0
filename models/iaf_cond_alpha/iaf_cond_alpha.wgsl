// Leaky integrate-and-fire with alpha-shaped conductances; the equations and their source are in mod.rs.
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
        (*s).V_m = magnus(d, (*s).V_m, add(d.I_e, current), ex, inh);
    }
    (*s).g_ex = ex_end;
    (*s).dg_ex = add(mul((*s).dg_ex, d.P11_ex), mul(input[0], d.rise_ex));
    (*s).g_in = in_end;
    (*s).dg_in = add(mul((*s).dg_in, d.P11_in), mul(input[1], d.rise_in));
}

// One step of V; ex and inh hold the mean (x) and the tilt (y) of a conductance, see models/conductances.rs.
fn magnus(d: Derived, v: f32, total: f32, ex: vec2<f32>, inh: vec2<f32>) -> f32 {
    let drive = mul(add(add(total, mul(ex.x, d.E_ex)), mul(inh.x, d.E_in)), d.dt_over_C);
    let drive_tilt = mul(add(mul(ex.y, d.E_ex), mul(inh.y, d.E_in)), d.dt_over_C);
    let z = mul(add(add(d.g_L, ex.x), inh.x), d.dt_over_C);
    let z_tilt = mul(add(ex.y, inh.y), d.dt_over_C);
    let a = add(drive, add(mul(z, drive_tilt), -mul(z_tilt, drive)));
    let y = mul(z, 0.25);
    let tail = add(1.0 / 6.0, -mul(y, add(1.0 / 24.0, -mul(y, 1.0 / 120.0))));
    let phi_quarter = add(1.0, -mul(y, add(0.5, -mul(y, tail))));
    let phi_half = mul(phi_quarter, add(1.0, -mul(mul(y, phi_quarter), 0.5)));
    let phi = mul(phi_half, add(1.0, -mul(y, phi_half)));
    return add(v, mul(add(a, -mul(z, v)), phi));
}

fn margin(d: Derived, s: State) -> f32 {
    return add(s.V_m, -d.theta);
}

fn reset(d: Derived, s: ptr<function, State>) {
    (*s).V_m = d.reset;
    (*s).refractory = d.refractory;
}
