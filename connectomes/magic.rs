//! What the first bytes of a file say it is: one table for all formats, those that are read and those that are not.

use super::Format;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// A connectome in a format that is read.
    Read(Format),
    /// A zip archive; its members say more.
    Zip,
    /// A tar archive.
    Tar,
    /// A compound file; its streams say more.
    Ole,
    /// JSON; its members say more.
    Json,
    /// XML; its root element says more.
    Xml,
    /// Text of some kind.
    Text,
    /// What it is, and what to do about it.
    Foreign(&'static str, &'static str),
    /// No text, and unknown.
    Unknown,
}

use Kind::{Foreign, Read, Zip};

const BARE: &str = "an .xls workbook without the file around it";
const EXCEL_4: &str = "a workbook of Excel 4 or before";

const UNPACK: &str = "unpack it first";
const AS_XLSX: &str = "save it as .xlsx";
const AS_TABLE: &str = "save the table as Parquet or CSV";
const AS_EDGES: &str = "save the edges as CSV";
const AS_MATRIX: &str = "save the matrix as .npz or .csv";
const NO_DATA: &str = "give the file with the connectome itself";
const FROM_R: &str = "save it from R with write.csv, or Matrix::writeMM for a sparse matrix";

/// Place, bytes and what they say; the first that fits holds.
const TABLE: &[(usize, &[u8], Kind)] = &[
    (0, b"PK\x03\x04", Zip),
    (0, b"PK\x05\x06", Zip),
    (0, b"PK\x07\x08", Zip),
    (0, b"\x93NUMPY", Read(Format::Matrix)),
    (0, b"MATLAB 7.3", Read(Format::Matrix)),
    (0, b"MATLAB 5.0", Read(Format::Matrix)),
    (124, &[0, 1, b'I', b'M'], Read(Format::Matrix)),
    (124, &[1, 0, b'M', b'I'], Read(Format::Matrix)),
    (0, b"Julia data file", Foreign("a Julia file (JLD, HDF5)", "save it from Julia as .npz or CSV")),
    (0, b"HDF5-based Julia", Foreign("a Julia file (JLD2, HDF5)", "save it from Julia as .npz or CSV")),
    (0, b"\x89HDF\r\n\x1a\n", Read(Format::Matrix)),
    (512, b"\x89HDF\r\n\x1a\n", Read(Format::Matrix)),
    (0, b"CDF\x01", Foreign("NetCDF", AS_MATRIX)),
    (0, b"CDF\x02", Foreign("NetCDF", AS_MATRIX)),
    (0, b"CDF\x05", Foreign("NetCDF", AS_MATRIX)),
    (0, b"PAR1", Read(Format::Parquet)),
    (0, b"PARE", Foreign("Parquet with an encrypted footer", "save it without encryption")),
    (0, b"ARROW1\0\0", Read(Format::Arrow)),
    (0, b"FEA1", Foreign("Feather of version 1", AS_TABLE)),
    (0, b"\xff\xff\xff\xff", Read(Format::Arrow)),
    (0, b"ORC", Foreign("ORC", AS_TABLE)),
    (0, b"Obj\x01", Foreign("Avro", AS_TABLE)),
    (8, b"DUCK", Foreign("a DuckDB database", AS_TABLE)),
    (0, b"SQLite format 3\0", Foreign("an SQLite database", AS_TABLE)),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind::Ole),
    (0, b"\x09\x08\x10\0\0\x06\x05\0", Foreign(BARE, AS_XLSX)),
    (0, b"\x09\x08\x08\0\0\x05\x05\0", Foreign(BARE, AS_XLSX)),
    (0, b"\x09\0\x04\0", Foreign(EXCEL_4, AS_XLSX)),
    (0, b"\x09\x02\x06\0", Foreign(EXCEL_4, AS_XLSX)),
    (0, b"\x09\x04\x06\0", Foreign(EXCEL_4, AS_XLSX)),
    (0, b"\xfd7zXZ\0", Foreign("packed by xz", UNPACK)),
    (0, b"\x04\x22\x4d\x18", Foreign("packed by lz4", UNPACK)),
    (0, b"7z\xbc\xaf\x27\x1c", Foreign("a 7z archive", UNPACK)),
    (0, b"Rar!\x1a\x07", Foreign("a rar archive", UNPACK)),
    (0, b"LZIP", Foreign("packed by lzip", UNPACK)),
    (0, b"\x5d\0\0", Foreign("packed by lzma", UNPACK)),
    (0, b"\x1f\x9d", Foreign("packed by compress (.Z)", UNPACK)),
    (0, b"\xff\x06\0\0sNaPpY", Foreign("packed by snappy", UNPACK)),
    (0, b"BZh", Foreign("packed by bzip2", UNPACK)),
    (0, b"\x28\xb5\x2f\xfd", Foreign("packed by zstd", UNPACK)),
    (257, b"ustar", Kind::Tar),
    (0, b"X\n\0\0\0", Foreign("an R object (.rds)", FROM_R)),
    (0, b"A\n2\n", Foreign("an R object (.rds)", FROM_R)),
    (0, b"A\n3\n", Foreign("an R object (.rds)", FROM_R)),
    (0, b"RDX2\n", Foreign("an R workspace (.RData)", FROM_R)),
    (0, b"RDX3\n", Foreign("an R workspace (.RData)", FROM_R)),
    (0, b"RDA2\n", Foreign("an R workspace (.RData)", FROM_R)),
    (0, b"RDA3\n", Foreign("an R workspace (.RData)", FROM_R)),
    (344, b"n+1\0", Foreign("a NIfTI image", NO_DATA)),
    (344, b"ni1\0", Foreign("a NIfTI image", NO_DATA)),
    (
        4,
        b"n+2\0\r\n\x1a\n",
        Foreign("a NIfTI-2 or CIFTI file", "save its matrix with wb_command -cifti-convert -to-text"),
    ),
    (0, b"TRACK\0", Foreign("a TrackVis file of streamlines", NO_DATA)),
    (0, b"mrtrix tracks", Foreign("an MRtrix file of streamlines", "make a matrix of it with tck2connectome")),
    (0, b"mrtrix image", Foreign("an MRtrix image", NO_DATA)),
    (0, b"NRRD0", Foreign("an NRRD image", NO_DATA)),
    (0, b"# vtk DataFile", Foreign("a VTK file", NO_DATA)),
    (0, b"%PDF-", Foreign("a PDF document", NO_DATA)),
    (0, b"%!PS-Adobe", Foreign("a PostScript document", NO_DATA)),
    (0, b"{\\rtf", Foreign("an RTF document", "save it as plain text")),
    (0, b"\x89PNG", Foreign("a PNG picture", NO_DATA)),
    (0, b"\xff\xd8\xff", Foreign("a JPEG picture", NO_DATA)),
    (0, b"GIF87a", Foreign("a GIF picture", NO_DATA)),
    (0, b"GIF89a", Foreign("a GIF picture", NO_DATA)),
    (0, b"II*\0", Foreign("a TIFF picture", NO_DATA)),
    (0, b"MM\0*", Foreign("a TIFF picture", NO_DATA)),
    (0, b"\x7fELF", Foreign("a program", NO_DATA)),
    (0, b"$FL2", Foreign("an SPSS file", AS_TABLE)),
    (0, b"<stata_dta>", Foreign("a Stata file", AS_TABLE)),
    (0, b"version https://git-lfs", Foreign("a pointer of git-lfs", "fetch the file itself with git lfs pull")),
    (0, b">>graph6<<", Foreign("graph6", AS_EDGES)),
    (0, b">>sparse6<<", Foreign("sparse6", AS_EDGES)),
    (0, b">>digraph6<<", Foreign("digraph6", AS_EDGES)),
];

