//! Convolution of images.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::train::Array;
use crate::train::array::places;
use crate::train::gemm::{Float, Into, Matrix, product};
use crate::train::share;
use crate::train::spikes::firing;
use crate::train::tape::direct::{Direct, Rooms, Sums};
use crate::train::tape::needs;
use crate::train::tape::patches::{Axis, Patches};
use crate::train::tape::rows::total;
use crate::train::tape::{Datum, Given, Operation};

/// Partial sums of weights' adjoints, at most: so many blocks of images are shared out, whatever the number of threads.
const BLOCKS: usize = 32;
/// Up to so many channels and outputs a product of matrices would spend more on laying out than on multiplying.
const FEW: usize = 64;
const NAME: &str = "convolution";

/// y[sample, step, out, row, column] = Σ over channels and places of the kernel of x[sample, step - delay, ...] · W, + b\[out\]
/// where a bias is given.
///
/// Inputs: x, [samples, steps, channels, height, width], numbers or spikes; W, [outs, channels / groups, rows, columns]; b,
/// \[outs\]. Where windows lie one place apart and outputs are few, images are read where they lie; else each is
/// laid out by the places of the kernel and multiplied.
#[derive(Debug, Clone)]
pub struct Conv2d {
    delay: usize,
    stride: [usize; 2],
    padding: [usize; 2],
    dilation: [usize; 2],
    groups: usize,
}

/// A call, measured and checked.
struct Call {
    patches: Patches,
    samples: usize,
    steps: usize,
    outs: usize,
    groups: usize,
    delay: usize,
    direct: Option<Direct>,
}

impl Conv2d {
    /// A convolution with a delay in steps, stride 1, no padding, no dilation and one group.
    pub fn new(delay: usize) -> Conv2d {
        Conv2d { delay, stride: [1; 2], padding: [0; 2], dilation: [1; 2], groups: 1 }
    }

    /// The convolution with the distance from one window to the next, down and across.
    #[must_use]
    pub fn stride(self, stride: [usize; 2]) -> Conv2d {
        Conv2d { stride, ..self }
    }

    /// The convolution with rows and columns of zeros at each side of an image.
    #[must_use]
    pub fn padding(self, padding: [usize; 2]) -> Conv2d {
        Conv2d { padding, ..self }
    }

    /// The convolution with the distance from one place of the kernel to the next, down and across.
    #[must_use]
    pub fn dilation(self, dilation: [usize; 2]) -> Conv2d {
        Conv2d { dilation, ..self }
    }

    /// The convolution with channels in this many groups, each with outputs of its own.
    #[must_use]
    pub fn groups(self, groups: usize) -> Conv2d {
        Conv2d { groups, ..self }
    }

    fn call<T: Float>(&self, inputs: &[&Datum<T>]) -> Result<Call> {
        let (input, weights) = match inputs {
            [input, weights] | [input, weights, _] => (input, weights),
            _ => {
                return Err(needs::another_number(NAME, inputs.len(), "an input, weights, and a bias if there is one"));
            }
        };
        let [_, channels, height, width] = needs::images(NAME, input.shape())?;
        let groups = self.groups;
        let [outs, own, rows, columns] = match *weights.shape() {
            [outs, own, rows, columns] => [outs, own, rows, columns],
            _ => {
                return Err(needs::shape(NAME, "weights", weights.shape(), "[outs, channels / groups, rows, columns]"));
            }
        };
        if groups == 0 || own.checked_mul(groups) != Some(channels) || !outs.is_multiple_of(groups) {
            let problem =
                format!("{outs} outputs of {own} channels each do not fit {channels} channels in {groups} groups");
            return Err(Error::invalid(NAME, format!("{problem}; both must be shared out evenly")));
        }
        let axis = |place: usize, length, size| Axis {
            length,
            size,
            stride: self.stride[place],
            padding: self.padding[place],
            dilation: self.dilation[place],
        };
        let patches = Patches::new(NAME, channels, axis(0, height, rows), axis(1, width, columns))?;
        let [samples, steps] = [input.shape()[0], input.shape()[1]];
        let few = groups == 1 && channels.max(outs) <= FEW && patches.image() > 0 && outs > 0;
        let direct = if few { Direct::new(&patches, outs) } else { None };
        Ok(Call { patches, samples, steps, outs, groups, delay: self.delay, direct })
    }
}

impl Call {
    fn shape(&self) -> [usize; 5] {
        let [rows, columns] = self.patches.windows;
        [self.samples, self.steps, self.outs, rows, columns]
    }

    /// Numbers of an output image.
    fn image(&self) -> usize {
        self.outs * self.patches.count()
    }

    fn empty(&self) -> bool {
        self.patches.image() == 0 || self.outs == 0
    }

    /// Images that are one item of work: at most [`BLOCKS`] of them.
    fn together(&self) -> usize {
        (self.samples * self.steps).div_ceil(BLOCKS).max(1)
    }

    /// [outs, places of a window] and their rows and columns, of one group.
    fn group(&self) -> [usize; 2] {
        [self.outs / self.groups, self.patches.places() / self.groups]
    }

