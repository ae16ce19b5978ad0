//! Connectomes in workbooks: which sheets are read, as adjacency matrices or as lists of edges.

use super::builder::Builder;
use super::columns::Layout;
use super::sheet::Sheet;
use super::source::Source;
use super::workbook::Workbook;
use super::{Connectome, EdgeKind, ReadOptions, Reading};
use crate::Result;

/// Reads a workbook.
pub(super) fn read(source: &Source, options: &ReadOptions) -> Result<Connectome> {
    let mut book = Workbook::open(source)?;
    let mut builder = Builder::new(options)?;
    let (main, gap) = choose_sheets(&mut book, options, &mut builder.reading)?;
    main.check_calculated(source)?;
    let used = [Some(&main), gap.as_ref()].map(|sheet| sheet.map(|sheet| sheet.name.as_str()));
    for name in book.names().filter(|name| !used.contains(&Some(name))) {
        builder.reading.leave(format!("sheet '{name}'"));
    }
    // "gap" in its name says what the edges of a sheet are that was asked for alone.
    let alone = if is_of_gaps(&main.name) { EdgeKind::Gap } else { EdgeKind::Chemical };
    if Layout::fits(&main.header(), &options.columns) {
        let reading = main.read_list(source, options, alone, &mut builder)?;
        builder.reading.taken.extend(reading.taken);
        builder.reading.left.extend(reading.left);
        builder.reading.guesses.extend(reading.guesses);
    } else {
        const TAKEN: [&str; 6] = ["sheet", "gap_sheet", "nodes", "size", "sum_repeated", "worm_names"];
        let refused = options.refuse_all_but(&TAKEN, &format!("the adjacency matrix of sheet '{}'", main.name));
        refused.map_err(|problem| source.error(problem))?;
        builder.reading.take("edges", format!("sheet '{}', rows are sources", main.name));
        main.read_adjacency(source, alone, &mut builder)?;
    }
    if let Some(gap) = gap {
        read_gaps(&gap, source, options, &mut builder)?;
    }
    Ok(builder.finish(source, &format!("sheet '{}'", main.name), options.sum_repeated))
}

/// Adds the gap junctions of a sheet of their own.
fn read_gaps(gap: &Sheet, source: &Source, options: &ReadOptions, builder: &mut Builder) -> Result<()> {
    gap.check_calculated(source)?;
    builder.reading.take("gap junctions", format!("sheet '{}'", gap.name));
    if !gap.is_list(options) {
        return gap.read_adjacency(source, EdgeKind::Gap, builder);
    }
    let reading = gap.read_list(source, options, EdgeKind::Gap, builder)?;
    for taken in reading.taken.iter().filter(|taken| taken.part != "kind") {
        builder.reading.take(format!("{} of gap junctions", taken.part), taken.from.clone());
    }
    reading.left.iter().for_each(|what| builder.reading.leave(format!("{what} of sheet '{}'", gap.name)));
    builder.reading.guesses.extend(reading.guesses);
    Ok(())
}