/// Roots of XML that are known.
const ROOTS: &[(&str, Kind)] = &[
    ("graphml", Read(Format::GraphMl)),
    ("gexf", Read(Format::Gexf)),
    ("html", Foreign("a web page", "download the file itself, not the page that shows it")),
    ("error", Foreign("an error page of a server", "download the file again")),
    ("neuroml", Foreign("NeuroML", AS_EDGES)),
    ("sbml", Foreign("SBML", AS_EDGES)),
    ("svg", Foreign("an SVG picture", NO_DATA)),
    ("gifti", Foreign("a GIFTI surface", NO_DATA)),
    ("gml", Foreign("GML of geography, not of graphs", AS_EDGES)),
    ("graph", Foreign("XGMML", "save the graph as GraphML")),
    ("dynamicnetwork", Foreign("DyNetML", "save the graph as GraphML")),
    ("gxl", Foreign("GXL", "save the graph as GraphML")),
    ("workbook", Foreign("a workbook of Excel 2003 (XML)", AS_XLSX)),
    ("document", Foreign("a flat OpenDocument file", "save it as .ods or .xlsx")),
    ("document-content", Foreign("a part of an OpenDocument file", "give the .ods file itself")),
];

/// What the first bytes of an unpacked file say.
pub(super) fn of(head: &[u8]) -> Kind {
    // Four letters may begin a list of names as well ("PAR1,B,3"): then what follows is text.
    let word = |bytes: &[u8]| bytes.len() <= 4 && bytes.iter().all(u8::is_ascii_graphic);
    let names = |bytes: &[u8]| word(bytes) && head.len() > bytes.len() && is_text(head);
    let fits = |at: usize, bytes: &[u8]| head.get(at..).is_some_and(|rest| rest.starts_with(bytes)) && !names(bytes);
    if let Some((_, _, kind)) = TABLE.iter().find(|(at, bytes, _)| fits(*at, bytes)) {
        return *kind;
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    match () {
        () if is_pickle(head) => Foreign("a Python pickle", "save its matrix with numpy.save, or its edges as CSV"),
        () if is_old_matlab(head) => Read(Format::Matrix),
        () if is_old_tar(head) => Kind::Tar,
        () if !is_text(head) => utf16_or_unknown(head),
        () if text.starts_with(b"<") => Kind::Xml,
        () if text.starts_with(b"{") || text.starts_with(b"[{") || text.starts_with(b"[[") => Kind::Json,
        () => of_text(text),
    }
}

/// What the root element says.
pub(super) fn of_root(root: &str) -> Option<Kind> {
    let root = root.to_lowercase();
    ROOTS.iter().find(|(name, _)| *name == root).map(|(_, kind)| *kind)
}

/// The name of the root element, behind declarations and comments, without its name space.
pub(super) fn root(head: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(head);
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        let after = rest.strip_prefix('<')?;
        let (skipped, end) = match after {
            _ if after.starts_with("!--") => (3, "-->"),
            _ if after.starts_with('?') => (1, "?>"),
            // A document type may hold declarations of its own.
            _ if after.starts_with('!') => match (after.find('['), after.find('>')) {
                (Some(open), Some(close)) if open < close => (open, "]"),
                _ => (1, ">"),
            },
            _ => break,
        };
        let after = after.get(skipped..)?;
        rest = after.get(after.find(end)? + end.len()..)?.trim_start().trim_start_matches('>').trim_start();
    }
    let name = rest[1..].split(|c: char| c.is_whitespace() || matches!(c, '>' | '/')).next()?;
    Some(name.rsplit(':').next().unwrap_or(name).to_owned()).filter(|name| !name.is_empty())
}