    fn forward<T: Float>(
        &self,
        (input, weights): (&Datum<T>, &[T]),
        bias: Option<&[T]>,
        threads: usize,
    ) -> Result<Vec<T>> {
        let together = self.together();
        let length = self.shape().iter().product();
        // Weights as they are gone over are the same for all images.
        let packed = self.direct.filter(|_| !self.empty()).map(|direct| (direct, direct.packed(weights)));
        share::made(threads, length, together * self.image(), |block, to| {
            if let Some(bias) = bias {
                let planes = to.chunks_mut(self.patches.count());
                planes.enumerate().for_each(|(plane, to)| to.fill(bias[plane % self.outs]));
            }
            match &packed {
                _ if self.empty() => {}
                Some((direct, packed)) => self.forward_directly(*direct, to, (input, packed), block * together),
                None => self.forward_laid_out(to, (input, weights), block * together),
            }
            Ok(())
        })
    }

    /// Adds to images from `first` on what products of matrices make of those that are laid out.
    fn forward_laid_out<T: Float>(&self, to: &mut [T], (input, weights): (&Datum<T>, &[T]), first: usize) {
        let ([outs, places], count) = (self.group(), self.patches.count());
        let mut room = Room::new(&self.patches);
        for (image, to) in to.chunks_mut(self.image()).enumerate() {
            let Some(from) = self.past(first + image) else { continue };
            let spread = room.spread(&self.patches, input, from);
            for (group, to) in to.chunks_mut(outs * count).enumerate() {
                let weights = Matrix::new(&weights[group * outs * places..], outs, places);
                let spread = Matrix::new(&spread[group * places * count..], places, count);
                product(to, Into::Sum, weights, spread);
            }
        }
    }

    /// The same without laying them out; weights are [`Direct::packed`].
    fn forward_directly<T: Float>(
        &self,
        direct: Direct,
        to: &mut [T],
        (input, weights): (&Datum<T>, &[T]),
        first: usize,
    ) {
        let (mut rooms, mut room) = (Rooms::new(direct), Vec::new());
        for (image, to) in to.chunks_mut(self.image()).enumerate() {
            let Some(from) = self.past(first + image) else { continue };
            rooms.forward(numbers(input, from, self.patches.image(), &mut room), weights, to);
        }
    }

    /// The image of the input that acts on one of the output.
    fn past(&self, image: usize) -> Option<usize> {
        (image % self.steps >= self.delay).then(|| image - self.delay)
    }

    /// The image of the output that one of the input acts on.
    fn future(&self, image: usize) -> Option<usize> {
        (image % self.steps + self.delay < self.steps).then(|| image + self.delay)
    }

    /// The adjoint of the input.
    fn to_input<T: Float>(&self, bar: &[T], weights: &[T], threads: usize) -> Result<Vec<T>> {
        let together = self.together();
        let length = self.samples * self.steps * self.patches.image();
        let back = self.direct.map(|direct| (direct.back(), direct.back().packed(&direct.turned(weights))));
        share::made(threads, length, together * self.patches.image(), |block, to| {
            match &back {
                Some((back, packed)) => self.to_input_directly(*back, to, (bar, packed), block * together),
                None => self.to_input_laid_out(to, (bar, weights), block * together),
            }
            Ok(())
        })
    }

    /// The adjoint of images from `first` on, laid out by a product and gathered.
    fn to_input_laid_out<T: Float>(&self, to: &mut [T], (bar, weights): (&[T], &[T]), first: usize) {
        let ([outs, places], count) = (self.group(), self.patches.count());
        let mut room = vec![T::of(0.0); self.patches.places() * count];
        for (image, to) in to.chunks_mut(self.patches.image()).enumerate() {
            let Some(of) = self.future(first + image) else { continue };
            let bar = &bar[of * self.image()..];
            for (group, room) in room.chunks_mut(places * count).enumerate() {
                let weights = Matrix::new(&weights[group * outs * places..], outs, places);
                let bar = Matrix::new(&bar[group * outs * count..], outs, count);
                product(room, Into::Place, weights.transposed(), bar);
            }
            self.patches.gather(&room, to);
        }
    }

    /// The same by the convolution `back`, whose weights are [`Direct::packed`].
    fn to_input_directly<T: Float>(&self, back: Direct, to: &mut [T], (bar, weights): (&[T], &[T]), first: usize) {
        let mut rooms = Rooms::new(back);
        for (image, to) in to.chunks_mut(self.patches.image()).enumerate() {
            let Some(of) = self.future(first + image) else { continue };
            rooms.forward(&bar[of * self.image()..][..self.image()], weights, to);
        }
    }

    /// The adjoint of the weights by some images, without laying them out.
    fn part_directly<T: Float>(&self, direct: Direct, input: &Datum<T>, bar: &[T], images: Range<usize>) -> Vec<T> {
        let (mut sums, mut rooms, mut room) = (Sums::new(&direct), Rooms::new(direct), Vec::new());
        for image in images {
            let Some(from) = self.past(image) else { continue };
            let bar = &bar[image * self.image()..][..self.image()];
            rooms.backward(numbers(input, from, self.patches.image(), &mut room), bar, &mut sums);
        }
        sums.total()
    }

