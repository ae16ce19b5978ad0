//! Kernels, events and few weights as pictures.

use super::kernel::Kernel;
use super::movie::movie;
use super::task::Task;
use crate::error::Result;
use crate::record::pictures::Picture;
use crate::record::pictures::curves::{self, Curve, Curves};
use crate::record::pictures::tiles::{self, Key, Row, Tile};
use crate::train::study::File;

/// Behind events and weights.
const GROUND: [u8; 3] = [18, 20, 26];
/// From now to long ago.
const COLOURS: [[u8; 3]; 4] = [[255, 236, 110], [255, 138, 60], [205, 62, 140], [86, 104, 255]];
/// Steps that events are shown for.
const SHOWN: usize = 21;

/// A colour from now, 0, to long ago, 1, as strong as is said from 0 to 1.
fn colour(ago: f64, strength: f64) -> [u8; 3] {
    let at = ago.clamp(0.0, 1.0) * (COLOURS.len() - 1) as f64;
    let first = (at as usize).min(COLOURS.len() - 2);
    let (part, strength) = (at - first as f64, strength.clamp(0.0, 1.0));
    std::array::from_fn(|k| {
        let [from, to] = [COLOURS[first][k], COLOURS[first + 1][k]].map(f64::from);
        let own = from + part * (to - from);
        (f64::from(GROUND[k]) + strength * (own - f64::from(GROUND[k]))).round() as u8
    })
}

/// The events of a movie in some steps up to `last`: the later, the lighter.
fn seen(task: &Task, class: usize, number: u64, last: usize) -> Result<Tile> {
    let motion = task.motions.motion(class);
    let events = movie(&vec![motion; task.field.steps], task.field, task.seed, number)?;
    let pixels = task.field.height * task.field.width;
    let mut tile = vec![GROUND; pixels];
    for ago in (0..SHOWN.min(last + 1)).rev() {
        for unit in events.firing(0, last - ago) {
            tile[unit % pixels] = colour(ago as f64 / (SHOWN - 1) as f64, 1.0);
        }
    }
    let density = 200.0 * events.density();
    let name = format!("{} pixels a step, {density:.1} % events", motion.speed);
    Ok(Tile { name, width: task.field.width, pixels: tile })
}

/// Where and when events speak for a class: the delay of the largest weight at each place, as strong as it is; ON and
/// OFF as the event in the middle is.
fn field(kernel: &Kernel, class: usize, most: f32) -> Tile {
    let extent = kernel.extent();
    let mut pixels = Vec::new();
    for down in 0..extent.height {
        for across in 0..extent.width {
            let at = |delay: usize| kernel.of(class)[extent.feature(0, delay, [down, across])];
            // At the middle now there is the event itself.
            let middle = [down, across] == extent.reach();
            let largest = (usize::from(middle)..extent.delays)
                .fold(usize::from(middle), |best, own| if at(own) > at(best) { own } else { best });
            let ago = largest as f64 / (extent.delays - 1).max(1) as f64;
            let strength = if largest < extent.delays { at(largest) / most } else { 0.0 };
            pixels.push(colour(ago, f64::from(strength.max(0.0))));
        }
    }
    Tile { name: String::new(), width: extent.width, pixels }
}

/// Events of three movies, and the kernels of all classes, 1000 pixels wide.
///
/// # Errors
/// What [`movie`] refuses.
pub fn draw(task: &Task, kernel: &Kernel) -> Result<Picture> {
    let (directions, speeds) = (task.motions.directions, task.motions.speeds.len());
    let last = task.field.steps - 1;
    let shown = (0..speeds).map(|speed| seen(task, speed * directions + 1, 1 << 33 | speed as u64, last));
    let name = format!("Events of the last {SHOWN} steps of textures that move by 30 degrees");
    let mut rows = vec![Row { name, tiles: shown.collect::<Result<_>>()? }];
    for speed in 0..speeds {
        let classes = speed * directions..(speed + 1) * directions;
        let weights =
            classes.clone().flat_map(|class| kernel.of(class)[..kernel.extent().features() / 2].iter().skip(1));
        let mut sorted: Vec<f32> = weights.copied().collect();
        sorted.sort_by(f32::total_cmp);
        let most = sorted.get(sorted.len() * 9995 / 10_000).copied().unwrap_or(1.0).max(f32::MIN_POSITIVE);
        let mut tiles: Vec<Tile> = classes.map(|class| field(kernel, class, most)).collect();
        if speed + 1 == speeds {
            let degrees = |direction: usize| format!("{}°", 360 * direction / directions);
            tiles.iter_mut().enumerate().for_each(|(direction, tile)| tile.name = degrees(direction));
        }
        let name = format!(
            "Kernels for {} pixels a step: the delay of the largest weight at each place",
            task.motions.speeds[speed]
        );
        rows.push(Row { name, tiles });
    }
    let colours = (0..32).map(|k| colour(f64::from(k) / 31.0, 1.0)).collect();
    let longest = kernel.extent().delays - 1;
    let key = Key { ends: ["now".into(), format!("{longest} steps ago")], colours };
    tiles::draw(&rows, &key, "Motion, told by delays")
}

/// Right answers over the share of weights that is left, for each way of leaving some, 1000 x 640 pixels.
///
/// # Errors
/// `Error::Internal` alone.
pub fn draw_few(ways: &[(String, Vec<(f64, f64)>)], title: &str) -> Result<Picture> {
    let point = |&(share, right): &(f64, f64)| ((100.0 * share).log10(), 100.0 * right);
    let curve = |(name, points): &(String, Vec<(f64, f64)>)| Curve {
        name: name.clone(),
        points: points.iter().map(point).collect(),
    };
    let across = "log10 of the weights left (%): -1 is 0.1 %, 2 is all".to_owned();
    curves::draw(
        &Curves { across, up: "right of 36 classes, 1 step (%)".into(), curves: ways.iter().map(curve).collect() },
        title,
    )
}

/// [`draw`] as a file of a study.
pub(super) fn of_kernels(task: &Task, kernel: &Kernel) -> Result<Vec<File>> {
    Ok(vec![File { name: "kernels.png".into(), bytes: draw(task, kernel)?.png()? }])
}

/// [`draw_few`] as a file of a study.
pub(super) fn of_few(ways: &[(String, Vec<(f64, f64)>)]) -> Result<Vec<File>> {
    let picture = draw_few(ways, "Right answers from few synapses")?;
    Ok(vec![File { name: "pruning.png".into(), bytes: picture.png()? }])
}
