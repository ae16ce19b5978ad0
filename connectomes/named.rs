//! The committed connectomes, built into the program. Their sources, licences and citations are in `connectomes/data/`.

use super::builder::Builder;
use super::dense;
use super::grid::Grid;
use super::matrix::Matrix;
use super::npy::{self, Array};
use super::options::MAX_BYTES;
use super::source::Source;
use super::{Connectome, Node, Orientation, ReadOptions, Reading, Side, edge_list, flyvis};
use crate::error::{Error, Result};

/// A connectome that comes with the program.
#[derive(Debug, Clone, Copy)]
pub struct Committed {
    /// Name for [`Connectome::named`].
    pub name: &'static str,
    /// One line on what it is and the unit of its weights.
    pub about: &'static str,
    /// What to cite.
    pub citation: &'static str,
    /// The terms under which it may be passed on.
    pub licence: &'static str,
    read: fn(&Committed) -> Result<Connectome>,
}

/// All committed connectomes.
pub fn committed() -> &'static [Committed] {
    COMMITTED
}

/// Names of all committed connectomes.
pub fn names() -> Vec<&'static str> {
    COMMITTED.iter().map(|c| c.name).collect()
}

impl Connectome {
    /// A committed connectome by name; [`names`] lists them.
    ///
    /// ```
    /// # fn main() -> neuropil::Result<()> {
    /// let worm = neuropil::connectomes::Connectome::named("cook2019")?;
    /// assert_eq!(worm.nodes.len(), 473);
    /// # Ok(())
    /// # }
    /// ```
    pub fn named(name: &str) -> Result<Connectome> {
        let Some(set) = COMMITTED.iter().find(|c| c.name == name) else {
            return Err(Error::unknown("connectome", name, "the committed ones", &names()));
        };
        let mut connectome = (set.read)(set)?;
        connectome.name = set.name.to_owned();
        connectome.about = set.about.to_owned();
        connectome.reading = Reading::default();
        Ok(connectome)
    }
}

/// Functional connectivity (correlation of BOLD) between the nodes of a committed connectome, in their order.
pub fn functional_connectivity(name: &str) -> Result<Matrix> {
    match name {
        HCP => committed_matrix(
            "functional_connectivity.npz",
            include_bytes!("data/hcp-schaefer100/functional_connectivity.npz"),
        ),
        _ => Err(Error::unknown("functional connectivity", name, "the committed ones", &[HCP])),
    }
}

const HCP: &str = "hcp-schaefer100";

const COMMITTED: &[Committed] = &[
    Committed {
        name: "cook2019",
        about: "C. elegans, adult hermaphrodite, whole animal (corrected July 2020); weights are EM sections",
        citation: "Cook et al. 2019, Nature 571:63-71, doi 10.1038/s41586-019-1352-7",
        licence: "published data without a stated licence; passed on by OpenWorm (cect) under MIT",
        read: cook2019,
    },
    Committed {
        name: "fenyves2020",
        about: "C. elegans, chemical synapses with predicted signs; weights are synapses as in WormWiring 2019",
        citation: "Fenyves et al. 2020, PLoS Comput Biol 16:e1007974, doi 10.1371/journal.pcbi.1007974",
        licence: "CC BY 4.0",
        read: fenyves2020,
    },
    Committed {
        name: "winding2023",
        about: "Drosophila, first-instar larva, whole brain; weights are synapses, all compartments summed",
        citation: "Winding et al. 2023, Science 379:eadd9330, doi 10.1126/science.add9330",
        licence: "supplement of a published paper without a stated licence",
        read: winding2023,
    },
    Committed {
        name: "flyvis",
        about: "Drosophila, optic lobe, 65 cell types on 721 columns (flyvis); weights are synapses, signs by type",
        citation: "Lappalainen et al. 2024, Nature 634:1132-1140, doi 10.1038/s41586-024-07939-3",
        licence: "MIT",
        read: flyvis_lobe,
    },
    Committed {
        name: HCP,
        about: "human, 100 cortical regions (Schaefer), mean of 706 people of the HCP; weights are streamlines, lengths mm",
        citation: "Van Essen et al. 2013, NeuroImage 80:62-79; Schaefer et al. 2018, Cereb Cortex 28:3095; Saberi et al. 2025 (cubnm)",
        licence: "WU-Minn HCP Open Access Data Use Terms",
        read: hcp_schaefer100,
    },
];

