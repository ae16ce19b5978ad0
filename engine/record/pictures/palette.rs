//! Colours that colour-blind readers can distinguish (Okabe & Ito 2008, without its yellow, which is too pale on
//! white).

use crate::record::PopulationLabel;

/// A colour, red, green, blue.
pub(super) type Colour = [u8; 3];

pub(super) const WHITE: Colour = [255, 255, 255];
/// Text.
pub(super) const INK: Colour = [33, 37, 41];
/// Text of less weight.
pub(super) const MUTED: Colour = [108, 117, 125];
pub(super) const AXIS: Colour = [134, 142, 150];
pub(super) const GRID: Colour = [233, 236, 239];

/// The colours of series.
const SERIES: [Colour; 7] =
    [[0, 114, 178], [213, 94, 0], [0, 148, 108], [186, 97, 147], [214, 142, 0], [70, 165, 217], [84, 92, 106]];

/// The colour of the series `index`; the seven colours repeat.
pub(super) fn series(index: usize) -> Colour {
    SERIES[index % SERIES.len()]
}

/// The index of a group's colour in the palette, whose colours repeat for more groups than it has.
pub(super) fn colour_index(group: usize) -> u8 {
    (group % SERIES.len()) as u8
}

/// A colour on white at an opacity from 0 to 1.
pub(super) fn tint(colour: Colour, opacity: f64) -> Colour {
    colour.map(|c| (255.0 + (f64::from(c) - 255.0) * opacity).round() as u8)
}

/// Which populations share a colour, and how they are labelled.
pub(super) struct Colouring {
    /// Group of each population; its colour is `series(group)`.
    pub group: Vec<usize>,
    /// Names of the groups, where the colours need a legend.
    pub legend: Vec<String>,
    /// Number of groups.
    pub groups: usize,
    /// Name of each population without its group: "region-12" of "region-12/E".
    pub stem: Vec<String>,
}

/// The colouring of populations: by kind (E, I) where names are such as `region-1/E, region-1/I, region-2/E...` or
/// `L23E, L23I, L4E...`, else a colour for each.
pub(super) fn colouring(populations: &[PopulationLabel]) -> Colouring {
    let by_kind = ['/', ':', '.', '_', '-', ' '].iter().find_map(|&mark| {
        let split = |p: &PopulationLabel| p.name.rsplit_once(mark).map(|(a, b)| (a.to_owned(), b.to_owned()));
        colouring_by_kind(populations.iter().map(split).collect::<Option<Vec<_>>>()?)
    });
    let letters = || {
        let split = |p: &PopulationLabel| {
            let (stem, kind) = p.name.split_at_checked(p.name.len().checked_sub(1)?)?;
            (!stem.is_empty() && ["E", "I"].contains(&kind)).then(|| (stem.to_owned(), kind.to_owned()))
        };
        colouring_by_kind(populations.iter().map(split).collect::<Option<Vec<_>>>()?)
    };
    by_kind.or_else(letters).unwrap_or_else(|| Colouring {
        group: (0..populations.len()).collect(),
        legend: Vec::new(),
        groups: populations.len(),
        stem: populations.iter().map(|p| p.name.clone()).collect(),
    })
}

/// A colouring by the second part of names; `None` if that is no kind, since there are too many different ones or too
/// few names for each.
fn colouring_by_kind(names: Vec<(String, String)>) -> Option<Colouring> {
    let mut legend: Vec<String> = Vec::new();
    for (_, kind) in &names {
        if !legend.contains(kind) {
            legend.push(kind.clone());
        }
        if legend.len() > SERIES.len() {
            return None;
        }
    }
    if legend.len() < 2 || names.len() < 2 * legend.len() {
        return None;
    }
    let group = names.iter().map(|(_, kind)| legend.iter().position(|k| k == kind).unwrap_or_default()).collect();
    Some(Colouring { group, groups: legend.len(), legend, stem: names.into_iter().map(|(stem, _)| stem).collect() })
}
