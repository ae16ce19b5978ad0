//! Movies of moving textures, generated on the fly, and the events of an event camera that sees them.
//!
//! A texture follows the dead-leaves model (Matheron 1968; Lee, Mumford & Huang 2001): discs of random grey, with radii
//! drawn from r⁻³, cover each other on a torus. It is interpolated bilinearly, so that it can move by any part of a
//! pixel.

use crate::error::{Error, Result};
use crate::random::{Draws, Purpose, stream};
use crate::train::{Array, Spikes};

/// Side of a texture, pixels: a power of two.
const SIDE: usize = 128;
/// The smallest and the largest radius of leaves, pixels.
const RADII: [f64; 2] = [2.0, 12.0];
/// Leaves of a texture: each place is covered more than three times on average.
const LEAVES: usize = 1200;
/// The least and the largest contrast of a movie; its logarithm is uniform in between.
const CONTRAST: [f64; 2] = [0.75, 1.333];
/// The change of intensity that makes an event.
pub const THRESHOLD: f32 = 1.15;

/// A periodic grey texture of 128 x 128 pixels: what leaves at the right enters at the left.
#[derive(Debug, Clone, PartialEq)]
pub struct Texture {
    grey: Vec<f32>,
}

impl Texture {
    /// The dead-leaves texture of this number and seed, with grey from -1 to 1.
    pub fn leaves(seed: u64, number: u64) -> Texture {
        let mut draws = draws(seed, RandomUse::Texture, number);
        let mut grey = vec![0.0f32; SIDE * SIDE];
        for _ in 0..LEAVES {
            let [x, y] = [(); 2].map(|()| SIDE as f64 * draws.uniform());
            // r⁻² is uniform between that of the largest and that of the smallest radius.
            let [most, least] = RADII.map(|radius| radius.powi(-2));
            let radius = (least + (most - least) * draws.uniform()).powf(-0.5);
            let shade = (2.0 * draws.uniform() - 1.0) as f32;
            draw_disc(&mut grey, (x, y), radius, shade);
        }
        Texture { grey }
    }

    /// The texture with these grey values, 128 x 128 numbers row by row.
    ///
    /// # Errors
    /// Another number of pixels, or a value that is not finite.
    pub fn new(grey: Vec<f32>) -> Result<Texture> {
        if grey.len() != SIDE * SIDE {
            let problem = format!("it has {} pixels, and must have {SIDE} x {SIDE}", grey.len());
            return Err(Error::invalid("texture", problem));
        }
        check_finite("texture", &grey)?;
        Ok(Texture { grey })
    }

    /// Writes what is seen in a window of [height, width] pixels whose upper left corner lies at [x, y] to `frame`, row
    /// by row.
    fn view(&self, corner: [f64; 2], [height, width]: [usize; 2], frame: &mut [f32]) {
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

/// Draws a disc around (x, y) into a texture.
fn draw_disc(grey: &mut [f32], (x, y): (f64, f64), radius: f64, shade: f32) {
    let (first, last) = ((y - radius).ceil() as i64, (y + radius).floor() as i64);
    for row in first..=last {
        let half = (radius * radius - (row as f64 - y).powi(2)).max(0.0).sqrt();
        let line = row.rem_euclid(SIDE as i64) as usize * SIDE;
        for column in (x - half).ceil() as i64..=(x + half).floor() as i64 {
            grey[line + column.rem_euclid(SIDE as i64) as usize] = shade;
        }
    }
}

/// A motion of a texture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Motion {
    /// Radians; 0 is to the right, a quarter of a turn is down, as rows go.
    pub direction: f64,
    /// Speed, pixels per step.
    pub speed: f64,
}

impl Motion {
    /// The velocity to the right and down, pixels per step.
    pub fn velocity(&self) -> [f64; 2] {
        [self.speed * self.direction.cos(), self.speed * self.direction.sin()]
    }
}

/// The classes of motion: every direction at every speed.
#[derive(Debug, Clone, PartialEq)]
pub struct Motions {
    /// The number of directions, evenly round the circle, the first to the right.
    pub directions: usize,
    /// The speeds, pixels per step.
    pub speeds: Vec<f64>,
}

impl Default for Motions {
    /// 12 directions at 0.35, 0.7 and 1.4 pixels per step.
    fn default() -> Self {
        Motions { directions: 12, speeds: vec![0.35, 0.7, 1.4] }
    }
}

impl Motions {
    /// The number of classes.
    pub fn len(&self) -> usize {
        self.directions * self.speeds.len()
    }

    /// Whether there is no class.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The motion of a class, speed · directions + direction; classes beyond the last begin again with the first.
    pub fn motion(&self, class: usize) -> Motion {
        let directions = self.directions.max(1);
        let turn = (class % directions) as f64 / directions as f64;
        let speed = self.speeds.get(class / directions % self.speeds.len().max(1)).copied().unwrap_or(0.0);
        Motion { direction: std::f64::consts::TAU * turn, speed }
    }
}

/// The size of a movie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Height, pixels.
    pub height: usize,
    /// Width, pixels.
    pub width: usize,
    /// Duration, steps.
    pub steps: usize,
}