    /// The adjoint of the weights: partial sums of blocks of images, added in their order.
    fn to_weights<T: Float>(&self, to: &mut [T], input: &Datum<T>, bar: &[T], threads: usize) -> Result<()> {
        let ([outs, places], count) = (self.group(), self.patches.count());
        let (images, together) = (self.samples * self.steps, self.together());
        let mut parts: Vec<Vec<T>> = vec![Vec::new(); images.div_ceil(together)];
        share::blocks(threads, &mut parts, 1, |block, part| {
            if let Some(direct) = self.direct {
                let own = block * together..images.min((block + 1) * together);
                part[0] = self.part_directly(direct, input, bar, own);
                return Ok(());
            }
            let mut sum = vec![T::of(0.0); self.outs * places];
            let mut room = Room::new(&self.patches);
            for image in block * together..images.min((block + 1) * together) {
                let Some(from) = self.past(image) else { continue };
                let spread = room.spread(&self.patches, input, from);
                for (group, sum) in sum.chunks_mut(outs * places).enumerate() {
                    let bar = Matrix::new(&bar[image * self.image() + group * outs * count..], outs, count);
                    let spread = Matrix::new(&spread[group * places * count..], places, count);
                    product(sum, Into::Sum, bar, spread.transposed());
                }
            }
            part[0] = sum;
            Ok(())
        })?;
        for part in &parts {
            to.iter_mut().zip(part).for_each(|(to, &part)| *to += part);
        }
        Ok(())
    }

    /// The adjoint of the bias.
    fn to_bias<T: Float>(&self, to: &mut [T], bar: &[T], threads: usize) -> Result<()> {
        let count = self.patches.count();
        share::blocks(threads, to, 1, |out, to| {
            for image in bar.chunks(self.image()) {
                to[0] += total(&image[out * count..][..count]);
            }
            Ok(())
        })
    }
}

/// Room for one image as numbers and laid out.
struct Room<T> {
    image: Vec<T>,
    spread: Vec<T>,
}

impl<T: Float> Room<T> {
    fn new(patches: &Patches) -> Room<T> {
        Room { image: Vec::new(), spread: vec![T::of(0.0); patches.places() * patches.count()] }
    }

    fn spread(&mut self, patches: &Patches, input: &Datum<T>, image: usize) -> &[T] {
        patches.spread(numbers(input, image, patches.image(), &mut self.image), &mut self.spread);
        &self.spread
    }
}

/// The `places` numbers of an image, in `room` if they are spikes.
fn numbers<'a, T: Float>(input: &'a Datum<T>, image: usize, places: usize, room: &'a mut Vec<T>) -> &'a [T] {
    match input {
        Datum::Numbers(array) => &array.data()[image * places..][..places],
        Datum::Spikes(spikes) => {
            room.clear();
            room.resize(places, T::of(0.0));
            let row = spikes.row_words();
            firing(&spikes.words()[image * row..][..row]).for_each(|unit| room[unit] = T::of(1.0));
            room
        }
    }
}

impl<T: Float> Operation<T> for Conv2d {
    fn name(&self) -> &str {
        NAME
    }

    fn forward(&mut self, inputs: &[&Datum<T>], threads: usize) -> Result<Datum<T>> {
        let call = self.call(inputs)?;
        let weights = inputs[1].numbers(NAME)?.data();
        let bias = inputs.get(2).map(|bias| needs::numbers(NAME, "bias", bias, &[call.outs])).transpose()?;
        places(NAME, &call.shape())?;
        let made = call.forward((inputs[0], weights), bias.map(|bias| bias.data()), threads)?;
        Array::new(NAME, &call.shape(), made).map(Datum::Numbers)
    }

    fn backward(&mut self, given: Given<'_, T>, threads: usize) -> Result<Vec<Option<Array<T>>>> {
        let Given { inputs, bar, wanted, .. } = given;
        let call = self.call(inputs)?;
        let (bar, mut adjoints) = (bar.data(), Vec::new());
        for (place, input) in inputs.iter().enumerate() {
            if !wanted[place] {
                adjoints.push(None);
                continue;
            }
            let nothing = place < 2 && call.empty();
            let adjoint = match place {
                0 if !nothing => {
                    let made = call.to_input(bar, inputs[1].numbers(NAME)?.data(), threads)?;
                    Array::new(NAME, input.shape(), made)?
                }
                _ => {
                    let mut to = Array::zeros(NAME, input.shape())?;
                    match place {
                        _ if nothing => {}
                        1 => call.to_weights(to.data_mut(), inputs[0], bar, threads)?,
                        _ => call.to_bias(to.data_mut(), bar, threads)?,
                    }
                    to
                }
            };
            adjoints.push(Some(adjoint));
        }
        Ok(adjoints)
    }
}
