//! The table of models, made from the declarations.

use neuropil::models::{all, table};

fn absent(table: &str) -> Vec<String> {
    let mut absent = Vec::new();
    let mut sections = table.split("### ").skip(1);
    for model in all() {
        let d = model.declaration();
        let section = sections.next().unwrap_or_default();
        let fields = d.parameters.iter().map(|p| (p.name, p.unit, p.about));
        let fields = fields.chain(d.state.iter().map(|v| (v.name, v.unit, v.about)));
        for (name, unit, about) in fields {
            let found =
                section.lines().any(|line| line.starts_with(&format!("| {name} | {unit} | ")) && line.contains(about));
            if !found {
                absent.push(format!("{}.{name}", d.name));
            }
        }
        absent.extend(
            d.channels
                .iter()
                .filter(|c| !section.contains(&format!("| {} | {} | ", c.name, c.unit)))
                .map(|c| c.name.into()),
        );
        if !section.starts_with(d.name) {
            absent.push(d.name.into());
        }
    }
    absent
}

#[test]
fn the_table_names_every_field() {
    let table = table();
    assert_eq!(absent(&table), Vec::<String>::new());
    assert!(table.contains("| tau_syn_ex | ms | 0.2 | greater than 0 | rise time of excitatory conductances |"));
    assert!(table.contains("| refractory_input |  | false | true or false |"));
    assert!(table.contains("| V_min | mV | none | a finite number | lowest potential |"));
    assert!(!table.contains("e308") && !table.contains("17976931348623157"));
}

#[test]
fn a_missing_line_is_noticed() {
    let table = table();
    let gone = table.replacen("| tau_m |", "| taum |", 1);
    assert_eq!(absent(&gone), ["adlif_neuron.tau_m"]);
}

#[test]
fn every_line_of_a_table_has_as_many_cells_as_its_head() {
    let mut cells = 0;
    for line in table().lines() {
        let here = line.matches('|').count();
        assert!(here == 0 || cells == 0 || here == cells, "{line}");
        cells = here;
    }
}
