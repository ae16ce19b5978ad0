//! What is said of each mistake, with its place.

use neuropil::equations::text::Model;

use super::text::{AEIF, ASTROCYTE, PSC_EXP, STDP};

/// Of a text in which the first of something is something else, what is said, and where.
const MISTAKES: [(&str, &str, &str, &str); 54] = [
    (
        AEIF,
        "/ tau_w\n",
        "/ tau_v\n",
        "model.aeif_mine.dynamics.equations, line 21, column 28: unknown name 'tau_v' (did you mean 'tau_w'?)",
    ),
    (
        AEIF,
        "min(V_m, V_peak)",
        "min(V_m, V_peek)",
        "model.aeif_mine.dynamics.equations, line 18, column 14: unknown name 'V_peek' (did you mean 'V_peak'?)",
    ),
    (AEIF, "/ C_m", "/ g_L", "model.aeif_mine.dynamics.equations, line 20, column 1: V_m' is mV/ms, but this is mV"),
    (
        AEIF,
        "exp((V - V_th) / Delta_T)",
        "exp(V - V_th)",
        "model.aeif_mine.dynamics.equations, line 19, column 33: exp takes a plain number, not mV",
    ),
    (
        AEIF,
        "V = min",
        "V_th = min",
        "model.aeif_mine.dynamics.equations, line 18, column 1: the name 'V_th' is given twice; choose another",
    ),
    (
        AEIF,
        "- w + I_e",
        "- w ++ I_e",
        "model.aeif_mine.dynamics.equations, line 20, column 81: expected a number, a name or (, not '+'",
    ),
    (
        AEIF,
        "(a * (V - E_L) - w)",
        "(a * (V - E_L) - w",
        "model.aeif_mine.dynamics.equations, line 21, column 6: the parenthesis that is opened here is not closed",
    ),
    (
        AEIF,
        "g_ex += ex",
        "g_exx += ex",
        "model.aeif_mine.receptors.ex, line 13, column 34: unknown state variable 'g_exx' (did you mean 'g_ex'?)",
    ),
    (
        AEIF,
        "nS positive",
        "nS positiv",
        "model.aeif_mine.receptors.ex, line 13, column 24: unknown weights 'positiv' (did you mean 'positive'?)",
    ),
    (
        AEIF,
        "nS positive: g_ex += ex",
        "nS positive",
        "model.aeif_mine.receptors.ex, line 13, column 32: expected : and what a spike does, as in nS positive: g += ex",
    ),
    (
        AEIF,
        "281 pF > 0: membrane capacitance",
        "281 pF > 0",
        "model.aeif_mine.parameters.C_m, line 5, column 20: expected : and a meaning, as in 20 ms > 0: time constant",
    ),
    (
        AEIF,
        "E_L mV:",
        "E_L pA:",
        "model.aeif_mine.state.V_m, line 12, column 18: V_m has not the unit of the parameter it starts at, mV",
    ),
    (
        AEIF,
        "spike = \"V_m >= V_peak\"",
        "spike = \"V_m - V_peak\"",
        "model.aeif_mine.dynamics.spike, line 23, column 10: this is a number; expected a condition, such as V_m >= V_th",
    ),
    (
        AEIF,
        "spike = \"V_m >= V_peak\"",
        "spike = \"V_m >= 0 pA\"",
        "model.aeif_mine.dynamics.spike, line 23, column 14: a comparison is of values of one unit, not mV and pA",
    ),
    (
        AEIF,
        "spike = \"V_m >= V_peak\"",
        "",
        "model.aeif_mine.dynamics.reset, line 25, column 1: there is no spike to reset after; add spike = \"V_m >= V_th\"",
    ),
    (
        AEIF,
        "t_ref holds V_m at V_reset",
        "t_ref keeps V_m at V_reset",
        "model.aeif_mine.dynamics.refractory, line 28, column 21: expected the form t_ref holds V_m at V_reset, not 'keeps'",
    ),
    (AEIF, "w = w + b", "w = x + b", "model.aeif_mine.dynamics.reset, line 26, column 5: unknown name 'x'; known: "),
    (AEIF, "w = w + b", "w := w + b", "model.aeif_mine.dynamics.reset, line 26, column 3: expected =, not ':'"),
    (
        AEIF,
        "kind = \"neuron\"",
        "kind = \"neutron\"",
        "model.aeif_mine.kind, line 2, column 9: unknown kind 'neutron' (did you mean 'neuron'?)",
    ),
    (
        AEIF,
        "kind = \"neuron\"",
        "",
        "model.aeif_mine, line 1, column 8: a model has a kind: \"neuron\", \"synapse\", \"astrocyte\"",
    ),
    (
        AEIF,
        "reset =",
        "rest =",
        "model.aeif_mine.dynamics.refractory, line 28, column 34: unknown name 'V_reset' (did you mean 'V_rest'?)",
    ),
    (
        AEIF,
        "\nreset =",
        "\nspike_in_substep = 1\nreset =",
        "model.aeif_mine.dynamics, line 14, column 18: 'spike_in_substep' is true or false, not a whole number",
    ),
    (
        AEIF,
        "\nreset =",
        "\ninput = \"first\"\nreset =",
        "model.aeif_mine.dynamics.input, line 24, column 10: unknown input 'first'; known: ",
    ),
    (
        AEIF,
        "a = \"4 nS",
        "exp = \"4 nS",
        "model.aeif_mine.parameters.exp, line 7, column 54: the name 'exp' has a meaning of its own; choose another",
    ),
    (
        AEIF,
        "ex = \"nS",
        "w = \"nS",
        "model.aeif_mine.receptors.w, line 13, column 20: the name 'w' is given twice; choose another",
    ),
    (
        AEIF,
        "[model.aeif_mine]",
        "[model.\"aeif mine\"]",
        "model.aeif mine, line 1, column 8: 'aeif mine' is no name; names are of at most 60 of the letters a to z, digits and _, and begin with a letter",
    ),
    (
        AEIF,
        "281 pF",
        "281 µF",
        "model.aeif_mine.parameters.C_m, line 5, column 14: 'µ' has no meaning here; write u for micro, as in uM",
    ),
    (
        AEIF,
        "V_m >= V_peak",
        "V_m ≥ V_peak",
        "model.aeif_mine.dynamics.spike, line 23, column 14: '≥' has no meaning here; write >=",
    ),
    (
        AEIF,
        "V_m >= V_peak",
        "V_m >= V_peak >= V_th",
        "model.aeif_mine.dynamics.spike, line 23, column 24: comparisons do not chain; write a < b and b < c",
    ),
    (
        AEIF,
        "V_m >= V_peak",
        "V_m >= V_peak && V_m > V_th",
        "model.aeif_mine.dynamics.spike, line 23, column 24: '&' has no meaning here; write and",
    ),
    (
        AEIF,
        "V_m = V_reset",
        "V_m = before(V_m)",
        "model.aeif_mine.dynamics.reset, line 25, column 7: before(...) has a meaning in the equations of a neuron and in its condition of a spike alone",
    ),
    (
        AEIF,
        "V = min(V_m, V_peak)",
        "V = min(V_m)",
        "model.aeif_mine.dynamics.equations, line 18, column 5: min takes two values or more, not 1",
    ),
    (
        AEIF,
        "V = min(V_m, V_peak)",
        "V = V_m if w else V_peak",
        "model.aeif_mine.dynamics.equations, line 18, column 12: this is a number; expected a condition, such as V_m > V_th",
    ),
    (
        AEIF,
        "V = min(V_m, V_peak)",
        "V = V_m if w > 0 pA",
        "model.aeif_mine.dynamics.equations, line 18, column 20: expected else, as in a if condition else b, not the end of the line",
    ),
    (
        AEIF,
        "V = min(V_m, V_peak)",
        "V = V_m * (w > 0 pA)",
        "model.aeif_mine.dynamics.equations, line 18, column 14: this is true or false; expected a number, such as 1 if ... else 0",
    ),
    (
        AEIF,
        "V = min(V_m, V_peak)",
        "V = V_m^w",
        "model.aeif_mine.dynamics.equations, line 18, column 8: an exponent is a plain number, not pA",
    ),
    (
        AEIF,
        "V = min(V_m, V_peak)",
        "V = V_m^0.5",
        "model.aeif_mine.dynamics.equations, line 18, column 8: a value with a unit takes a whole number as its exponent; divide by a value of its unit first",
    ),
    (
        AEIF,
        "V = min(V_m, V_peak)",
        "V = sqrt(V_m)",
        "model.aeif_mine.dynamics.equations, line 18, column 10: mV has no square root",
    ),
    (
        AEIF,
        "V = min(V_m, V_peak)",
        "V = V_m / 0",
        "model.aeif_mine.dynamics.equations, line 18, column 9: this divides by 0",
    ),
    (
        AEIF,
        "V = min(V_m, V_peak)",
        "V = 3 foo",
        "model.aeif_mine.dynamics.equations, line 18, column 7: unknown unit 'foo'; known: ",
    ),
    (
        AEIF,
        "V = min(V_m, V_peak)",
        "V = V_m V_peak",
        "model.aeif_mine.dynamics.equations, line 18, column 9: expected an operator or the end of the line, not 'V_peak'",
    ),
    (
        AEIF,
        "V = min(V_m, V_peak)",
        "V += 3 mV",
        "model.aeif_mine.dynamics.equations, line 18, column 1: equations are of the form x' = ... or x = ...",
    ),
    (
        AEIF,
        "w' = (a",
        "w' = 0 pA/ms\nw' = (a",
        "model.aeif_mine.dynamics.equations, line 22, column 1: w' has an equation above; leave one",
    ),
    (
        ASTROCYTE,
        "IP3 += delta_IP3 * in",
        "IP3 += in",
        "model.astrocyte_mine.receptors.in, line 13, column 28: IP3 is uM, but this is a plain number",
    ),
    (
        ASTROCYTE,
        "/ 1 nM, 1)",
        "/ 1 nm, 1)",
        "model.astrocyte_mine.dynamics.gives.SIC, line 27, column 66: max compares values of one unit, not uM/mm and a plain number",
    ),
    (
        ASTROCYTE,
        "from 0 to 1:",
        "from 0 uM to 1:",
        "model.astrocyte_mine.state.h_IP3R, line 12, column 116: h_IP3R is a plain number, but this is uM",
    ),
    (
        ASTROCYTE,
        "from 0 to 1:",
        "from 0 till 1:",
        "model.astrocyte_mine.state.h_IP3R, line 12, column 123: unknown unit 'till'; known: ",
    ),
    (
        ASTROCYTE,
        "+ J_leak",
        "+ J_leak + I",
        "model.astrocyte_mine.dynamics.equations, line 25, column 35: + adds values of one unit, not uM/ms and pA",
    ),
    (
        STDP,
        "send weight",
        "",
        "model.stdp_mine.events, line 12, column 18: a spike of the source sends a weight; add a line to pre: send weight",
    ),
    (
        STDP,
        "post = \"weight",
        "post = \"send weight",
        "model.stdp_mine.events.post, line 17, column 21: expected an operator or the end of the line, not '='",
    ),
    (
        STDP,
        "K_plus' = -K_plus / tau_plus",
        "K_plus' = -K_plus^2 / tau_plus",
        "model.stdp_mine.source, line 10, column 1: between spikes the state of a synapse follows an exact solution, which K_plus' has not: its rate is not linear with constant coefficients",
    ),
    (
        STDP,
        "K_plus = K_plus + 1",
        "K_minus = K_minus + 1",
        "model.stdp_mine.source.spike, line 10, column 115: unknown state variable 'K_minus' (did you mean 'K_plus'?)",
    ),
    (
        STDP,
        "[model.stdp_mine.events]",
        "[model.stdp_mine.event]",
        "model.stdp_mine, line 1, column 8: unknown key 'event' (did you mean 'events'?)",
    ),
    (
        PSC_EXP,
        "-(V_m - E_L) / tau_m +",
        "-(V_m - E_L)^2 / tau_m / 1 mV +",
        "model.iaf_psc_exp.dynamics.method, line 14, column 11: V_m' has no exact solution: its rate is not linear with constant coefficients; choose another method, such as rk4",
    ),
];

#[test]
fn mistakes_are_told_in_a_sentence_with_their_place() {
    for (text, from, to, wanted) in MISTAKES {
        assert!(text.contains(from), "{from}");
        let said = Model::of_file("m.toml", &text.replacen(from, to, 1)).unwrap_err().to_string();
        let said = said.strip_prefix("m.toml, ").unwrap();
        assert!(said.starts_with(wanted), "\n{said}\n{wanted}");
        // What follows is the line.
        let rest = &said[wanted.len()..];
        assert!(rest.is_empty() || rest.starts_with(", in \"") || wanted.ends_with("known: "), "{said}");
    }
    for text in [AEIF, ASTROCYTE, PSC_EXP, STDP] {
        assert!(Model::of_file("m.toml", text).is_ok());
    }
}