/// Formats of graphs that are text and begin with a word of their own.
fn of_text(text: &[u8]) -> Kind {
    let lines = text.split(|b| *b == b'\n').map(<[u8]>::trim_ascii);
    let comment = |line: &[u8]| line.starts_with(b"%") && !line.to_ascii_lowercase().starts_with(b"%%matrixmarket");
    let mut lines =
        lines.filter(|line| !line.is_empty() && !line.starts_with(b"#") && !line.starts_with(b"//") && !comment(line));
    let first = String::from_utf8_lossy(lines.next().unwrap_or_default()).to_lowercase();
    let word = first.split_whitespace().next().unwrap_or_default();
    let second = lines.next().unwrap_or_default();
    match word {
        "%%matrixmarket" => Read(Format::Matrix),
        "*vertices" | "*network" => Read(Format::Pajek),
        _ if is_gml(text) => Read(Format::Gml),
        "graph" | "digraph" | "strict" if first.contains('{') || second == b"{" => Foreign("GraphViz DOT", AS_EDGES),
        "dl" if first.contains("n=") || first.contains("n =") => Foreign("UCINET DL", AS_EDGES),
        "nodedef>name" => Foreign("GDF", AS_EDGES),
        _ => Kind::Text,
    }
}

/// Whether it opens a graph, behind keys that hold a word or a text each (`Creator "..."`, `Version 1`).
fn is_gml(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let mut rest: &str = &text;
    loop {
        rest = rest.trim_start();
        if rest.starts_with(['#', '%']) {
            rest = rest.split_once('\n').map_or("", |(_, after)| after);
            continue;
        }
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        let after = after.trim_start();
        if key.eq_ignore_ascii_case("graph") {
            return after.starts_with('[');
        }
        if !key.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return false;
        }
        let end = match after.strip_prefix('"') {
            Some(quoted) => quoted.find('"').map(|end| end + 2),
            None => after.find(|c: char| c.is_whitespace() || c == '[').filter(|end| *end > 0),
        };
        match end {
            Some(end) => rest = &after[end..],
            None => return false,
        }
    }
}

