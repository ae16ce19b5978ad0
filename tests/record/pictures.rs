//! Pictures: decodable, of the size stated, with colour where there is something to see and nowhere else.

use super::{Folder, label, poisson, record};
use neuropil::record::pictures::{Picture, raster, traces};
use neuropil::record::{PopulationLabel, SpikeRecord, TraceRecord};

const BLUE: [u8; 3] = [0, 114, 178];
const MUTED: [u8; 3] = [108, 117, 125];
const VERMILLION: [u8; 3] = [213, 94, 0];

/// Pixels of exactly this colour in x.0..x.1, y.0..y.1.
fn count(picture: &Picture, colour: [u8; 3], x: (u32, u32), y: (u32, u32)) -> usize {
    let pixels = (y.0..y.1).flat_map(|y| (x.0..x.1).map(move |x| (x, y)));
    pixels.filter(|&(x, y)| picture.pixel(x, y) == Some(colour)).count()
}

/// Pixels that are not white in a part of the picture.
fn marked(picture: &Picture, x: (u32, u32), y: (u32, u32)) -> usize {
    let all = ((x.1 - x.0) * (y.1 - y.0)) as usize;
    all - count(picture, [255; 3], x, y)
}

fn two(spikes: Vec<(u32, u32)>) -> SpikeRecord {
    record(0.1, 1000.0, vec![label("exc", 0, 5), label("inh", 5, 5)], spikes)
}

fn trace(samples: Vec<f64>) -> TraceRecord {
    let (population, variable, unit) = ("exc".into(), "V_m".into(), "mV".into());
    let neurons = (0..2).collect();
    TraceRecord {
        population,
        variable,
        unit,
        interval_steps: 1,
        dt_ms: 0.1,
        neurons,
        names: None,
        samples,
        first_step: 1,
    }
}

