//! Images and events of a camera from arrays.

use neuropil::experiment::{Experiment, Setup};
use neuropil::network::{Drive, Latency};
use neuropil::prelude::*;

use crate::support::room::Room;

/// An NPY file.
fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let mut header = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': ({shape}), }}");
    header += &" ".repeat(63 - (10 + header.len()) % 64);
    header += "\n";
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header.as_bytes());
    file.extend(data);
    file
}

fn idx(kind: u8, shape: &[u32], data: &[u8]) -> Vec<u8> {
    let sizes = shape.iter().flat_map(|size| size.to_be_bytes());
    [0, 0, kind, shape.len() as u8].into_iter().chain(sizes).chain(data.iter().copied()).collect()
}

fn gzipped(content: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(content).unwrap();
    packed.finish().unwrap()
}

fn setup(room: &Room, more: &str) -> neuropil::Result<Setup> {
    let text = format!(
        "[simulation]\nduration = 50.0\ndevice = \"cpu\"\n[[population]]\nname = \"n\"\nsize = 6\nmodel = \"parrot_neuron\"\n\
         [[stimulus]]\nto = \"n\"\n{more}\n"
    );
    Experiment::parse(room.path("net.toml"), text.as_bytes())?.setup()
}

fn spikes(room: &Room, more: &str) -> Vec<Spike> {
    let mut sim = setup(room, more).unwrap().simulation().unwrap();
    sim.run(50.0.ms()).unwrap();
    sim.all_spikes().to_vec()
}

/// Two images of 2 x 3 pixels.
const PIXELS: [u8; 12] = [0, 51, 102, 153, 204, 255, 255, 0, 0, 10, 20, 30];

fn image(keys: &str) -> String {
    format!("type = \"image_generator\"\ninterval = 20.0\n{keys}")
}

#[test]
fn latencies_are_those_of_snntorch() {
    let log = Latency::default();
    // spikegen.latency_code of snnTorch 0.9: -tau log((x - threshold) / x) with x at least threshold + 1e-7.
    for (x, time) in [(1.0, 0.010_050_336), (0.5, 0.020_202_707), (0.02, std::f64::consts::LN_2), (0.0, 11.512_935)] {
        assert!((log.of(x).unwrap() - time).abs() < 2e-6, "{x}: {:?}", log.of(x));
    }
    let linear = Latency { linear: true, tau: 5.0, ..log };
    for (x, time) in [(1.0, 0.0), (0.25, 3.75), (0.01, 4.95), (0.0, 4.95)] {
        assert!((linear.of(x).unwrap() - time).abs() < 1e-12, "{x}: {:?}", linear.of(x));
    }
    let clipped = Latency { clip: true, ..log };
    assert_eq!((clipped.of(0.009), clipped.of(0.01).is_some()), (None, true));
}

#[test]
fn images_of_all_formats_are_the_same() {
    let room = Room::new("images");
    room.write("a.npy", npy("'|u1'", "2, 2, 3", &PIXELS));
    let floats: Vec<u8> = PIXELS.iter().flat_map(|&x| (f64::from(x) / 255.0).to_be_bytes()).collect();
    room.write("b.npy", npy("'>f8'", "2, 6", &floats));
    room.write("c-idx3-ubyte", idx(8, &[2, 2, 3], &PIXELS));
    room.write("d-idx3-ubyte.gz", gzipped(&idx(8, &[2, 2, 3], &PIXELS)));
    let rows: Vec<String> = PIXELS
        .chunks(6)
        .map(|row| row.iter().map(|&x| (f64::from(x) / 255.0).to_string()).collect::<Vec<_>>().join(","))
        .collect();
    room.write("e.csv", rows.join("\n"));
    for coding in ["coding = \"latency\"\ntau = 3.0", "rate = 900.0"] {
        let of = |file: &str| spikes(&room, &image(&format!("file = \"{file}\"\n{coding}")));
        let one = of("a.npy");
        assert!(one.len() >= 9, "{} spikes", one.len());
        for file in ["b.npy", "c-idx3-ubyte", "d-idx3-ubyte.gz", "e.csv"] {
            assert!(of(file) == one, "{file}");
        }
        let other = spikes(&room, &image(&format!("file = \"a.npy\"\nimages = [1, 0]\n{coding}")));
        assert!(other != one, "another order");
    }
}

