//! What cannot be coupled is told in a sentence.

use neuropil::network::Coupling;
use neuropil::prelude::*;

fn net() -> (Network, Selection, Selection) {
    let mut net = Network::new(0.1.ms());
    let cells = net.add("cells", 4, IafPscExp::default()).unwrap();
    let relays = net.add("relays", 4, ParrotNeuron::default()).unwrap();
    (net, cells, relays)
}

fn refused(result: neuropil::Result<()>) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.exit_code(), 2);
    error.to_string()
}

#[test]
fn what_cannot_be_coupled_is_told() {
    let (mut net, cells, relays) = net();
    assert_eq!(
        refused(net.couple(&cells, &relays, OneToOne, GapJunction::new(1.0))),
        "gap_junction cells -> relays (population 'relays', parrot_neuron): its model takes no current; couple another \
         population"
    );
    assert!(refused(net.couple(&relays, &cells, OneToOne, GapJunction::new(1.0).one_way())).starts_with(
        "gap_junction relays -> cells (population 'relays', parrot_neuron): its model has no variable V_m"
    ));
    assert_eq!(
        refused(net.couple(&cells, &cells, AllToAll, GapJunction::new(-1.0))),
        "gap_junction cells -> cells, weight: a conductance is 0 nS or greater; of a distribution keep draws within, as by \
         min = 0"
    );
    let early = "ms is no delay of one step (0.1 ms) to 65536 steps";
    for coupling in
        [Coupling::from(GapJunction::new(1.0).delayed(0.04)), Graded::new(1.0, -60.0, 2.0).delayed(-1.0).into()]
    {
        let told = refused(net.couple(&cells, &cells, AllToAll, coupling));
        assert!(told.contains("cells -> cells, delay: ") && told.contains(early), "{told}");
    }
    let both = Explicit::new([0, 1], [1, 0]);
    let uneven = GapJunction::new(1.0).delayed(Value::each([1.0, 2.0]));
    assert!(refused(net.couple(&cells, &cells, both, uneven)).contains("no mirror image of its weight and delay"));
    let list = Explicit::new([0, 1], [1, 2]);
    let weights = Value::each([1.0, 2.0, 3.0]);
    assert!(refused(net.couple(&cells, &cells, list, GapJunction::new(weights))).contains("3 values for 2 items"));
    let graded = Graded { variable: "V_n".into(), ..Graded::new(1.0, -60.0, 2.0) };
    assert!(
        refused(net.couple(&cells, &cells, AllToAll, graded)).contains("its model has no variable V_n; it has V_m")
    );
    assert!(refused(net.couple(&cells, &cells, AllToAll, Graded::new(1.0, -60.0, 0.0))).contains("slope not 0"));
    assert!(
        refused(net.couple(&cells, cells.slice(0..2), OneToOne, Graded::new(1.0, -60.0, 1.0)))
            .contains("equal numbers")
    );
    assert!(net.couple(&cells, &cells, AllToAll, Graded::new(-1.0, -60.0, 2.0)).is_ok());
}

#[test]
fn slow_inward_currents_come_from_astrocytes() {
    let (mut net, cells, relays) = net();
    let model = neuropil::models::named("astrocyte_lr_1994", "test").unwrap();
    let astrocytes = net.add_population(Population::new("astrocytes", 4, model).unwrap()).unwrap();
    assert_eq!(
        refused(net.couple(&cells, &cells, OneToOne, Sic::new(1.0, 1.0))),
        "sic_connection cells -> cells (population 'cells', iaf_psc_exp): its model gives no signal SIC; name astrocytes, such \
         as astrocyte_lr_1994"
    );
    assert!(
        refused(net.couple(&astrocytes, &cells, OneToOne, Sic::new(1.0, 0.0)))
            .starts_with("sic_connection astrocytes -> cells, delay: 0 ms is no delay of one step (0.1 ms)")
    );
    assert!(refused(net.couple(&cells, &astrocytes, OneToOne, GapJunction::new(1.0))).contains("has no variable V_m"));
    assert_eq!(
        refused(net.stimulate(&relays, DcGenerator { amplitude: 1.0, start: 0.0, stop: 9.0 }, Static::new(1.0, 1.0))),
        "stimulus dc_generator -> relays: population 'relays' is of parrot_neuron, which takes no current"
    );
    net.connect(&cells, &astrocytes, OneToOne, Static::new(-1.0, 1.0)).unwrap();
    let said = net.build(Device::cpu(), Seed(1)).unwrap_err().to_string();
    assert!(said.contains("-1"), "{said}");
}
