// Relay that repeats every arriving spike; see mod.rs.
fn advance(d: Derived, s: ptr<function, State>, input: array<f32, CHANNELS>, current: f32) {
    (*s).n_spikes = input[0];
}

fn margin(d: Derived, s: State) -> f32 {
    return add(s.n_spikes, -d.theta);
}

fn reset(d: Derived, s: ptr<function, State>) {
}