impl Default for Field {
    /// 64 x 64 pixels, 64 steps.
    fn default() -> Self {
        Field { height: 64, width: 64, steps: 64 }
    }
}

impl Field {
    /// The field itself, if it is within its bounds.
    ///
    /// # Errors
    /// Height, width or steps that are not from 1 to 4,096.
    pub(super) fn check(self) -> Result<Field> {
        let fits = |&axis: &usize| (1..=4096).contains(&axis);
        match [self.height, self.width, self.steps].iter().all(fits) {
            true => Ok(self),
            false => Err(Error::invalid("movie", "height, width and steps must be from 1 to 4,096".to_owned())),
        }
    }
}

/// The frames of a moving texture, [steps + 1, height, width]: before the first step, then after each step's motion,
/// with grey values times `contrast`.
///
/// # Errors
/// A field beyond 4,096 pixels or steps; another number of motions than of steps; a motion or contrast that is not
/// finite; a speed above 128.
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
    check_memory("movie", &[steps + 1, height, width], 32)?;
    let mut seen = Array::zeros("movie", &[steps + 1, height, width])?;
    let mut corner = [0.0, 0.0];
    for (step, frame) in seen.data_mut().chunks_exact_mut(height * width).enumerate() {
        if step > 0 {
            let moved = motions[step - 1].velocity();
            corner = [corner[0] - moved[0], corner[1] - moved[1]];
        }
        texture.view(corner, [height, width], frame);
        frame.iter_mut().for_each(|pixel| *pixel *= contrast as f32);
    }
    Ok(seen)
}

/// The events of frames, [steps + 1, height, width], as spikes of the shape [1, steps, 2, height, width]: ON first,
/// then OFF.
///
/// Each pixel adds its change to its residual. Where the residual exceeds the threshold there is an event, ON if the
/// pixel grew brighter, and the threshold is subtracted with its sign: at most one event a step, the rest follows later
/// (Grimaldi & Perrinet 2023). Residuals start from `residual`, [height, width], or from 0.
///
/// # Errors
/// Other shapes; fewer than two frames; a threshold that is not above 0; a number that is not finite.
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
    check_finite("frames", frames.data())?;
    check_finite("residuals", &residual)?;
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

/// The events, [1, steps, 2, height, width], of a movie with a motion for each step: its own dead-leaves texture, a
/// random contrast from 0.75 to 1.33, random initial residuals within the threshold of 1.15. The same seed and number
/// give the same movie.
///
/// # Errors
/// As [`frames`].
pub fn movie(motions: &[Motion], field: Field, seed: u64, number: u64) -> Result<Spikes> {
    let mut draws = draws(seed, RandomUse::Sight, number);
    let [least, most] = CONTRAST.map(f64::ln);
    let contrast = (least + (most - least) * draws.uniform()).exp();
    let seen = frames(&Texture::leaves(seed, number), motions, contrast, field)?;
    let even = |word: u32| THRESHOLD * (word as f32 * 2.0f32.powi(-31) - 1.0);
    let residual: Vec<f32> = (0..field.height * field.width).map(|_| even(draws.word())).collect();
    events(&seen, THRESHOLD, Some(&residual))
}

/// How the motion changes over a movie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Gaze {
    /// The same motion from beginning to end.
    Steady,
    /// A new motion after a time from an exponential distribution of this mean, in steps: 24 as published.
    Jagged(f64),
}

impl Gaze {
    /// The class of the motion in each step, uniformly drawn from `classes` classes.
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
        let mut draws = draws(seed, RandomUse::Gaze, number);
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

/// What a stream of random numbers is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum RandomUse {
    Texture = 0,
    Sight = 1,
    Places = 2,
    Gaze = 3,
    Planted = 4,
    Events = 5,
    Sample = 6,
}

/// The stream of random numbers of a seed and a use, for the movie of this number.
pub(super) fn draws(seed: u64, part: RandomUse, number: u64) -> Draws {
    Draws::new(seed, stream(Purpose::Movie, part as u32), number)
}

/// Checks that all numbers are finite; `what` names them.
///
/// # Errors
/// One of them is not.
pub(super) fn check_finite(what: &str, numbers: &[f32]) -> Result<()> {
    match numbers.iter().position(|number| !number.is_finite()) {
        None => Ok(()),
        Some(place) => Err(Error::invalid(what, format!("number {place}, counted from 0, is not finite; mend it"))),
    }
}

/// Checks that there is memory for an array of this shape with `bits` bits for each place; `what` names it.
///
/// # Errors
/// [`Error::Memory`] alone.
pub(super) fn check_memory(what: &str, shape: &[usize], bits: u64) -> Result<()> {
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
