//! One file for each magic number: read as what it is, or refused by its true name.

use neuropil::connectomes::{Connectome, ReadOptions};

use super::{file, gzip, weights};

const LIST: &str = "source,target,weight\nA,B,2\nB,C,0.5\n";

/// What is said of a file that is not read.
fn refusal(name: &str, content: impl AsRef<[u8]>) -> String {
    let path = file("magic", name, content);
    let error = Connectome::read(&path, &ReadOptions::default()).unwrap_err();
    let sentence = error.to_string().replace(&format!("{}/", path.parent().unwrap().display()), "");
    assert_eq!(error.exit_code(), 2, "{sentence}");
    for false_words in ["UTF-8 text", "damaged", "whole copy", "GraphML read", "flyvis"] {
        assert!(!sentence.contains(false_words), "{name}: {sentence}");
    }
    assert!(!sentence.contains(|c: char| c.is_control()), "{name}: {sentence:?}");
    sentence
}

/// Bytes with a magic number somewhere in them, in a file long enough to hold it.
fn with(at: usize, magic: &[u8]) -> Vec<u8> {
    let mut content = vec![0; 1024];
    content[at..at + magic.len()].copy_from_slice(magic);
    content
}

#[test]
fn foreign_bytes_are_refused_by_their_true_name() {
    let table: &[(usize, &[u8], &str)] = &[
        (0, b"HDF5-based Julia Data Format", "Julia"),
        (0, b"Julia data file (HDF5)", "Julia"),
        (0, b"CDF\x01", "NetCDF"),
        (0, b"FEA1", "Feather of version 1"),
        (0, b"ORC", "ORC"),
        (0, b"Obj\x01", "Avro"),
        (8, b"DUCK", "DuckDB"),
        (0, b"SQLite format 3\0", "SQLite"),
        (0, b"\xfd7zXZ\0", "packed by xz"),
        (0, b"\x04\x22\x4d\x18", "packed by lz4"),
        (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
        (0, b"Rar!\x1a\x07\x01\0", "a rar archive"),
        (0, b"LZIP\x01", "packed by lzip"),
        (0, b"\x5d\0\0\x80\0", "packed by lzma"),
        (0, b"\x1f\x9d\x90", "packed by compress"),
        (0, b"\x80\x04\x95\x10", "a Python pickle"),
        (0, b"\x80\x02}q\0", "a Python pickle"),
        (0, b"X\n\0\0\0\x03", "an R object"),
        (0, b"RDX3\nX\n", "an R workspace"),
        (344, b"n+1\0", "a NIfTI image"),
        (4, b"n+2\0\r\n\x1a\n", "NIfTI-2 or CIFTI"),
        (0, b"TRACK\0", "TrackVis"),
        (0, b"%PDF-1.7\n", "a PDF document"),
        (0, b"\x89PNG\r\n\x1a\n", "a PNG picture"),
        (0, b"\xff\xd8\xff\xe0", "a JPEG picture"),
        (0, b"\x7fELF", "a program"),
        (0, b"$FL2@(#)", "an SPSS file"),
    ];
    for (at, magic, name) in table {
        for (ending, content) in [("bin", with(*at, magic)), ("bin.gz", gzip(&with(*at, magic)))] {
            let sentence = refusal(&format!("foreign.{ending}"), content);
            assert!(sentence.contains(&format!("it is {name}")) || sentence.contains(name), "{name}: {sentence}");
            assert!(sentence.contains("which is not read; "), "{sentence}");
        }
    }
}

#[test]
fn foreign_text_is_refused_by_its_true_name() {
    let table = [
        ("<!DOCTYPE html>\n<html><body>404</body></html>", "a web page"),
        ("<HTML><head/></HTML>", "a web page"),
        ("<?xml version='1.0'?><Error><Code>NoSuchKey</Code></Error>", "an error page"),
        ("<!-- by hand --><neuroml xmlns='http://www.neuroml.org/schema/neuroml2'/>", "NeuroML"),
        ("<sbml/>", "SBML"),
        ("<svg:svg width='1'/>", "SVG"),
        ("<?xml version='1.0'?><!DOCTYPE GIFTI SYSTEM 'x'><GIFTI/>", "GIFTI"),
        ("<graph label='x' xmlns='http://www.cs.rpi.edu/XGMML'/>", "XGMML"),
        ("<gml:FeatureCollection xmlns:gml='x'/>", "<FeatureCollection>"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", "root element is <a>"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n", "a pointer of git-lfs"),
        ("digraph G {\n a -> b;\n}\n", "GraphViz DOT"),
        ("strict graph {\n a -- b;\n}\n", "GraphViz DOT"),
        ("DL n=5 format=edgelist1\n", "UCINET DL"),
        ("nodedef>name VARCHAR\nA\n", "GDF"),
        ("{\\rtf1\\ansi}", "an RTF document"),
    ];
    for (text, name) in table {
        let sentence = refusal("foreign.txt", text);
        assert!(sentence.contains(name) && sentence.contains("which is not read; "), "{name}: {sentence}");
    }
}

#[test]
fn unknown_bytes_are_no_text() {
    let mut noise: Vec<u8> = (0..600u32).map(|i| (i * i * 7 + i * 13 + 3) as u8).collect();
    noise[0] = 0x91;
    for content in [noise, vec![0; 4096], b"a,b\0c,d\n1,2,3\0".to_vec()] {
        let sentence = refusal("unknown.csv", content);
        assert!(sentence.contains("it is no text and in no format that is known (it starts with "), "{sentence}");
    }
    let wide: Vec<u8> = LIST.bytes().flat_map(|b| [b, 0]).collect();
    assert!(refusal("wide.csv", wide).contains("it is UTF-16 text without a byte-order mark"));
}

#[test]
fn a_list_may_begin_with_the_letters_of_a_magic_number() {
    for word in ["PAR1", "ORC", "FEA1", "BZh", "DUCK"] {
        let path =
            file("magic", "word.csv", format!("{word},target,weight\n").replace(word, "source") + word + ",B,3\n");
        assert_eq!(weights(&super::read(&path)), [(word, "B", 3.0)]);
        let options = ReadOptions { header: Some(false), ..ReadOptions::default() };
        let path = file("magic", "headless.csv", format!("{word},B,3\n"));
        assert_eq!(weights(&Connectome::read(&path, &options).unwrap()), [(word, "B", 3.0)]);
    }
}

#[test]
fn text_in_utf_16_is_read_as_its_mark_says() {
    for big in [false, true] {
        let unit = |u: u16| if big { u.to_be_bytes() } else { u.to_le_bytes() };
        let text = "\u{feff}source,target,weight\nAé𝄞,B,2\n";
        let content: Vec<u8> = text.encode_utf16().flat_map(unit).collect();
        for content in [content.clone(), gzip(&content)] {
            assert_eq!(weights(&super::read(&file("magic", "wide.csv", content))), [("Aé𝄞", "B", 2.0)]);
        }
        let sentence = refusal("odd.csv", &content[..content.len() - 1]);
        assert!(sentence.contains("line 2: it is no whole UTF-16 text"), "{sentence}");
    }
}

#[cfg(feature = "formats")]
mod unpacked {
    use std::io::Write;

    use super::super::zip;
    use super::*;

    /// Packs bytes.
    type Pack = fn(&[u8]) -> Vec<u8>;

    const SAME: [(&str, &str, f64); 2] = [("A", "B", 2.0), ("B", "C", 0.5)];

    fn bzip2(content: &[u8]) -> Vec<u8> {
        let mut packed = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        packed.write_all(content).unwrap();
        packed.finish().unwrap()
    }

    fn zstd(content: &[u8]) -> Vec<u8> {
        zstd::stream::encode_all(content, 1).unwrap()
    }

    fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = tar::Builder::new(Vec::new());
        for (name, content) in members {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            archive.append_data(&mut header, name, *content).unwrap();
        }
        archive.into_inner().unwrap()
    }

    #[test]
    fn packed_files_of_any_format_are_unpacked() {
        let packings: [(&str, Pack); 3] = [("gz", gzip), ("bz2", bzip2), ("zst", zstd)];
        for (ending, pack) in packings {
            let path = file("packed", &format!("list.csv.{ending}"), pack(LIST.as_bytes()));
            assert_eq!(weights(&super::super::read(&path)), SAME);
            for name in ["codex.parquet", "list.xlsx", "plain.mat", "weights.npy", "region.npz"] {
                let plain = super::super::fixture(name);
                let content = pack(&std::fs::read(&plain).unwrap());
                let packed = super::super::read(&file("packed", &format!("{name}.{ending}"), content));
                assert_eq!(packed.edges, super::super::read(&plain).edges, "{name}.{ending}");
                assert!(!packed.edges.is_empty());
            }
            let cut = pack(LIST.repeat(1000).as_bytes());
            let path = file("packed", &format!("cut.csv.{ending}"), &cut[..cut.len() - 12]);
            let error = Connectome::read(&path, &ReadOptions::default()).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{error}");
            let small = ReadOptions { max_bytes: 1 << 20, ..ReadOptions::default() };
            let path = file("packed", &format!("bomb.csv.{ending}"), pack(&vec![b'0'; 4 << 20]));
            let error = Connectome::read(&path, &small).unwrap_err().to_string();
            assert!(error.contains("unpacks to more than the limit of 1.0 MiB"), "{error}");
        }
    }

    #[test]
    fn the_only_connectome_of_an_archive_is_read() {
        let others: [(&str, &[u8]); 2] = [("x/README", b"hello\x01"), ("x/logo.png", b"\x89PNG\r\n")];
        let members = [others[0], ("x/edges.csv", LIST.as_bytes()), others[1]];
        for (name, content) in [
            ("a.tar", tar(&members)),
            ("a.tar.gz", gzip(&tar(&members))),
            ("a.tar.bz2", bzip2(&tar(&members))),
            ("a.zip", zip(&members)),
        ] {
            let connectome = super::super::read(&file("bundle", name, content));
            assert_eq!(weights(&connectome), SAME, "{name}");
            let reading = &connectome.reading;
            assert!(reading.taken.iter().any(|t| t.part == "member" && t.from == "x/edges.csv"), "{reading:?}");
            assert_eq!(reading.left.iter().filter(|l| l.starts_with("member x/")).count(), 2, "{reading:?}");
        }
    }

    #[test]
    fn several_connectomes_in_an_archive_are_a_question() {
        let other = "source,target,weight\nC,A,7\n";
        let members: [(&str, &[u8]); 2] = [("one.csv", LIST.as_bytes()), ("in/two.csv", other.as_bytes())];
        let path = file("bundle", "two.tar.gz", gzip(&tar(&members)));
        let error = Connectome::read(&path, &ReadOptions::default()).unwrap_err().to_string();
        assert!(
            error.ends_with("several connectomes (one.csv, in/two.csv); say which one: member = \"one.csv\""),
            "{error}"
        );
        let options = ReadOptions { member: Some("two.csv".into()), ..ReadOptions::default() };
        assert_eq!(weights(&Connectome::read(&path, &options).unwrap()), [("C", "A", 7.0)]);
        let options = ReadOptions { member: Some("tow.csv".into()), ..ReadOptions::default() };
        let error = Connectome::read(&path, &options).unwrap_err().to_string();
        assert!(error.contains("unknown member 'tow.csv'"), "{error}");
        assert!(super::refusal("none.tar", tar(&[("a.txt", b"hello\x01")])).contains("(it has a.txt); unpack it"));
    }

    #[test]
    fn the_hemibrain_archive_gives_its_totals() {
        let totals = "bodyId_pre,bodyId_post,weight\n1,2,5\n";
        let rois = "bodyId_pre,bodyId_post,roi,weight\n1,2,LO,3\n1,2,ME,2\n";
        let neurons = "bodyId,type,instance\n1,T4,T4a\n2,T5,T5a\n";
        let members: Vec<(String, &[u8])> = [
            ("traced-neurons.csv", neurons),
            ("traced-roi-connections.csv", rois),
            ("traced-total-connections.csv", totals),
        ]
        .map(|(name, text)| (format!("exported-traced-adjacencies-v1.2/{name}"), text.as_bytes()))
        .into();
        let members: Vec<(&str, &[u8])> = members.iter().map(|(name, text)| (name.as_str(), *text)).collect();
        let connectome = super::super::read(&file("bundle", "hemibrain.tar.gz", gzip(&tar(&members))));
        assert_eq!(weights(&connectome), [("1", "2", 5.0)]);
        assert_eq!(connectome.reading.left.iter().filter(|l| l.contains("traced-")).count(), 2);
    }
}
