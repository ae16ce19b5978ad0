//! Movies of moving textures, made on the fly, and the events of a camera that looks at them.
//!
//! A texture is dead leaves (Matheron 1968; Lee, Mumford & Huang 2001): discs of random grey, their radii drawn from r⁻³, fall on
//! each other on a torus. Between its pixels it is what bilinear interpolation says, a surface that moves by any part of a pixel as
//! exactly as by a whole one.

use crate::error::{Error, Result};
use crate::random::{Draws, Purpose, stream};
use crate::train::{Array, Spikes};

/// Side of a texture, pixels: a power of two.
const SIDE: usize = 128;
/// Radii of leaves, pixels.
const RADII: [f64; 2] = [2.0, 12.0];
/// Leaves of a texture: each place is covered more than three times in the mean.
const LEAVES: usize = 1200;
/// The least and the largest contrast of a movie, geometrically even between.
const CONTRAST: [f64; 2] = [0.75, 1.333];
/// Intensity by which a pixel changes between two events of it.
pub const THRESHOLD: f32 = 1.15;

/// A grey surface without edges: what leaves at the right comes in at the left.
#[derive(Debug, Clone, PartialEq)]
pub struct Texture {
    grey: Vec<f32>,
}

impl Texture {
    /// Dead leaves, from -1 to 1; each number of a seed is a texture of its own.
    pub fn leaves(seed: u64, number: u64) -> Texture {
        let mut draws = draws(seed, Part::Texture, number);
        let mut grey = vec![0.0f32; SIDE * SIDE];
        for _ in 0..LEAVES {
            let [x, y] = [(); 2].map(|()| SIDE as f64 * draws.uniform());
            // The radius of which r⁻² is even between those of the largest and the least.
            let [most, least] = RADII.map(|radius| radius.powi(-2));
            let radius = (least + (most - least) * draws.uniform()).powf(-0.5);
            let shade = (2.0 * draws.uniform() - 1.0) as f32;
            disc(&mut grey, (x, y), radius, shade);
        }
        Texture { grey }
    }

    /// Of your own, 128 x 128 numbers row by row.
    ///
    /// # Errors
    /// Another number of pixels, or something that is no number.
    pub fn new(grey: Vec<f32>) -> Result<Texture> {
        if grey.len() != SIDE * SIDE {
            let problem = format!("it has {} pixels, and must have {SIDE} x {SIDE}", grey.len());
            return Err(Error::invalid("texture", problem));
        }
        finite("texture", &grey)?;
        Ok(Texture { grey })
    }

    /// What is seen through a window of [height, width] pixels whose corner lies at (x, y), row by row.
    fn through(&self, corner: [f64; 2], [height, width]: [usize; 2], frame: &mut [f32]) {
        let [x, y] = corner.map(|at| at.rem_euclid(SIDE as f64));
        let (left, top) = (x.floor(), y.floor());
        let (right_share, lower_share) = ((x - left) as f32, (y - top) as f32);
        let (left, top) = (left as usize, top as usize);
        let row = |y: usize| &self.grey[((top + y) % SIDE) * SIDE..][..SIDE];
        for (y, line) in frame.chunks_exact_mut(width).take(height).enumerate() {
            let (upper, lower) = (row(y), row(y + 1));
            let at = |x: usize| {
                let x = (left + x) % SIDE;
                upper[x] + lower_share * (lower[x] - upper[x])
            };
            let mut before = at(0);
            for (x, pixel) in line.iter_mut().enumerate() {
                let next = at(x + 1);
                *pixel = before + right_share * (next - before);
                before = next;
            }
        }
    }
}

fn disc(grey: &mut [f32], (x, y): (f64, f64), radius: f64, shade: f32) {
    let (first, last) = ((y - radius).ceil() as i64, (y + radius).floor() as i64);
    for row in first..=last {
        let half = (radius * radius - (row as f64 - y).powi(2)).max(0.0).sqrt();
        let line = row.rem_euclid(SIDE as i64) as usize * SIDE;
        for column in (x - half).ceil() as i64..=(x + half).floor() as i64 {
            grey[line + column.rem_euclid(SIDE as i64) as usize] = shade;
        }
    }
}

/// A movement: where to, and how fast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Motion {
    /// Radians; 0 is to the right, a quarter of a turn is down, as rows go.
    pub direction: f64,
    /// Pixels a step.
    pub speed: f64,
}

