//! Numbers that are stored field by field, read and written as vectors.

use std::marker::PhantomData;

use crate::simd::vector::Vector;

/// Numbers in fields of equal length, one behind the other: number `i` of field `f` at `f * stride + i`. Items are
/// checked against the stride and not against the slice, so that the compiler needs one check for all fields.
#[derive(Debug)]
pub struct Fields<'a, R> {
    first: *const R,
    count: usize,
    stride: usize,
    numbers: PhantomData<&'a [R]>,
}

impl<'a, R: Copy + Default> Fields<'a, R> {
    /// The first `count` fields of `stride` numbers each.
    ///
    /// # Panics
    /// If there are fewer than `count * stride` numbers.
    #[inline(always)]
    pub fn new(numbers: &'a [R], count: usize, stride: usize) -> Fields<'a, R> {
        assert!(count.checked_mul(stride).is_some_and(|all| all <= numbers.len()), "fewer numbers than fields");
        Fields { first: numbers.as_ptr(), count, stride, numbers: PhantomData }
    }

    /// The place of the first of `items` of `field` among all numbers.
    #[inline(always)]
    fn place(&self, field: usize, items: Items) -> usize {
        let Items { first, count } = items;
        assert!(field < self.count && count <= self.stride && first <= self.stride - count, "no such items");
        field * self.stride + first
    }

    /// The `items` of `field` side by side, at most as many as there are lanes; the other lanes are zero.
    ///
    /// # Panics
    /// If there is no such field, or if `items` do not lie in it.
    #[inline(always)]
    pub fn load<V: Vector<Number = R>>(&self, field: usize, items: Items) -> V {
        let from = self.first.wrapping_add(self.place(field, items));
        if items.count >= V::LANES {
            // SAFETY: the items lie in the field, and the field in what `new` was given.
            return unsafe { V::load(from) };
        }
        // SAFETY: as above.
        unsafe { V::load_some(from, items.count) }
    }
}

/// Neighbouring items of [`Fields`]. Not a range, whose length the compiler would not know.
#[derive(Debug, Clone, Copy)]
pub struct Items {
    /// The place of the first.
    pub first: usize,
    /// How many there are.
    pub count: usize,
}

/// [`Fields`] that can be written.
#[derive(Debug)]
pub struct FieldsMut<'a, R> {
    first: *mut R,
    fields: Fields<'a, R>,
}

impl<'a, R: Copy + Default> FieldsMut<'a, R> {
    /// The first `count` fields of `stride` numbers each, to be read and written.
    ///
    /// # Panics
    /// If there are fewer than `count * stride` numbers.
    #[inline(always)]
    pub fn new(numbers: &'a mut [R], count: usize, stride: usize) -> FieldsMut<'a, R> {
        let first = numbers.as_mut_ptr();
        FieldsMut { fields: Fields { first, ..Fields::new(numbers, count, stride) }, first }
    }

    /// The fields, to be read.
    #[inline(always)]
    pub fn fields(&self) -> &Fields<'a, R> {
        &self.fields
    }

    /// All numbers of all fields.
    #[inline(always)]
    pub fn numbers(&mut self) -> &mut [R] {
        // SAFETY: `new` has found that many numbers, and the borrow of `self` excludes others.
        unsafe { std::slice::from_raw_parts_mut(self.first, self.fields.count * self.fields.stride) }
    }

    /// Writes the first lanes of `values` to `items` of `field`, at most as many as there are lanes.
    ///
    /// # Panics
    /// If there is no such field, or if `items` do not lie in it.
    #[inline(always)]
    pub fn store<V: Vector<Number = R>>(&mut self, field: usize, items: Items, values: V) {
        let to = self.first.wrapping_add(self.fields.place(field, items));
        if items.count >= V::LANES {
            // SAFETY: as in `load`.
            return unsafe { values.store(to) };
        }
        // SAFETY: as in `load`.
        unsafe { values.store_some(to, items.count) };
    }
}
