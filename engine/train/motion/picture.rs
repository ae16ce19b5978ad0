//! Pictures of events, kernels, and accuracy over the number of weights.

use super::kernel::Kernel;
use super::movie::movie;
use super::task::Task;
use crate::error::Result;
use crate::record::pictures::Picture;
use crate::record::pictures::curves::{self, Curve, Curves};
use crate::record::pictures::tiles::{self, Key, Row, Tile};
use crate::train::study::File;

/// The colour of the background.
const GROUND: [u8; 3] = [18, 20, 26];
/// The colours of delays, from none to the longest.
const COLOURS: [[u8; 3]; 4] = [[255, 236, 110], [255, 138, 60], [205, 62, 140], [86, 104, 255]];
/// The number of steps whose events are shown.
const SHOWN: usize = 21;

/// The colour of a delay from 0 to 1, the longest, over the background with the opacity `strength` from 0 to 1.
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

/// The events of a movie of one class in the steps up to `last`, coloured by how long ago they were.
fn event_tile(task: &Task, class: usize, number: u64, last: usize) -> Result<Tile> {
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

/// The kernel of a class: at each place the colour of the delay of the largest weight, with an opacity by this weight,
/// 1 for `most`. Only weights of events with the polarity of the event in the middle are shown.
fn kernel_tile(kernel: &Kernel, class: usize, most: f32) -> Tile {
    let extent = kernel.extent();
    let mut pixels = Vec::new();
    for down in 0..extent.height {
        for across in 0..extent.width {
            let at = |delay: usize| kernel.of(class)[extent.feature(0, delay, [down, across])];
            // Without delay, the event itself is in the middle.
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

/// A picture of the events of a movie for each speed, and of the kernels of all classes, 1000 pixels wide.
///
/// # Errors
/// What [`movie`] refuses.
pub fn draw(task: &Task, kernel: &Kernel) -> Result<Picture> {
    let (directions, speeds) = (task.motions.directions, task.motions.speeds.len());
    let last = task.field.steps - 1;
    let shown = (0..speeds).map(|speed| event_tile(task, speed * directions + 1, 1 << 33 | speed as u64, last));
    let name = format!("Events of the last {SHOWN} steps of textures that move by 30 degrees");
    let mut rows = vec![Row { name, tiles: shown.collect::<Result<_>>()? }];
    for speed in 0..speeds {
        let classes = speed * directions..(speed + 1) * directions;
        let weights =
            classes.clone().flat_map(|class| kernel.of(class)[..kernel.extent().features() / 2].iter().skip(1));
        let mut sorted: Vec<f32> = weights.copied().collect();
        sorted.sort_by(f32::total_cmp);
        let most = sorted.get(sorted.len() * 9995 / 10_000).copied().unwrap_or(1.0).max(f32::MIN_POSITIVE);
        let mut tiles: Vec<Tile> = classes.map(|class| kernel_tile(kernel, class, most)).collect();
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

/// A picture of right answers over the share of weights that is left, for each way of choosing them, 1000 x 640 pixels;
/// `ways` holds for each its name and its (share, accuracy).
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

/// The picture of [`draw`] as the file `kernels.png` of a study.
pub(super) fn of_kernels(task: &Task, kernel: &Kernel) -> Result<Vec<File>> {
    Ok(vec![File { name: "kernels.png".into(), bytes: draw(task, kernel)?.png()? }])
}

/// The picture of [`draw_few`] as the file `pruning.png` of a study.
pub(super) fn of_few(ways: &[(String, Vec<(f64, f64)>)]) -> Result<Vec<File>> {
    let picture = draw_few(ways, "Right answers from few synapses")?;
    Ok(vec![File { name: "pruning.png".into(), bytes: picture.png()? }])
}