#[test]
fn a_saved_picture_decodes_to_the_same_pixels() {
    let folder = Folder::new("png");
    let mut picture = raster::draw(&poisson(50, 20.0, 500.0), "brunel").unwrap();
    picture.save(folder.join(raster::FILE)).unwrap();
    let file = std::io::BufReader::new(std::fs::File::open(folder.join("raster.png")).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((info.width, info.height, info.color_type), (1600, 1000, png::ColorType::Rgb));
    assert_eq!(folder.names(), ["raster.png"]);
    assert_eq!(pixels, picture.rgb);
    picture.rgb[1_000_000] ^= 1;
    assert_ne!(pixels, picture.rgb);
    let error = picture.save(folder.join("raster.png/raster.png")).unwrap_err().to_string();
    assert!(error.ends_with("a part of this path is a file, choose another folder"), "{error}");
}

#[test]
fn a_spike_is_a_dot_in_its_colour_where_it_belongs() {
    // The first population lies in the upper half of the raster, the second in the lower; 0.5 s is in the middle.
    let (left, right, upper, lower) = ((130, 740), (820, 1440), (112, 420), (424, 732));
    let early = raster::draw(&two(vec![(1000, 0)]), "t").unwrap();
    let parts = |p: &Picture| {
        [(left, upper), (right, upper), (left, lower), (right, lower)].map(|(x, y)| count(p, BLUE, x, y) > 0)
    };
    assert_eq!(parts(&early), [true, false, false, false]);
    let late = raster::draw(&two(vec![(9000, 7)]), "t").unwrap();
    assert_eq!(parts(&late), [false; 4], "moved away");
    assert!(count(&late, VERMILLION, right, lower) > 0);
    assert_eq!(count(&late, VERMILLION, left, upper), 0);
}

#[test]
fn no_spikes_are_said_and_not_drawn() {
    let none = raster::draw(&two(vec![]), "t").unwrap();
    let centre = ((600, 960), (400, 444));
    assert!(count(&none, MUTED, centre.0, centre.1) > 50, "the words");
    assert_eq!(count(&none, BLUE, (130, 1440), (112, 732)), 0);
    let some = raster::draw(&two(vec![(100, 0)]), "t").unwrap();
    assert_eq!(count(&some, MUTED, centre.0, centre.1), 0, "no words over a raster with spikes");
}

#[test]
fn the_title_and_axes_are_there() {
    let spikes = two(vec![(100, 0), (5000, 9)]);
    let [long, short] = ["a network with a long name", "a"].map(|title| raster::draw(&spikes, title).unwrap());
    let title = ((30, 700), (20, 56));
    assert!(marked(&long, title.0, title.1) > 4 * marked(&short, title.0, title.1));
    assert!(marked(&short, (100, 1500), (908, 930)) > 200, "numbers of the time axis");
    assert!(marked(&short, (30, 115), (112, 732)) > 100, "names of populations");
    assert_eq!(marked(&short, (0, 12), (0, 1000)), 0, "margin");
    assert_eq!(marked(&short, (1590, 1600), (0, 1000)), 0, "margin");
}

#[test]
fn a_population_beside_kinds_has_a_colour_and_a_name_of_its_own() {
    const GREEN: [u8; 3] = [0, 148, 108];
    const YELLOW: [u8; 3] = [214, 142, 0];
    let drawn = |names: [&str; 7]| {
        let sizes = [20, 10, 20, 10, 57, 3, 2];
        let first = |i: usize| sizes[..i].iter().sum();
        let populations = (0..7).map(|i| label(names[i], first(i), sizes[i])).collect();
        // A spike of the fifth population, which lies in the lower half.
        raster::draw(&record(0.1, 1000.0, populations, vec![(5000, 80)]), "t").unwrap()
    };
    let parts = |picture: &Picture| {
        let dots = [BLUE, YELLOW].map(|colour| count(picture, colour, (760, 800), (420, 700)) > 0);
        (dots, count(picture, GREEN, (28, 104), (722, 750)) > 0)
    };
    // The fifth is coloured as the first is; the last, ten rows of pixels below another thin one, is named.
    assert_eq!(parts(&drawn(["L4E", "L4I", "L5E", "L5I", "L6E", "L6I", "thalamus"])), ([true, false], true));
    assert_eq!(parts(&drawn(["a", "b", "c", "d", "e", "f", "thalamus"])), ([false, true], false));
}

#[test]
fn a_crowd_is_shaded_by_its_density() {
    // One population, dense in its first half second and half as dense afterwards; too many spikes for one pixel each.
    let spikes = (0..20_000u32).flat_map(|id| {
        let step = move |i: u32| 1 + (id * 37 + i * 97) % 5000;
        (0..30).map(move |i| (step(i), id)).chain((0..15).map(move |i| (5000 + step(i), id)))
    });
    let mut spikes: Vec<(u32, u32)> = spikes.collect();
    spikes.sort_unstable();
    spikes.dedup();
    let dense = record(0.1, 1000.0, vec![label("exc", 0, 20_000)], spikes);
    let picture = raster::draw(&dense, "t").unwrap();
    let red = |x: (u32, u32)| -> u64 {
        (112..732)
            .flat_map(|y| (x.0..x.1).map(move |x| (x, y)))
            .map(|(x, y)| u64::from(picture.pixel(x, y).unwrap()[0]))
            .sum()
    };
    assert!(
        red((150, 750)) + 10_000_000 < red((820, 1420)),
        "the denser half is darker: {} {}",
        red((150, 750)),
        red((820, 1420))
    );
    assert!(red((820, 1420)) < 600 * 620 * 255);
}

#[test]
fn any_record_can_be_drawn() {
    let regions =
        (0..200).map(|i| label(&format!("region-{}/{}", i / 2, ["E", "I"][i as usize % 2]), 10 * i, 10)).collect();
    let names = Some((0..4).map(|i| format!("Ω{i} 神経 a name that goes on and on and on and on")).collect());
    let named = PopulationLabel { name: String::new(), first: 0, size: 4, part_of: None, names };
    let records = [
        record(0.1, 0.0, vec![], vec![]),
        record(0.1, 0.0, vec![label("a", 0, 1)], vec![]),
        record(0.1, 0.1, vec![label("a", 0, 1)], vec![(1, 0)]),
        record(1.0, 4e9, vec![label("a", 0, 1)], vec![(1, 0), (4_000_000_000, 0)]),
        record(0.1, 50.0, vec![named], vec![(1, 0), (500, 3)]),
        record(0.1, 50.0, regions, vec![(1, 0), (500, 1999)]),
        record(0.1, 50.0, vec![label("none", 0, 0), label("a", u32::MAX - 1, 1)], vec![(1, u32::MAX - 1)]),
    ];
    for record in records {
        let picture = raster::draw(&record, "神経\n\0").unwrap();
        assert_eq!(picture.rgb.len(), 1600 * 1000 * 3);
        assert!(marked(&picture, (0, 1600), (0, 1000)) > 1000);
    }
    let mut broken = two(vec![(1, 0)]);
    broken.ids[0] = 99;
    assert!(raster::draw(&broken, "t").is_err());
}

#[test]
fn traces_are_lines_in_their_lanes() {
    let rising = trace((0..2000).map(|i| if i % 2 == 0 { f64::from(i) } else { 0.0 }).collect());
    let picture = traces::draw(&rising, "t").unwrap();
    assert_eq!((picture.width, picture.height), (1600, 500));
    let rows = |x: (u32, u32), y: (u32, u32)| count(&picture, BLUE, x, y);
    assert!(rows((1300, 1560), (110, 180)) > 50, "high at the end of the first lane");
    assert_eq!(rows((1300, 1560), (200, 330)), 0, "and not low, nor high in the second");
    assert!(rows((1300, 1560), (380, 408)) > 50, "the second stays low");
    assert_eq!(traces::file_name("traces_exc_V_m.csv"), "traces_exc_V_m.png");
}

#[test]
fn any_trace_can_be_drawn() {
    let mut many = trace(vec![0.5; 600]);
    many.neurons = (0..300).collect();
    let odd = [vec![], vec![1.0, 1.0], vec![f64::NAN; 40], vec![f64::INFINITY, 1.0, -1e300, 1e300], vec![0.0; 200_000]];
    for record in odd.map(trace).into_iter().chain([many]) {
        assert!(marked(&traces::draw(&record, "").unwrap(), (0, 1600), (0, 400)) > 300);
    }
    let error = traces::draw(&trace(vec![1.0; 3]), "t").unwrap_err().to_string();
    assert_eq!(error, "trace of exc.V_m: 3 samples are not a whole number of rows of 2 neurons");
}