impl Motion {
    /// Pixels a step to the right, and down.
    pub fn velocity(&self) -> [f64; 2] {
        [self.speed * self.direction.cos(), self.speed * self.direction.sin()]
    }
}

/// The movements that are told apart: every direction at every speed.
#[derive(Debug, Clone, PartialEq)]
pub struct Motions {
    /// Directions, evenly round the circle, the first to the right.
    pub directions: usize,
    /// Pixels a step.
    pub speeds: Vec<f64>,
}

impl Default for Motions {
    /// 12 directions, speeds 0.35, 0.7 and 1.4 pixels a step.
    fn default() -> Self {
        Motions { directions: 12, speeds: vec![0.35, 0.7, 1.4] }
    }
}

impl Motions {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.directions * self.speeds.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One by its class: speed · directions + direction; beyond the last they begin again.
    pub fn motion(&self, class: usize) -> Motion {
        let directions = self.directions.max(1);
        let turn = (class % directions) as f64 / directions as f64;
        let speed = self.speeds.get(class / directions % self.speeds.len().max(1)).copied().unwrap_or(0.0);
        Motion { direction: std::f64::consts::TAU * turn, speed }
    }
}

/// How much is seen of a movie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Pixels down.
    pub height: usize,
    /// Pixels across.
    pub width: usize,
    /// Steps.
    pub steps: usize,
}

impl Default for Field {
    /// 64 x 64 pixels, 64 steps.
    fn default() -> Self {
        Field { height: 64, width: 64, steps: 64 }
    }
}

impl Field {
    pub(super) fn check(self) -> Result<Field> {
        let fits = |&axis: &usize| (1..=4096).contains(&axis);
        match [self.height, self.width, self.steps].iter().all(fits) {
            true => Ok(self),
            false => Err(Error::invalid("movie", "height, width and steps must be from 1 to 4,096".to_owned())),
        }
    }
}

/// What is seen of a texture that moves, [steps + 1, height, width]: at rest, then after each step's motion. There are as many motions
/// as steps.
///
/// # Errors
/// A field beyond 4,096 pixels or steps, another number of motions; a motion or a contrast that is no number.
pub fn frames(texture: &Texture, motions: &[Motion], contrast: f64, field: Field) -> Result<Array<f32>> {
    let Field { height, width, steps } = field.check()?;
    if motions.len() != steps {
        let problem = format!("there are {} motions for {steps} steps; give one for each", motions.len());
        return Err(Error::invalid("movie", problem));
    }
    let fits = |part: &f64| part.is_finite() && part.abs() <= SIDE as f64;
    if !(motions.iter().all(|motion| motion.velocity().iter().all(fits)) && contrast.is_finite()) {
        return Err(Error::invalid("movie", format!("speed and contrast must be numbers, a speed below {SIDE}")));
    }
    room("movie", &[steps + 1, height, width], 32)?;
    let mut seen = Array::zeros("movie", &[steps + 1, height, width])?;
    let mut corner = [0.0, 0.0];
    for (step, frame) in seen.data_mut().chunks_exact_mut(height * width).enumerate() {
        if step > 0 {
            let moved = motions[step - 1].velocity();
            corner = [corner[0] - moved[0], corner[1] - moved[1]];
        }
        texture.through(corner, [height, width], frame);
        frame.iter_mut().for_each(|pixel| *pixel *= contrast as f32);
    }
    Ok(seen)
}

/// The events of frames, [steps + 1, height, width], as spikes of the shape [1, steps, 2, height, width]: ON first, then OFF.
///
/// A pixel adds to its residual what has changed. Where that goes beyond the threshold there is an event, ON if it grew brighter,
/// and the threshold is taken off the residual with its sign: one event a step, the rest follows (Grimaldi & Perrinet 2023). Residuals
/// begin with those given, [height, width], or with none.
///
/// # Errors
/// Other shapes; a threshold that is not above 0; what is no number.
pub fn events(frames: &Array<f32>, threshold: f32, residual: Option<&[f32]>) -> Result<Spikes> {
    let &[all, height, width] = frames.shape() else {
        return Err(Error::invalid("frames", "they have the axes step, row and column".to_owned()));
    };
    let pixels = height * width;
    if all < 2 || pixels == 0 || !(threshold > 0.0 && threshold.is_finite()) {
        return Err(Error::invalid("frames", "give at least two frames, and a threshold above 0".to_owned()));
    }
    let mut residual = residual.map_or_else(|| vec![0.0; pixels], <[f32]>::to_vec);
    if residual.len() != pixels {
        return Err(Error::invalid("residuals", format!("there are {}, and {pixels} pixels", residual.len())));
    }
    finite("frames", frames.data())?;
    finite("residuals", &residual)?;
    let mut events = Spikes::silent("events", &[1, all - 1, 2, height, width])?;
    let data = frames.data();
    for step in 0..all - 1 {
        let (before, after) = data[step * pixels..(step + 2) * pixels].split_at(pixels);
        for (pixel, (own, (before, after))) in residual.iter_mut().zip(before.iter().zip(after)).enumerate() {
            *own += after - before;
            if *own > threshold {
                *own -= threshold;
                events.set(0, step, pixel);
            } else if *own < -threshold {
                *own += threshold;
                events.set(0, step, pixels + pixel);
            }
        }
    }
    Ok(events)
}

