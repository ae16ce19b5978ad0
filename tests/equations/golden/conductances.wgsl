// One step of V under conductances that are known functions of time; twin of models/conductances.rs. `ex` and `inh` hold
// the mean (x) and the tilt (y) of a conductance, `reversal` their reversal potentials.
import exact;

fn magnus(v: f32, total: f32, g_L: f32, dt_over_C: f32, reversal: vec2<f32>, ex: vec2<f32>, inh: vec2<f32>) -> f32 {
    let drive = mul(add(add(total, mul(ex.x, reversal.x)), mul(inh.x, reversal.y)), dt_over_C);
    let drive_tilt = mul(add(mul(ex.y, reversal.x), mul(inh.y, reversal.y)), dt_over_C);
    let z = mul(add(add(g_L, ex.x), inh.x), dt_over_C);
    let z_tilt = mul(add(ex.y, inh.y), dt_over_C);
    let a = add(drive, add(mul(z, drive_tilt), -mul(z_tilt, drive)));
    let y = mul(z, 0.25);
    let tail = add(1.0 / 6.0, -mul(y, add(1.0 / 24.0, -mul(y, 1.0 / 120.0))));
    let phi_quarter = add(1.0, -mul(y, add(0.5, -mul(y, tail))));
    let phi_half = mul(phi_quarter, add(1.0, -mul(mul(y, phi_quarter), 0.5)));
    let phi = mul(phi_half, add(1.0, -mul(y, phi_half)));
    return add(v, mul(add(a, -mul(z, v)), phi));
}
