//! NumPy, MATLAB and TVB files.

use neuropil::connectomes::{Connectome, Matrix, ReadOptions, Side};

use super::{file, fixture, read, weights, zip};

const MADE_UP: [(&str, &str, f64); 4] = [("0", "1", 2.0), ("1", "0", 0.5), ("1", "2", 7.0), ("2", "2", 1.5)];

#[test]
fn npy_in_column_order() {
    assert_eq!(weights(&read(&fixture("weights.npy"))), MADE_UP);
}

#[test]
fn npz_with_lengths_and_labels() {
    let connectome = read(&fixture("region.npz"));
    let names = ["L.V1", "R.V1", "R.M1"];
    let expected = MADE_UP.map(|(s, t, w)| (names[s.parse::<usize>().unwrap()], names[t.parse::<usize>().unwrap()], w));
    assert_eq!(weights(&connectome), expected);
    let lengths: Vec<Option<f64>> = connectome.edges.iter().map(|e| e.length).collect();
    assert_eq!(lengths, [Some(10.0), Some(11.0), Some(30.0), Some(0.25)]);
    let options = ReadOptions { array: Some("lengths".into()), ..ReadOptions::default() };
    assert_eq!(Matrix::read(fixture("region.npz"), &options).unwrap().get(2, 1), Some(31.0));
}

#[test]
fn matlab_plain_and_packed() {
    let plain = read(&fixture("plain.mat"));
    assert_eq!(weights(&plain), MADE_UP);
    assert_eq!(plain.edges[2].length, Some(30.0));
    let packed = read(&fixture("packed.mat"));
    assert_eq!(weights(&packed), MADE_UP.map(|(source, target, weight)| (source, target, 2.0 * weight)));
    assert_eq!(packed.edges[2].length, Some(30.0));
    let options = ReadOptions { array: Some("tc".into()), ..ReadOptions::default() };
    let series = Matrix::read(fixture("plain.mat"), &options).unwrap();
    assert_eq!((series.rows, series.columns), (3, 5));
}

#[test]
fn matlab_lengths_from_another_file() {
    let options =
        ReadOptions { lengths: Some(fixture("region.npz")), array: Some("sc".into()), ..ReadOptions::default() };
    let connectome = Connectome::read(fixture("plain.mat"), &options).unwrap();
    assert_eq!(connectome.edges[0].length, Some(10.0));
}

fn connectivity(prefix: &str) -> Vec<(String, Vec<u8>)> {
    let members = [
        ("weights.txt", "0 2.0\n0.5 1\n"),
        ("tract_lengths.txt", "0 40\n41 0\n"),
        ("centres.txt", "lV1 1 2 3 None\n rV1 4.5 5 6\n"),
        ("areas.txt", "10.5\n11\n"),
        ("cortical.txt", "1 \n0 \n"),
        ("hemisphere.txt", "0\n1\n"),
        ("info.txt", "weights_unit = \"au\"\nlength_unit = \"mm\"area_unit = \"mm^2\""),
        ("average_orientations.txt", "1 0 0\n0 1 0\n"),
    ];
    members.map(|(name, text)| (format!("{prefix}{name}"), text.as_bytes().to_vec())).to_vec()
}

fn tvb(test: &str, members: &[(String, Vec<u8>)]) -> Connectome {
    let members: Vec<(&str, &[u8])> =
        members.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
    read(&file(test, "connectivity.zip", zip(&members)))
}

#[test]
fn tvb_weights_go_from_column_to_row() {
    let connectome = tvb("tvb", &connectivity("connectivity_2/"));
    assert_eq!(weights(&connectome), [("rV1", "lV1", 2.0), ("lV1", "rV1", 0.5), ("rV1", "rV1", 1.0)]);
    assert_eq!(connectome.edges[0].length, Some(40.0));
    assert_eq!(connectome.edges[2].length, Some(0.0));
    let right = &connectome.nodes[1];
    assert_eq!((right.area, right.cortical, right.side), (Some(11.0), Some(false), Some(Side::Right)));
    assert_eq!(right.position, Some([4.5, 5.0, 6.0]));
    assert_eq!(tvb("tvb_flat", &connectivity("")).edges, connectome.edges);
}

#[test]
#[cfg(feature = "formats")]
fn tvb_members_packed_by_bzip2() {
    use std::io::Write;
    let packed: Vec<(String, Vec<u8>)> = connectivity("")
        .into_iter()
        .map(|(name, content)| {
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            encoder.write_all(&content).unwrap();
            (format!("{name}.bz2"), encoder.finish().unwrap())
        })
        .collect();
    let (packed, plain) = (tvb("tvb_bz2", &packed), tvb("tvb_plain", &connectivity("")));
    assert_eq!((packed.nodes, packed.edges), (plain.nodes, plain.edges));
}