/// The sheet to read and the one with gap junctions: as given, else by their names, else the only one that lists edges or
/// is an adjacency matrix. Hidden sheets are read only where they are asked for.
fn choose_sheets(book: &mut Workbook, options: &ReadOptions, reading: &mut Reading) -> Result<(Sheet, Option<Sheet>)> {
    let gap = options.gap_sheet.as_ref().map(|name| book.sheet(name)).transpose()?;
    if let Some(name) = &options.sheet {
        return Ok((book.sheet(name)?, gap));
    }
    let names = book.shown(reading)?;
    if let Some(chemical) = one_of(book.source, &names, "sheet", is_chemical, reading)? {
        let beside: Vec<String> =
            names.iter().filter(|name| animal_of_sheet(name) == animal_of_sheet(&chemical)).cloned().collect();
        let gap = match gap {
            Some(gap) => Some(gap),
            None => match one_of(book.source, &beside, "gap_sheet", is_gap, reading)? {
                Some(name) => Some(book.sheet(&name)?),
                None => None,
            },
        };
        return Ok((book.sheet(&chemical)?, gap));
    }
    let mut fitting = Vec::new();
    for name in names.iter().filter(|name| options.gap_sheet.as_ref() != Some(name)) {
        let fits = |sheet: &Sheet| names.len() == 1 || sheet.is_list(options) || sheet.is_matrix();
        fitting.extend(book.filled(name)?.filter(fits));
    }
    let (mut gaps, mut others): (Vec<Sheet>, Vec<Sheet>) = fitting.into_iter().partition(|s| is_of_gaps(&s.name));
    if others.is_empty() && gap.is_none() {
        std::mem::swap(&mut gaps, &mut others);
    }
    let source = book.source;
    let one = |mut sheets: Vec<Sheet>, option: &str| match sheets.len() {
        0 | 1 => Ok(sheets.pop()),
        _ => {
            let names: Vec<&str> = sheets.iter().map(|sheet| sheet.name.as_str()).collect();
            let problem =
                format!("several sheets may be the one; say {option} = \"...\", one of: {}", names.join(", "));
            Err(source.error(problem))
        }
    };
    let main = match one(others, "sheet")? {
        Some(main) => main,
        None => {
            let first = names.iter().find(|name| options.gap_sheet.as_ref() != Some(name)).unwrap_or(&names[0]);
            reading.guess(format!("sheet '{first}' is the one, the first"), "sheet = \"...\"");
            return Ok((book.sheet(first)?, gap));
        }
    };
    match gap {
        Some(gap) => Ok((main, Some(gap))),
        None => Ok((main, one(gaps, "gap_sheet")?)),
    }
}

/// Adjacency of chemical synapses, in the wordings of the tables of Cook et al. 2019: "hermaphrodite chemical", "herm chem
/// synapse adjacency"; sums over groups of cells ("herm chem grouped") are another thing.
fn is_chemical(name: &str) -> bool {
    let name = name.to_lowercase();
    let word = name.split(|c: char| !c.is_alphanumeric()).any(|word| word.starts_with("chem"));
    word && !name.contains("gap") && !name.contains("group")
}

/// Whether a name says gap junctions.
fn is_of_gaps(name: &str) -> bool {
    let name = name.to_lowercase();
    let has = |wanted: &str| name.split(|c: char| !c.is_alphanumeric()).any(|word| word.starts_with(wanted));
    (has("gap") || has("electric")) && !has("chem")
}

/// Adjacency of gap junctions: "hermaphrodite gap jn symmetric", "herm gap jn synapse adjacency"; the asymmetric one lists
/// each junction once.
fn is_gap(name: &str) -> bool {
    let lower = name.to_lowercase();
    is_of_gaps(name) && !lower.contains("asymmetric") && !lower.contains("group")
}

/// Whose sheet it is.
fn animal_of_sheet(name: &str) -> &'static str {
    let name = name.to_lowercase();
    ["herm", "male"].into_iter().find(|animal| name.contains(animal)).unwrap_or_default()
}

/// The sheet that fits: the first animal's, which must have one only.
fn one_of(
    source: &Source,
    names: &[String],
    option: &'static str,
    fits: fn(&str) -> bool,
    reading: &mut Reading,
) -> Result<Option<String>> {
    let found: Vec<&String> = names.iter().filter(|name| fits(name)).collect();
    let Some(first) = found.first() else { return Ok(None) };
    let same: Vec<&str> =
        found.iter().filter(|n| animal_of_sheet(n) == animal_of_sheet(first)).map(|n| n.as_str()).collect();
    if same.len() > 1 {
        let problem = format!("several sheets may be the one; say {option} = \"...\", one of: {}", same.join(", "));
        return Err(source.error(problem));
    }
    if found.len() > 1 {
        reading.guess(format!("sheet '{first}' is the one"), format!("{option} = \"...\""));
    }
    Ok(Some((*first).clone()))
}