/// Bytes of this program as a source; the usual limit holds for them as well.
fn committed_source(name: &str, content: &'static [u8]) -> Source {
    Source::bytes(name, content, MAX_BYTES)
}

/// Cook et al. 2019, C. elegans hermaphrodite: numbers of sections with chemical and gap junctions.
fn cook2019(_: &Committed) -> Result<Connectome> {
    let mut builder = Builder::default();
    builder.read_nodes(&committed_source("cook2019/nodes.csv", include_bytes!("data/cook2019/nodes.csv")))?;
    let edges = committed_source("cook2019/edges.csv.gz", include_bytes!("data/cook2019/edges.csv.gz"));
    edge_list::read_into(builder, &edges, &ReadOptions::default())
}

/// Fenyves et al. 2020: the chemical connectome of C. elegans with signs predicted from gene expression.
fn fenyves2020(_: &Committed) -> Result<Connectome> {
    let edges =
        committed_source("fenyves2020/signed_edges.csv.gz", include_bytes!("data/fenyves2020/signed_edges.csv.gz"));
    edge_list::read(&edges, &ReadOptions { worm_names: true, ..ReadOptions::default() })
}

/// Winding et al. 2023, larva of Drosophila: synapses summed over the four kinds of contact.
fn winding2023(_: &Committed) -> Result<Connectome> {
    let mut builder = Builder::default();
    builder.read_nodes(&committed_source(
        "winding2023/neurons.csv.gz",
        include_bytes!("data/winding2023/neurons.csv.gz"),
    ))?;
    let edges = committed_source("winding2023/edges.csv.gz", include_bytes!("data/winding2023/edges.csv.gz"));
    edge_list::read_into(builder, &edges, &ReadOptions { sum_repeated: true, ..ReadOptions::default() })
}

/// Lappalainen et al. 2024: the optic lobe of Drosophila.
fn flyvis_lobe(_: &Committed) -> Result<Connectome> {
    let json = include_bytes!("data/flyvis/fib25-fib19_v2.2.json.gz");
    flyvis::read(&committed_source("flyvis/fib25-fib19_v2.2.json.gz", json), &ReadOptions::default())
}

/// The one matrix of a committed NPZ archive.
fn committed_matrix(name: &str, content: &'static [u8]) -> Result<Matrix> {
    let source = committed_source(name, content);
    let arrays = npy::read_archive(&source)?;
    let found = arrays.into_iter().find_map(|(_, array)| match array {
        Array::Matrix(matrix) => Some(matrix),
        _ => None,
    });
    found.ok_or_else(|| source.error("it holds no matrix"))
}

/// Networks of Yeo et al. 2011 in the order of their numbers in `networks.txt`.
const YEO7: [&str; 7] = ["Vis", "SomMot", "DorsAttn", "SalVentAttn", "Limbic", "Cont", "Default"];

/// The human connectome of the HCP in 100 regions (Schaefer et al. 2018), grouped by Yeo's 7 networks.
fn hcp_schaefer100(_: &Committed) -> Result<Connectome> {
    let strength = committed_matrix("strength.npz", include_bytes!("data/hcp-schaefer100/strength.npz"))?;
    let length = committed_matrix("length.npz", include_bytes!("data/hcp-schaefer100/length.npz"))?;
    let name = committed_source(HCP, &[]);
    let mut connectome = dense::connectome(
        &name,
        Grid::Dense(strength),
        Some(Grid::Dense(length)),
        Orientation::RowIsSource,
        String::new(),
        Reading::default(),
    )?;
    let half = connectome.nodes.len() / 2;
    let networks = include_str!("data/hcp-schaefer100/networks.txt");
    let mut counts = [[0u32; YEO7.len()]; 2];
    for (i, (node, network)) in connectome.nodes.iter_mut().zip(networks.split_whitespace()).enumerate() {
        let network = network.parse::<usize>().ok().filter(|n| *n < YEO7.len());
        let network = network.ok_or_else(|| name.error("networks.txt holds an unknown network"))?;
        let (side, letters) = if i < half { (Side::Left, "LH") } else { (Side::Right, "RH") };
        let count = &mut counts[usize::from(i >= half)][network];
        *count += 1;
        *node = Node {
            name: format!("{letters}_{}_{count}", YEO7[network]),
            kind: Some(YEO7[network].to_owned()),
            category: Some("region".to_owned()),
            side: Some(side),
            cortical: Some(true),
            ..Node::default()
        };
    }
    Ok(connectome)
}
