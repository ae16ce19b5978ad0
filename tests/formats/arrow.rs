//! Feather of version 2 and Arrow streams.

use neuropil::connectomes::{Columns, Connectome, ReadOptions};

use super::{file, fixture, flipped, gzip, read, weights};

const FILES: [&str; 4] = ["codex_uncompressed.feather", "codex_lz4.feather", "codex_zstd.feather", "codex.arrows"];

fn refused(path: &std::path::Path, options: &ReadOptions, words: &str) {
    let error = Connectome::read(path, options).unwrap_err();
    let sentence = error.to_string();
    assert!(sentence.contains(words) && error.exit_code() == 2, "{sentence}");
}

#[test]
fn the_same_table_in_arrow_and_parquet_is_the_same_connectome() {
    let parquet = read(&fixture("codex.parquet"));
    assert_eq!(parquet.edges.len(), 3);
    for name in FILES {
        let arrow = read(&fixture(name));
        assert_eq!((&arrow.edges, &arrow.nodes), (&parquet.edges, &parquet.nodes), "{name}");
        assert_eq!((&arrow.reading.taken, &arrow.reading.left), (&parquet.reading.taken, &parquet.reading.left));
        let packed = gzip(&std::fs::read(fixture(name)).unwrap());
        assert_eq!(read(&file("arrow", "packed.gz", packed)).edges, parquet.edges, "{name}");
    }
    assert_eq!(weights(&read(&fixture("lz4.parquet"))), [("a", "b", 2.5), ("b", "c", 3.0), ("c", "a", 1.5)]);
}

#[test]
fn columns_of_every_plain_type_are_read_and_others_refused_where_they_are_used() {
    let odd = |source: &str, target: &str, weight: &str| {
        let name = |text: &str| Some(text.to_owned());
        let columns =
            Columns { source: name(source), target: name(target), weight: name(weight), ..Columns::default() };
        ReadOptions { columns, ..ReadOptions::default() }
    };
    let path = fixture("odd.feather");
    let connectome = Connectome::read(&path, &odd("post", "real", "weight")).unwrap();
    assert_eq!(weights(&connectome), [("B", "1", 1.0), ("C", "2", 2.5), ("A", "3", -3.0), ("C", "4", 0.25)]);
    assert_eq!(connectome.edges.iter().map(|e| e.sign).collect::<Vec<_>>(), [1, -1, 0, 1]);
    let connectome = Connectome::read(&path, &odd("small", "post", "small")).unwrap();
    assert_eq!(weights(&connectome)[3], ("255", "C", 255.0));
    refused(&path, &odd("pre", "post", "weight"), "row 3: column 'pre': its source is empty");
    refused(&path, &odd("post", "list", "weight"), "the column 'list' holds neither plain numbers nor text");
    refused(&path, &odd("post", "real", "day"), "the column 'day' holds neither plain numbers nor text");
    refused(&path, &odd("post", "reel", "weight"), "did you mean 'real'?");
}

#[test]
fn arrow_files_that_lie_end_as_a_sentence() {
    let plain = ReadOptions::default();
    for name in FILES {
        flipped("arrow_damaged", name, 200);
        let whole = std::fs::read(fixture(name)).unwrap();
        refused(&file("arrow", "cut.feather", &whole[..whole.len() / 2]), &plain, "it ends too early, as if cut off");
    }
    // A packed buffer begins with the size to which it unpacks.
    let mut whole = std::fs::read(fixture("codex_lz4.feather")).unwrap();
    let at = whole.windows(4).position(|bytes| bytes == [0x04, 0x22, 0x4d, 0x18]).unwrap() - 8;
    whole[at..at + 8].copy_from_slice(&(1i64 << 40).to_le_bytes());
    let words = "a batch of its rows unpacks to 1.0 TiB, over the limit of 2.0 GiB";
    refused(&file("arrow", "bomb.feather", whole), &plain, words);
    refused(&file("arrow", "word.feather", b"ARROW1\0\0\xff\xff\xff\xff\x08\0\0\0hello, you"), &plain, "Arrow");
    refused(&file("arrow", "empty.feather", b"ARROW1\0\0"), &plain, "it has no rows");
}
