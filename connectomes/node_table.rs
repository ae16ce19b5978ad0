//! Tables of nodes, which stand beside a file of edges.

use super::Node;
use super::builder::{Builder, Known, Unread};
use super::source::{Source, finite};
use super::table::Table;
use crate::error::Result;
use crate::text::counted;

impl Builder {
    /// Reads a node table; afterwards edges may name no other nodes.
    pub fn read_nodes(&mut self, source: &Source) -> Result<()> {
        let mut table = Table::open(source, None, Some(b'#'))?;
        let header: Vec<String> = match table.next_row()? {
            Some(row) => row.iter().map(str::to_lowercase).collect(),
            None => return Err(source.error("it is empty; expected a table of nodes with a column 'name'")),
        };
        let find = |names: &[&str]| names.iter().find_map(|n| header.iter().position(|h| h == n));
        let Some(name) = find(&["name", "node", "id", "root_id", "neuron", "label"]) else {
            return Err(table.error(format!("there is no column 'name'; found: {}", header.join(", "))));
        };
        let kind = find(&["kind", "cell_type", "celltype", "type", "class", "super_class"]);
        let category = find(&["category"]);
        let side = find(&["side", "hemisphere"]);
        let axes = [find(&["x"]), find(&["y"]), find(&["z"])];
        let (area, cortical) = (find(&["area"]), find(&["cortical"]));
        let used = [Some(name), kind, category, side, axes[0], axes[1], axes[2], area, cortical];
        let left = (0..header.len()).filter(|column| !used.contains(&Some(*column)));
        self.left_of_nodes = left.map(|c| format!("column '{}' of the table of nodes", header[c])).collect();
        let mut unread = Unread::default();
        while let Some(row) = table.next_row()? {
            if row.len() > header.len() {
                let problem = format!(
                    "it has {fields}, the first line has {}",
                    header.len(),
                    fields = counted(row.len(), "field")
                );
                return Err(table.error(problem));
            }
            let field = |column: Option<usize>| column.and_then(|c| row.get(c)).filter(|t| !t.is_empty());
            let number = |column, what| field(column).map(|text| finite(text, what)).transpose();
            let position = number(axes[0], "x").and_then(|x| Ok([x, number(axes[1], "y")?, number(axes[2], "z")?]));
            let text = |column| field(column).map(str::to_owned);
            let area = field(area).map(|text| match finite(text, "area")? {
                area if area < 0.0 => Err(format!("area is {area}; it must not be negative")),
                area => Ok(area),
            });
            let area = area.transpose();
            let node = Node {
                name: text(Some(name)).unwrap_or_default(),
                kind: text(kind),
                category: text(category),
                side: unread.side(field(side)),
                cortical: unread.cortical(field(cortical)),
                ..Node::default()
            };
            let added = position.and_then(|axes| {
                let position = unread.position(axes);
                self.add_node(Node { position, area: area?, ..node })
            });
            added.map_err(|problem| table.error(problem))?;
        }
        unread.tell(&mut self.reading);
        self.known = Known::Listed;
        Ok(())
    }
}