#[cfg(feature = "pictures")]
#[test]
fn a_picture_is_an_image_in_shades_of_grey() {
    let room = Room::new("image-png");
    let draw = |file: &str, colour: png::ColorType, depth: png::BitDepth, data: &[u8]| {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 3, 2);
        encoder.set_color(colour);
        encoder.set_depth(depth);
        encoder.write_header().unwrap().write_image_data(data).unwrap();
        room.write(file, bytes);
    };
    let first = &PIXELS[..6];
    draw("grey.png", png::ColorType::Grayscale, png::BitDepth::Eight, first);
    let deep: Vec<u8> = first.iter().flat_map(|&x| [x, x]).collect();
    draw("deep.png", png::ColorType::Grayscale, png::BitDepth::Sixteen, &deep);
    let red: Vec<u8> = first.iter().flat_map(|&x| [x, 0, 0, 255]).collect();
    draw("red.png", png::ColorType::Rgba, png::BitDepth::Eight, &red);
    room.write("a.npy", npy("'|u1'", "2, 2, 3", &PIXELS));
    let latency = "coding = \"latency\"\ntau = 3.0";
    let expected = spikes(&room, &image(&format!("file = \"a.npy\"\nimages = [0]\n{latency}")));
    for file in ["grey.png", "deep.png"] {
        assert!(spikes(&room, &image(&format!("file = \"{file}\"\n{latency}"))) == expected, "{file}");
    }
    let setup = setup(&room, &image("file = \"red.png\"\nrate = 1000.0")).unwrap();
    let Drive::Inhomogeneous(trains) = &setup.network.stimuli()[0].drive else { panic!("rates") };
    let rates: Vec<f64> = first.iter().map(|&x| 0.299 * 1000.0 * f64::from(x) / 255.0).collect();
    assert!(trains.rate_values.iter().zip(&rates).all(|(own, rate)| (own - rate).abs() < 1e-9));
}

#[test]
fn images_are_shown_one_after_the_other() {
    let room = Room::new("image-show");
    room.write("a.npy", npy("'|u1'", "2, 6", &PIXELS));
    let found = spikes(
        &room,
        &image("file = \"a.npy\"\nstart = 5.0\ncoding = \"latency\"\nlinear = true\ntau = 10.0\nclip = true"),
    );
    // tau (1 - x) after 5 and 25 ms, a step or more; 1 ms of delay. Dark pixels are silent.
    let expected = [(0.8, 1, 5.0), (0.6, 2, 5.0), (0.4, 3, 5.0), (0.2, 4, 5.0), (0.01, 5, 5.0), (0.01, 0, 25.0)];
    let step = |(after, _, begin): (f64, u32, f64)| ((begin + 10.0 * after + 1.0) * 10.0_f64).round() as u32;
    let mut expected: Vec<Spike> = expected.into_iter().map(|own| Spike::new(step(own), own.1)).collect();
    for (pixel, x) in [(3, 10.0), (4, 20.0), (5, 30.0)] {
        expected.push(Spike::new(((36.0 - x / 25.5) * 10.0_f64).round() as u32, pixel));
    }
    expected.sort();
    assert_eq!(found, expected);
    // Rates: those of each image while it is there.
    let setup = setup(&room, &image("file = \"a.npy\"\nstart = 5.0\nrate = 510.0")).unwrap();
    let Drive::Inhomogeneous(trains) = &setup.network.stimuli()[0].drive else { panic!("rates") };
    assert_eq!(trains.rate_times, [5.1, 25.1, 45.1]);
    let rates: Vec<f64> = PIXELS.iter().map(|&x| 2.0 * f64::from(x)).chain([0.0; 6]).collect();
    assert!(trains.rate_values.iter().zip(&rates).all(|(own, rate)| (own - rate).abs() < 1e-9));
}