/// A movie, a motion for each step: dead leaves of its own, a contrast from 0.75 to 1.33, residuals anywhere below the threshold of 1.15;
/// seen as events, [1, steps, 2, height, width]. The same seed and number give the same movie.
///
/// # Errors
/// As [`frames`].
pub fn movie(motions: &[Motion], field: Field, seed: u64, number: u64) -> Result<Spikes> {
    let mut draws = draws(seed, Part::Sight, number);
    let [least, most] = CONTRAST.map(f64::ln);
    let contrast = (least + (most - least) * draws.uniform()).exp();
    let seen = frames(&Texture::leaves(seed, number), motions, contrast, field)?;
    let even = |word: u32| THRESHOLD * (word as f32 * 2.0f32.powi(-31) - 1.0);
    let residual: Vec<f32> = (0..field.height * field.width).map(|_| even(draws.word())).collect();
    events(&seen, THRESHOLD, Some(&residual))
}

/// How a gaze moves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Gaze {
    /// One motion from beginning to end.
    Steady,
    /// A new motion after a time that is drawn from an exponential distribution of this mean, in steps: 24 as published.
    Jagged(f64),
}

impl Gaze {
    /// The class of the motion in each step, any of `classes` with the same probability.
    ///
    /// # Errors
    /// A mean that is not above 0; no classes.
    pub fn classes(self, classes: usize, steps: usize, seed: u64, number: u64) -> Result<Vec<u32>> {
        if matches!(self, Gaze::Jagged(mean) if !(mean > 0.0 && mean.is_finite())) || classes == 0 {
            return Err(Error::invalid(
                "gaze",
                "its mean time must be above 0 steps, of at least one class".to_owned(),
            ));
        }
        let mut draws = draws(seed, Part::Gaze, number);
        let mut list = Vec::with_capacity(steps);
        while list.len() < steps {
            let class = draws.below(classes as u32);
            let lasts = match self {
                Gaze::Steady => steps,
                Gaze::Jagged(mean) => (-mean * (1.0 - draws.uniform()).ln()).ceil().max(1.0).min(steps as f64) as usize,
            };
            list.extend(std::iter::repeat_n(class, lasts.min(steps - list.len())));
        }
        Ok(list)
    }
}

/// What is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    Texture = 0,
    Sight = 1,
    Places = 2,
    Gaze = 3,
    Planted = 4,
    Events = 5,
    Sample = 6,
}

pub(super) fn draws(seed: u64, part: Part, number: u64) -> Draws {
    Draws::new(seed, stream(Purpose::Movie, part as u32), number)
}

pub(super) fn finite(what: &str, numbers: &[f32]) -> Result<()> {
    match numbers.iter().position(|number| !number.is_finite()) {
        None => Ok(()),
        Some(place) => Err(Error::invalid(what, format!("number {place}, counted from 0, is not finite; mend it"))),
    }
}

/// Refuses to take more memory than there is: so many places of `bits` each.
pub(super) fn room(what: &str, shape: &[usize], bits: u64) -> Result<()> {
    let places = shape.iter().fold(1u64, |product, &axis| product.saturating_mul(axis as u64));
    let needed = places.saturating_mul(bits) / 8;
    match crate::host::available() {
        Some(available) if needed > available => {
            let hint = "use a smaller field, fewer steps or a smaller kernel".into();
            Err(Error::Memory { what: what.into(), needed, available, hint })
        }
        _ => Ok(()),
    }
}
