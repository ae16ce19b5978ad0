//! Samples from IDX, NPY, NPZ and CSV files, and what is wrong with some.

use std::io::Write;

use neuropil::train::fit::Samples;

use super::told;
use crate::support::room::Room;

/// An IDX file.
fn idx(kind: u8, shape: &[u32], data: &[u8]) -> Vec<u8> {
    let sizes = shape.iter().flat_map(|size| size.to_be_bytes());
    [0, 0, kind, shape.len() as u8].into_iter().chain(sizes).chain(data.iter().copied()).collect()
}

fn gzipped(content: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(content).unwrap();
    packed.finish().unwrap()
}

/// An NPY file.
pub fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}");
    header += &" ".repeat(63 - (10 + header.len()) % 64);
    header += "\n";
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header.as_bytes());
    file.extend(data);
    file
}

fn npz(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in members {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Two images of 2 x 3 pixels, of the classes 1 and 0.
const PIXELS: [u8; 12] = [0, 51, 102, 153, 204, 255, 255, 0, 0, 10, 20, 30];

#[test]
fn all_formats_give_the_same_samples() {
    let room = Room::new("fit-samples");
    room.write("x.idx", idx(8, &[2, 2, 3], &PIXELS));
    room.write("x.idx.gz", gzipped(&idx(8, &[2, 2, 3], &PIXELS)));
    room.write("x.npy", npy("|u1", "2, 2, 3", &PIXELS));
    room.write("y.idx", idx(8, &[2], &[1, 0]));
    room.write("y.npy", npy("<i8", "2,", &[1u64, 0].map(u64::to_le_bytes).concat()));
    let expected: Vec<f32> = PIXELS.iter().map(|&pixel| (f64::from(pixel) / 255.0) as f32).collect();
    let check = |samples: &Samples, shape: &[usize]| {
        assert_eq!((samples.len(), samples.shape(), samples.labels(), samples.classes()), (2, shape, &[1, 0][..], 2));
        assert_eq!([samples.sample(0), samples.sample(1)].concat(), expected);
        assert_eq!((samples.units(), samples.sample(2)), (6, &[][..]));
    };
    for (x, y) in [("x.idx", "y.idx"), ("x.idx.gz", "y.npy"), ("x.npy", "y.idx")] {
        check(&Samples::arrays(&room.path(x), &room.path(y), None).unwrap(), &[2, 3]);
    }
    let arrays = [("x.npy", npy("|u1", "2, 2, 3", &PIXELS)), ("y.npy", npy("|u1", "2,", &[1, 0]))];
    room.write("a.npz", npz(&arrays));
    check(&Samples::npz(&room.path("a.npz"), "x", "y", None).unwrap(), &[2, 3]);
    // In a table the label is the last column, or the one that is named.
    let rows = |first: bool| {
        let row = |(pixels, label): (&[u8], u32)| {
            let pixels = pixels.iter().map(u8::to_string).collect::<Vec<_>>().join(",");
            if first { format!("{label},{pixels}\n") } else { format!("{pixels},{label}\n") }
        };
        PIXELS.chunks(6).zip([1, 0]).map(row).collect::<String>()
    };
    room.write("a.csv", rows(false));
    room.write("b.csv", format!("label,a,b,c,d,e,f\n{}", rows(true)));
    room.write("c.csv.gz", gzipped(format!("a,b,c,d,e,f,label\n{}", rows(false)).as_bytes()));
    for (file, label) in [("a.csv", None), ("b.csv", Some("label")), ("c.csv.gz", None), ("c.csv.gz", Some("label"))] {
        let samples = Samples::csv(&room.path(file), label, 255.0, None).unwrap();
        let off = [samples.sample(0), samples.sample(1)].concat();
        assert!(off.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-7), "{file}");
        check(&samples.reshaped(&[2, 3]).unwrap(), &[2, 3]);
    }
    let other = Samples::csv(&room.path("b.csv"), Some("f"), 255.0, None).unwrap();
    assert_ne!(other.labels(), [1, 0], "another column is noticed");
}

#[test]
fn the_digits_come_with_the_library() {
    let digits = Samples::digits().unwrap();
    assert_eq!((digits.len(), digits.shape(), digits.classes()), (1797, &[8, 8][..], 10));
    let mut counts = [0; 10];
    digits.labels().iter().for_each(|&label| counts[label as usize] += 1);
    // As scikit-learn says of its copy.
    assert_eq!(counts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    assert_eq!(digits.sample(0)[..8], [0.0, 0.0, 5.0, 13.0, 9.0, 1.0, 0.0, 0.0].map(|x| x / 16.0));
    digits.check_brightness(&(0..1797).collect::<Vec<u32>>()).unwrap();
    let sum: f64 = (0..1797).flat_map(|k| digits.sample(k)).map(|&x| f64::from(x) * 16.0).sum();
    assert_eq!(sum, 561_718.0);
}

/// The sentence behind the path of a file.
fn refused(room: &Room, file: &str, result: neuropil::Result<Samples>) -> String {
    let sentence = told(result);
    let path = room.path(file).display().to_string();
    sentence.strip_prefix(&path).unwrap_or_else(|| panic!("{sentence}")).trim_start_matches([':', ',', ' ']).to_owned()
}

#[test]
fn what_is_wrong_with_arrays_is_told() {
    let room = Room::new("fit-arrays");
    room.write("x", idx(8, &[2, 2, 3], &PIXELS));
    room.write("y", idx(8, &[2], &[1, 0]));
    room.write("cut", idx(8, &[2, 2, 3], &PIXELS[..11]));
    room.write("head", &idx(8, &[2, 2, 3], &[])[..9]);
    room.write("packed", &gzipped(&idx(8, &[2, 2, 3], &PIXELS))[..20]);
    room.write("three", idx(8, &[3], &[1, 0, 1]));
    room.write("far", idx(8, &[2], &[1, 12]));
    room.write("half", npy("<f8", "2,", &[0.5f64, 1.0].map(f64::to_le_bytes).concat()));
    room.write("empty", idx(8, &[0, 2, 3], &[]));
    room.write("no", idx(8, &[0], &[]));
    room.write("text", "label,x\n");
    room.write("nothing", "");
    room.write("more", [idx(8, &[2, 2, 3], &PIXELS), vec![0; 2]].concat());
    room.write("nan", npy("<f4", "2, 1", &[1f32, f32::NAN].map(f32::to_le_bytes).concat()));
    let of = |x: &str, y: &str| Samples::arrays(&room.path(x), &room.path(y), Some(10));
    let x = room.path("x").display().to_string();
    for (images, labels, place, sentence) in [
        ("cut", "y", "cut", "it is cut off: elements are missing; get a whole copy".to_owned()),
        ("head", "y", "head", "it ends within its header; get a whole copy".into()),
        ("text", "y", "text", "it is neither an NPY nor an IDX file; save it with numpy.save".into()),
        ("x", "three", "three", format!("it has 3 labels, and {x} has 2 samples; give the labels of these")),
        ("x", "x", "x", "its shape is [2, 2, 3], and labels are a list; take the file of labels".into()),
        ("nothing", "y", "nothing", "it is empty; get a whole copy".into()),
        ("more", "y", "more", "it holds 2 bytes more than its elements; get a whole copy".into()),
        ("x", "far", "far", "the label 12 of sample 1 is none of 10 classes, 0 to 9".into()),
        ("x", "half", "half", "the label 0.5 of sample 0 is no whole number of at least 0".into()),
        ("empty", "no", "empty", "there are no samples; give some".into()),
        ("nan", "y", "nan", "sample 1 holds NaN, which is not finite".into()),
    ] {
        assert_eq!(refused(&room, place, of(images, labels)), sentence);
    }
    let packed = refused(&room, "packed", of("packed", "y"));
    assert!(packed.starts_with("it is gzipped, and cannot be unpacked ("), "{packed}");
    assert_eq!(refused(&room, "absent", of("absent", "y")), "there is no such file");
    let unlike = Samples::arrays(&room.path("x"), &room.path("y"), None).unwrap().reshaped(&[4]);
    assert_eq!(told(unlike), "samples: samples of the shape [2, 3] do not fit into [4]");
    let wrong =
        |values: &[f32], labels: &[u32]| told(Samples::new("set", &[2], values.to_vec(), labels.to_vec(), None));
    assert_eq!(wrong(&[1.0; 3], &[0]), "set: 3 numbers are no whole samples of the shape [2]");
    assert_eq!(wrong(&[1.0; 4], &[0]), "set: there are 2 samples and 1 label; give one label for each sample");
}

#[test]
fn what_is_wrong_with_archives_and_tables_is_told() {
    let room = Room::new("fit-tables");
    let x = npy("|u1", "2, 6", &PIXELS);
    room.write("a.npz", npz(&[("x_train.npy", x.clone()), ("y.npy", npy("|u1", "2,", &[1, 0]))]));
    let sentence = told(Samples::npz(&room.path("a.npz"), "x", "y", None));
    let path = room.path("a.npz").display().to_string();
    // The name that is there is too far from x for a slip, so all are listed; y is near.
    assert!(sentence.starts_with(&format!("unknown array 'x' in {path}")), "{sentence}");
    let sentence = told(Samples::npz(&room.path("a.npz"), "pictures", "y", None));
    assert_eq!(sentence, format!("unknown array 'pictures' in {path}; known: x_train, y"));
    room.write("b.npz", npz(&[("x.npy", x[..x.len() - 1].to_vec()), ("y.npy", vec![])]));
    let cut = "array 'x': it is cut off: elements are missing; get a whole copy";
    assert_eq!(refused(&room, "b.npz", Samples::npz(&room.path("b.npz"), "x", "y", None)), cut);
    room.write("c.npz", "no archive");
    let none = refused(&room, "c.npz", Samples::npz(&room.path("c.npz"), "x", "y", None));
    assert!(none.starts_with("it is no whole NPZ archive ("), "{none}");
    let table = |text: &str, label: Option<&str>, classes: Option<u32>| {
        room.write("a.csv", text);
        refused(&room, "a.csv", Samples::csv(&room.path("a.csv"), label, 1.0, classes))
    };
    for (text, label, sentence) in [
        ("", None, "there are no samples; give some"),
        ("a,b,label\n", None, "there are no samples; give some"),
        ("1,2,0\n1,2\n", None, "line 2: this line has 2 fields, and the header line has 3"),
        ("1,2,0\n1,x,0\n", None, "line 2: column 2: 'x' is not a finite number"),
        ("1,2,0\n1,inf,0\n", None, "line 2: column 2: 'inf' is not a finite number"),
        (
            "1;2;0\n",
            None,
            "line 1: the columns stand between semicolons; separate them by commas, and write 0.5 for 0,5",
        ),
        (
            "1\n2\n",
            None,
            "line 1: a row has one column, and samples need features and a label; separate them by commas",
        ),
        (
            "1,2,0\n",
            Some("label"),
            "line 1: its first line names no columns; leave the label's name out to take the last one",
        ),
        ("1,2,-1\n", None, "the label -1 of sample 0 is no whole number of at least 0"),
        ("1,2,3\n", None, "the label 3 of sample 0 is none of 3 classes, 0 to 2"),
    ] {
        assert_eq!(table(text, label, Some(3)), sentence, "{text}");
    }
    room.write("a.csv", "a,b,class\n1,2,0\n");
    let sentence = told(Samples::csv(&room.path("a.csv"), Some("clas"), 1.0, None));
    assert!(
        sentence.starts_with("unknown column 'clas' in ") && sentence.ends_with("did you mean 'class'?"),
        "{sentence}"
    );
}