#[test]
fn images_that_cannot_be_are_told() {
    let room = Room::new("image-refused");
    room.write("a.npy", npy("'|u1'", "2, 6", &PIXELS));
    room.write("seven.npy", npy("'|u1'", "1, 7", &[0; 7]));
    room.write("flat.npy", npy("'|u1'", "6, ", &[0; 6]));
    let floats: Vec<u8> = [0.0, 0.5, 1.0, 1.5, 0.0, 0.0].iter().flat_map(|x: &f64| x.to_le_bytes()).collect();
    room.write("bright.npy", npy("'<f8'", "1, 6", &floats));
    room.write("cut.npy", npy("'<f8'", "2, 6", &floats));
    room.write("cut.png", b"\x89PNG\r\n\x1a\n0000");
    room.write("words.npy", npy("'<U4'", "1, 6", &[0; 96]));
    for (keys, told) in [
        ("file = \"seven.npy\"", "its images have 7 pixels, and n is 6 neurons"),
        ("file = \"flat.npy\"", "it has one dimension"),
        ("file = \"bright.npy\"", "image 0 holds 1.5, and brightness lies between 0 and 1"),
        ("file = \"cut.npy\"", "elements are missing"),
        ("file = \"cut.png\"", if cfg!(feature = "pictures") { "it is no whole PNG picture" } else { "pictures" }),
        ("file = \"words.npy\"", "it holds elements of type"),
        ("file = \"a.npy\"\nimages = [2]", "images names 2, and"),
        ("file = \"a.npy\"\ncoding = \"ratee\"", "did you mean 'rate'?"),
        ("file = \"a.npy\"\ntau = 2.0", "tau goes with coding = \"latency\""),
        ("file = \"a.npy\"\nrate = 2.0\ncoding = \"latency\"", "rate goes with coding = \"rate\""),
        ("file = \"a.npy\"\nthreshold = 0.0\ncoding = \"latency\"", "threshold = 0 must lie between 0 and 1"),
        ("file = \"a.npy\"\nstop = 30.0", "clip, start, not stop"),
        ("", "file is missing"),
    ] {
        let said = setup(&room, &image(keys)).unwrap_err().to_string();
        assert!(said.contains(told), "{keys}: {said}");
    }
    let said = setup(&room, "type = \"image_generator\"\nfile = \"a.npy\"\ninterval = 0.05").unwrap_err().to_string();
    assert!(said.contains("interval = 0.05 ms, for which an image is there"), "{said}");
}

#[test]
fn events_in_an_array_are_those_of_a_table() {
    let room = Room::new("events-npy");
    let events = [(1500, 0, 0, 1), (2300, 1, 1, 0), (2300, 2, 1, 1), (7000, 2, 0, 1)];
    let lines: Vec<String> = events.iter().map(|(t, x, y, p)| format!("{t},{x},{y},{p}")).collect();
    room.write("events.csv", format!("t,x,y,p\n{}\n", lines.join("\n")));
    let rows = |width: usize| -> Vec<u8> {
        let row = |&(t, x, y, p): &(i64, i64, i64, i64)| [t, x, y, p].into_iter().take(width);
        events.iter().flat_map(row).flat_map(i64::to_le_bytes).collect()
    };
    room.write("rows.npy", npy("'<i8'", "4, 4", &rows(4)));
    room.write("three.npy", npy("'<i8'", "4, 3", &rows(3)));
    let record = |&(t, x, y, p): &(i64, i64, i64, i64)| {
        let mut bytes = vec![x as u8, 0, y as u8, 0, if p == 1 { 1 } else { 255 }];
        bytes.extend(t.to_le_bytes());
        bytes
    };
    let records: Vec<u8> = events.iter().flat_map(record).collect();
    room.write("records.npy", npy("[('x', '<u2'), ('y', '<u2'), ('p', '|i1'), ('t', '<i8')]", "4, ", &records));
    let of = |file: &str, more: &str| {
        spikes(&room, &format!("type = \"spike_generator\"\nfile = \"{file}\"\nwidth = 3\n{more}"))
    };
    for polarity in ["", "polarity = 0", "polarity = 1"] {
        let table = of("events.csv", polarity);
        assert!(!table.is_empty());
        assert!(of("rows.npy", polarity) == table && of("records.npy", polarity) == table, "{polarity}");
    }
    assert!(of("three.npy", "") == of("events.csv", ""));
    assert!(of("rows.npy", "polarity = 0") != of("rows.npy", "polarity = 1"));
    for (file, keys, told) in [
        ("three.npy", "width = 3\npolarity = 1", "its events have no p"),
        ("rows.npy", "width = 2", "event 2: x = 2, y = 1 is no pixel of 6 neurons in rows of 2"),
        ("rows.npy", "", "say with width how many a row has"),
        ("rows.npy", "width = 3\npopulation = \"n\"", "population goes with a CSV file"),
    ] {
        let said =
            setup(&room, &format!("type = \"spike_generator\"\nfile = \"{file}\"\n{keys}")).unwrap_err().to_string();
        assert!(said.contains(told), "{said}");
    }
}
