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
/// `L23E, L23I, L4E...`, else a colour for each. Beside such names there may be others, such as `thalamus`, with colours of their
/// own.
pub(super) fn colouring(populations: &[PopulationLabel]) -> Colouring {
    let by_kind = ['/', ':', '.', '_', '-', ' ']
        .iter()
        .find_map(|&mark| colouring_by_kind(populations, |name| name.rsplit_once(mark)));
    let letter = |name: &str| ["E", "I"].iter().find(|kind| name.len() > 1 && name.ends_with(**kind)).copied();
    let by_letter = || colouring_by_kind(populations, |name| Some(name.split_at(name.len() - letter(name)?.len())));
    by_kind.or_else(by_letter).unwrap_or_else(|| Colouring {
        group: (0..populations.len()).collect(),
        legend: Vec::new(),
        groups: populations.len(),
        stem: populations.iter().map(|p| p.name.clone()).collect(),
    })
}

/// A colouring by the second part of names, which `split` gives; `None` if that is no kind, since there are too many different
/// ones or too few names for each.
fn colouring_by_kind<'a>(
    populations: &'a [PopulationLabel],
    split: impl Fn(&'a str) -> Option<(&'a str, &'a str)>,
) -> Option<Colouring> {
    let mut legend: Vec<&str> = Vec::new();
    let mut colouring = Colouring { group: Vec::new(), legend: Vec::new(), groups: 0, stem: Vec::new() };
    let mut others = 0;
    for PopulationLabel { name, .. } in populations {
        let (stem, kind) = split(name).unwrap_or_else(|| {
            others += 1;
            (name, name)
        });
        let known = legend.iter().position(|own| own == &kind);
        colouring.group.push(known.unwrap_or(legend.len()));
        colouring.stem.push(stem.to_owned());
        if known.is_none() {
            legend.push(kind);
        }
        if legend.len() > SERIES.len() {
            return None;
        }
    }
    // At least two kinds, two names for each in the mean, and few others.
    if legend.len() < others + 2 || populations.len() < 2 * legend.len() {
        return None;
    }
    (colouring.groups, colouring.legend) = (legend.len(), legend.into_iter().map(str::to_owned).collect());
    Some(colouring)
}
