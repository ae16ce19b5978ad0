//! Models of one's own with the real program.

use super::own_models::{LIF, network};
use crate::support::room::Room;

#[test]
fn a_model_in_a_file_is_taken_and_carried_along() {
    let room = Room::new("own-model-file");
    let text = network("lif", "");
    let (model, rest) = text.split_once("\n[simulation]").unwrap();
    room.write("lif.toml", model);
    room.write("net.toml", format!("[simulation]{}", rest.replace("model = \"lif\"", "model = \"lif.toml\"")));
    let output = room.run(&["run", "net.toml", "--device", "cpu", "--out", "o"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let spikes = std::fs::read_to_string(room.path("o/spikes.csv")).unwrap();
    assert!(spikes.lines().count() > 1000);
    assert_eq!(std::fs::read_to_string(room.path("o/inputs/lif.toml")).unwrap(), model);
    // The folder goes elsewhere, and the file is gone.
    std::fs::remove_file(room.path("lif.toml")).unwrap();
    let output = room.run(&["run", "o/experiment.toml", "--device", "cpu", "--out", "p"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(std::fs::read_to_string(room.path("p/spikes.csv")).unwrap(), spikes);
}

#[test]
fn mistakes_in_models_are_told_where_they_are() {
    let room = Room::new("own-model-mistakes");
    let refused = |from: &str, to: &str| {
        let text = network("lif", "");
        assert!(text.contains(from), "{from}");
        room.write("net.toml", text.replace(from, to));
        room.refused(&["run", "net.toml"])
    };
    let said = refused("I_syn_ex' = -I_syn_ex / tau_syn_ex", "I_syn_ex' = -I_syn_ex / tau_syn_ec");
    assert!(said.contains("did you mean 'tau_syn_ex'?") && said.contains("line 16"), "{said}");
    let said = refused("model = \"lif\"", "model = \"lof\"");
    assert!(said.contains("did you mean 'lif'?"), "{said}");
    let said = refused("[model.lif", "[model.iaf_psc_alpha");
    assert!(said.contains("there is a built-in model of this name"), "{said}");
    let said = refused("kind = \"neuron\"", "kind = \"nueron\"");
    assert!(said.contains("did you mean 'neuron'?"), "{said}");
    let said = refused("I_e = { uniform", "V_reset = -50.0, I_e = { uniform");
    assert!(said.contains("n.V_reset = -50 must be < V_th"), "{said}");
    let said = refused("model = \"lif\"", "model = \"none.toml\"");
    assert!(said.contains("none.toml"), "{said}");
}

#[test]
fn a_model_is_explained() {
    let room = Room::new("model-explained");
    room.write("lif.toml", LIF.replace("iaf_psc_exp", "lif"));
    let print = |arguments: &[&str]| {
        let output = room.run(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let said = print(&["model", "lif.toml"]);
    for words in [
        "lif: leaky integrate-and-fire",
        "C_m",
        "250 pF",
        "> 0",
        "membrane capacitance",
        "V_m' =",
        "exactly: V_m, I_syn_ex, I_syn_in",
        "operations a step",
    ] {
        assert!(said.contains(words), "{words} is not in\n{said}");
    }
    assert!(print(&["model", "iaf_cond_exp"]).contains("g_ex <-"));
    assert!(print(&["model", "lif.toml", "--rust"]).contains("neuron! {"));
    assert!(print(&["model"]).contains("parrot_neuron"));
    let json: serde_json::Value = serde_json::from_str(&print(&["model", "lif.toml", "--json"])).unwrap();
    assert_eq!(json[0]["parameters"][1]["name"], "C_m");
    let said = room.refused(&["model", "iaf_psc_epx"]);
    assert!(said.contains("did you mean 'iaf_psc_exp'?"), "{said}");
    room.refused(&["model", "none.toml"]);
    room.refused(&["model", "lif.toml", "--dt", "0"]);
}

#[test]
fn what_a_preset_records_is_recorded_unless_tables_say_otherwise() {
    let room = Room::new("preset_records");
    let own = ["run", "c-elegans-graded", "--seconds", "0.02", "--out", "own"];
    assert!(room.run(&own).status.success());
    assert!(
        room.path("own/traces_interneuron_V_m.csv").is_file() && room.path("own/traces_interneuron_V_m.png").is_file()
    );
    let record = "[[record]]\nwhat = \"V_m\"\nfrom = \"motor\"\n";
    room.write("net.toml", format!("[preset]\nname = \"c-elegans-graded\"\n[simulation]\nduration = 20.0\n{record}"));
    assert!(room.run(&["run", "net.toml", "--out", "other"]).status.success());
    assert!(
        room.path("other/traces_motor_V_m.csv").is_file() && !room.path("other/traces_interneuron_V_m.csv").exists()
    );
}

#[test]
fn astrocytes_which_never_fire_are_left_out_of_mean_rates() {
    let room = Room::new("rates_without_astrocytes");
    let net = "[preset]\nname = \"astrocyte-brunel\"\nscale = 0.05\n[simulation]\nduration = 60.0\n";
    room.write("net.toml", net);
    assert!(room.run(&["run", "net.toml", "--out", "out"]).status.success());
    let summary = std::fs::read_to_string(room.path("out/summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    let [all, mean] =
        [&summary["statistics"]["rate_hz"], &summary["run"]["mean_rate_hz"]].map(|rate| rate.as_f64().unwrap());
    assert!(mean > 0.0 && (all / mean - 1.0).abs() < 1e-9, "{all}, {mean}");
    // Only astrocytes: they are recorded, and none fires.
    let only =
        "[simulation]\nduration = 5.0\n[[population]]\nname = \"glia\"\nsize = 3\nmodel = \"astrocyte_lr_1994\"\n";
    room.write("net.toml", only);
    let output = room.run(&["run", "net.toml", "--out", "only"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
