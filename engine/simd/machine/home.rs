//! Homes: where values are in memory.

/// Where a value is in memory, if it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// Nowhere yet.
    Nowhere,
    /// In a slot of the frame, by its number.
    Slot(u32),
    /// Among the constants, by its place.
    Constant(u32),
    /// In the description of a column: one number for all items.
    Shared(u32),
    /// In a column, for each item.
    Item(u32),
}
