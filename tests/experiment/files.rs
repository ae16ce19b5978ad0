//! Stimuli from files: rates of each neuron as a matrix, events of a camera.

use super::{setup, spikes};
use crate::support::room::Room;
use neuropil::network::Drive;

fn refusal(more: &str) -> String {
    super::experiment(more).unwrap().setup().expect_err(more).to_string()
}

#[test]
fn rates_of_each_neuron_come_from_a_matrix() {
    let room = Room::new("rates");
    room.write("rates.csv", "10,20,30,40\n50,60,70,80\n");
    let path = room.path("rates.csv").display().to_string();
    let more = |interval: &str, to: &str| {
        format!(
            "[[stimulus]]\ntype = \"inhomogeneous_poisson_generator\"\nto = \"{to}\"\nfile = \"{path}\"\n\
             interval = {interval}"
        )
    };
    let setup = setup(&more("2.0", "inh"));
    let Drive::Inhomogeneous(own) = &setup.network.stimuli()[0].drive else { panic!() };
    // The first step of a row ends a step behind its beginning.
    assert!(own.rate_times.iter().zip([0.1, 2.1, 4.1]).all(|(found, time)| (found - time).abs() < 1e-9));
    assert_eq!(*own.rate_values, [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 0.0, 0.0, 0.0, 0.0]);
    // A row more than columns, and the first of whole numbers that differ: rates all the same, and no ids.
    room.write("rates.csv", "0,1,2,3\n5,5,5,5\n6,6,6,6\n7,7,7,7\n8,8,8,8\n");
    let headed = super::setup(&more("2.0", "inh"));
    let Drive::Inhomogeneous(own) = &headed.network.stimuli()[0].drive else { panic!() };
    assert_eq!(own.rate_values[..5], [0.0, 1.0, 2.0, 3.0, 5.0]);
    assert_eq!(own.rate_values.len(), 24);
    let said = refusal(&more("2.0", "exc"));
    let problem = "it has 4 columns, and exc is 8 neurons; give a row for each interval, a column for each neuron";
    assert!(said.ends_with(problem), "{said}");
    let said = refusal(&more("0.25", "inh"));
    assert!(said.ends_with("interval = 0.25 ms is not a whole number of steps of 0.1 ms"), "{said}");
}

#[test]
fn events_of_a_camera_are_spikes_to_their_pixels() {
    let room = Room::new("events");
    room.write("events.csv", "t,x,y,p\n1500,0,0,1\n2330,1,1,0\n2300,3,1,1\n");
    let path = room.path("events.csv").display().to_string();
    let more = |keys: &str| {
        format!(
            "[[population]]\nname = \"pixels\"\nsize = 8\nmodel = \"parrot_neuron\"\n[[stimulus]]\n\
             type = \"spike_generator\"\nto = \"pixels\"\nfile = \"{path}\"\noff_grid = \"up\"\n{keys}"
        )
    };
    let fired = |keys: &str| -> Vec<(u32, u32)> {
        spikes(&setup(&more(keys)), 10.0).iter().map(|spike| (spike.step, spike.id - 12)).collect()
    };
    // A delay of 1 ms behind; 2.33 ms is moved to 2.4.
    assert_eq!(fired("width = 4"), [(25, 0), (33, 7), (34, 5)]);
    assert_eq!(fired("width = 4\npolarity = 1"), [(25, 0), (33, 7)]);
    assert_eq!(fired("width = 4\npolarity = 0"), [(34, 5)]);
    let cases = [
        ("", "the file has pixels x and y; say with width how many a row has"),
        ("width = 3", "line 4: x = 3, y = 1 is no pixel of 8 neurons in rows of 3"),
        ("width = 8", "line 3: x = 1, y = 1 is no pixel of 8 neurons in rows of 8"),
        ("width = 4\npolarity = 2", "polarity = 2 must be 0 (darker) or 1 (brighter)"),
    ];
    for (keys, problem) in cases {
        let said = refusal(&more(keys));
        assert!(said.ends_with(problem), "{keys}: {said}");
    }
}