/// A pickle of protocol 2 or later begins so; no text does.
fn is_pickle(head: &[u8]) -> bool {
    matches!(head, [0x80, 2..=5, ..])
}

/// Whether it is HDF5, as MATLAB 7.3 is; programs put up to 1 KiB of their own before it.
pub(super) fn is_hdf5(head: &[u8]) -> bool {
    let signed = |at: usize| head.get(at..).is_some_and(|rest| rest.starts_with(b"\x89HDF\r\n\x1a\n"));
    head.starts_with(b"MATLAB 7.3") || [0, 512, 1024].into_iter().any(signed)
}

/// MATLAB 4 has no mark of its own but five plausible numbers: type, rows, columns, imaginary or not, length of the name.
pub(super) fn is_old_matlab(head: &[u8]) -> bool {
    let number = |at: usize, big: bool| {
        let bytes: [u8; 4] = head.get(at..at + 4)?.try_into().ok()?;
        Some(if big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    };
    [false, true].into_iter().any(|big| {
        let [Some(kind), Some(_), Some(_), Some(imaginary), Some(name)] = [0, 4, 8, 12, 16].map(|at| number(at, big))
        else {
            return false;
        };
        let name_end = 20usize.saturating_add(name as usize);
        let named = (2..=64).contains(&name)
            && head
                .get(20..name_end)
                .is_some_and(|n| n[..n.len() - 1].iter().all(u8::is_ascii_graphic) && n[n.len() - 1] == 0);
        let digits = [kind / 1000, kind / 100 % 10, kind / 10 % 10, kind % 10];
        named && imaginary <= 1 && (digits[0] == u32::from(big)) && digits[1] == 0 && digits[2] <= 5 && digits[3] <= 2
    })
}

/// An archive of before 1988 has no mark but the sum of its header.
fn is_old_tar(head: &[u8]) -> bool {
    let Some(header) = head.get(..512).filter(|h| h[0] != 0) else { return false };
    let field = String::from_utf8_lossy(&header[148..156]).into_owned();
    let said = u32::from_str_radix(field.trim_matches(['\0', ' ']), 8);
    let sum: u32 =
        header.iter().enumerate().map(|(i, b)| if (148..156).contains(&i) { 32 } else { u32::from(*b) }).sum();
    said.is_ok_and(|said| said == sum)
}

/// Text has no NUL, and either is UTF-8 or has no other control characters: Latin-1 is text as well.
fn is_text(head: &[u8]) -> bool {
    let strange = |b: &u8| *b < 32 && !matches!(*b, b'\t' | b'\n' | b'\r' | 0x0b | 0x0c);
    let whole = match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(e) => e.error_len().is_none(),
    };
    !head.contains(&0) && (whole || !head.iter().any(strange))
}

/// UTF-16 without a mark shows by its zero bytes in ASCII text: every second one; all else is unknown.
fn utf16_or_unknown(head: &[u8]) -> Kind {
    let ascii_at = |first: usize| head.iter().skip(first).step_by(2).take(64).all(|b| *b == 0);
    match () {
        () if head.len() >= 4 && (ascii_at(0) != ascii_at(1)) => {
            Foreign("UTF-16 text without a byte-order mark", "save it as UTF-8")
        }
        () => Kind::Unknown,
    }
}
