//! Closed loops: closed forms on a line, derivatives against differences, the engine beside training's steps.

use std::ops::ControlFlow;

use neuropil::train::control::{
    Controller, Course, Line, Net, Neuropil, Pi, Plant, SEES, STUDY, Seen, Slopes, Steering, WINDOW, best, engine,
    follow, gradient, net, parameters, rate, tracking_errors,
};
use neuropil::train::fit;
use neuropil::train::study::Asked;

fn constant(windows: usize, target: f64) -> Course {
    Course { targets: vec![target; windows], pushes: vec![0.0; windows] }
}

#[test]
fn a_pi_loop_around_a_line_has_its_closed_form() {
    // A plant that forgets at once: r = g u. With integral gain k alone, u(n) = k Σ e, so that the error falls by 1 / (1 + g k) - in
    // steps, e(n+1) = e(n) - g k e(n), where the error seen is that of the window before.
    let (gain, integral) = (40.0, 0.01);
    let pi = Pi { integral, ..Pi::default() };
    let run = &follow(&mut Line::new((0.0, gain), 1), &pi, &[constant(12, 30.0)]).unwrap()[0];
    // r(0) = g k T; then u(n) = u(n-1) + k (T - r(n-1)).
    let mut rate = gain * integral * 30.0;
    let mut sum = 0.0;
    for (window, &found) in run.rates.iter().enumerate() {
        assert!((found - rate).abs() < 1e-9, "window {window}");
        // What is summed: errors of all windows before, and that of the last again as the one seen now.
        sum += 30.0 - rate;
        rate = gain * integral * (sum + 30.0 - rate);
    }
    assert!((run.rates[11] - 30.0).abs() < 3.0);
    // A gain beyond the bound of stability runs away.
    let wild = Pi { integral: 0.06, ..Pi::default() };
    let run = &follow(&mut Line::new((0.0, gain), 1), &wild, &[constant(12, 30.0)]).unwrap()[0];
    assert!((run.rates[11] - 30.0).abs() > 100.0);
    // A perturbation is taken away by the integral, and stays without one.
    let pushed = Course { pushes: vec![0.2; 200], ..constant(200, 30.0) };
    let end =
        |pi: Pi| follow(&mut Line::new((0.5, gain), 1), &pi, std::slice::from_ref(&pushed)).unwrap()[0].rates[199];
    assert!((end(pi) - 30.0).abs() < 1e-6);
    // r = g (u₀ + kp (T - r) + p): (g u₀ + g p + g kp T) / (1 + g kp).
    let proportional = Pi { offset: 0.5, proportional: 0.01, ..Pi::default() };
    assert!((end(proportional) - (20.0 + 8.0 + 12.0) / 1.4).abs() < 1e-6);
}

fn small(hidden: usize) -> Net {
    let value = |k: usize| ((k * 37 + 11) % 29) as f64 / 29.0 - 0.5;
    Net {
        offset: 0.9,
        inner: (0..SEES * hidden).map(value).collect(),
        bias: (0..hidden).map(|k| value(k + 400)).collect(),
        outer: (0..hidden).map(|k| value(k + 700)).collect(),
        last: 0.05,
    }
}

#[test]
fn derivatives_through_a_loop_are_differences() {
    let courses = [Course::drawn(20, 4).unwrap(), Course::drawn(20, 5).unwrap()];
    let loss = |net: &Net| {
        let mut plant = Line::new((0.6, 30.0), 2);
        let runs = follow(&mut plant, net, &courses).unwrap();
        gradient(&mut plant, net, (&runs, &courses), 50.0).unwrap()
    };
    let net = small(3);
    let (_, slopes) = loss(&net);
    let by = 1e-6;
    let check = |of: &dyn Fn(&mut Net) -> &mut f64, slope: f64| {
        let [mut more, mut less] = [net.clone(), net.clone()];
        *of(&mut more) += by;
        *of(&mut less) -= by;
        let difference = (loss(&more).0 - loss(&less).0) / (2.0 * by);
        assert!((difference - slope).abs() < 1e-6 * slope.abs().max(1e-3), "{difference} {slope}");
    };
    for k in 0..SEES * 3 {
        check(&|net| &mut net.inner[k], slopes.inner[k]);
    }
    for k in 0..3 {
        check(&|net| &mut net.bias[k], slopes.bias[k]);
        check(&|net| &mut net.outer[k], slopes.outer[k]);
    }
    check(&|net| &mut net.last, slopes.last);
    // A plant that forgets what it was told to keep gives others.
    let mut plant = Line::new((0.6, 30.0), 2);
    let runs = follow(&mut plant, &net, &courses).unwrap();
    let (_, broken) = gradient(&mut Line::new((0.0, 30.0), 2), &net, (&runs, &courses), 50.0).unwrap();
    assert!((broken.last - slopes.last).abs() > 1e-3 * slopes.last.abs());
    assert!(gradient(&mut plant, &net, (&runs, &courses[..1]), 50.0).is_err());
}

#[test]
fn a_network_of_two_layers_is_its_equation() {
    let net = small(2);
    let seen = Seen { target: 20.0, rate: 15.0, before: 10.0, integral: 25.0 };
    let x = [0.4, 0.3, 0.2, 0.1];
    let unit = |k: usize| (net.bias[k] + (0..4).map(|i| x[i] * net.inner[2 * i + k]).sum::<f64>()).tanh();
    let drive = 0.95 + net.outer[0] * unit(0) + net.outer[1] * unit(1);
    assert!((net.drive(&seen) - drive).abs() < 1e-12);
    let mut slopes = Slopes::of(&net);
    net.back(&seen, 2.0, &mut slopes);
    assert!((slopes.outer[1] - 2.0 * unit(1)).abs() < 1e-12 && slopes.last == 2.0);
    assert!(Net { bias: vec![0.0], ..net }.checked().is_err());
}

#[test]
fn rates_rise_with_the_drive_and_slopes_are_theirs() {
    let plant = Neuropil::new(50, 1).unwrap();
    let rates = |drive: f64| {
        let mut moving = plant.begin(1).unwrap();
        (0..20).map(|_| moving.window(&[drive]).unwrap()[0]).sum::<f64>() / 20.0
    };
    let [low, middle, high] = [0.5, 1.2, 1.6].map(rates);
    assert_eq!(low, 0.0);
    assert!(middle > 5.0 && high > 1.3 * middle, "{middle} {high}");
    // The closed form of a neuron without a drive of its own: 1 / (t_ref + τ ln(x / (x - 1))), within the spread of the population.
    let closed = 1e3 / (2.0 + 20.0 * (1.6f64 / 0.6).ln());
    assert!((high - closed).abs() < 0.2 * closed, "{high} {closed}");
    // Derivatives point up, and end with the windows.
    let mut moving = plant.begin(2).unwrap();
    for _ in 0..5 {
        moving.window(&[1.2, 1.6]).unwrap();
    }
    for _ in 0..5 {
        assert!(moving.back(&[1.0, 1.0]).unwrap().iter().all(|slope| *slope > 0.0));
    }
    assert!(moving.window(&[1.0, 1.0]).is_err());
    // Damped, the slope by adjoints is that by differences.
    let slopes = [plant.slope_by_differences().unwrap(), plant.slope_by_adjoints().unwrap()];
    assert!(slopes[0] > 10.0 && (slopes[1] / slopes[0] - 1.0).abs() < 1e-9, "{slopes:?}");
    assert!(Neuropil::new(0, 1).is_err());
    assert_eq!(rate(50, 50), 1.0 / (WINDOW as f64 * 1e-3));
}

#[test]
fn the_engine_closes_the_same_loop() {
    let plant = Neuropil::new(40, 2).unwrap();
    let course = Course::drawn(20, 9).unwrap();
    let pi = Pi { offset: 1.0, proportional: 0.004, integral: 0.004, ..Pi::default() };
    let there = &follow(&mut plant.begin(1).unwrap(), &pi, std::slice::from_ref(&course)).unwrap()[0];
    let played = engine::follow(&plant, &pi, &course).unwrap();
    assert_eq!(there.rates, played.rates);
    assert!(there.rates.iter().any(|rate| *rate > 5.0));
    // Other neurons answer otherwise.
    let other = engine::follow(&Neuropil::new(40, 3).unwrap(), &pi, &course).unwrap();
    assert_ne!(there.rates, other.rates);
    assert!(engine::follow(&plant, &pi, &Course { pushes: Vec::new(), ..course }).is_err());
}

#[test]
fn learning_brings_the_rate_to_its_set_point() {
    let plant = Neuropil::new(30, 1).unwrap();
    let courses: Vec<Course> = (0..4).map(|seed| Course::drawn(20, seed).unwrap()).collect();
    let first = parameters(8, 1).unwrap();
    let settings = fit::Settings {
        epochs: 60,
        batch_size: 4,
        optimiser: fit::Method::Adam(fit::Adam { lr: 2e-2, ..fit::Adam::default() }),
        clip: Some(fit::Clip::Norm(1.0)),
        ..fit::Settings::default()
    };
    let learn = |threads: usize| {
        let mut task = Steering { plant: &plant, courses: &courses, threads };
        let mut trainer = fit::Trainer::new(first.clone(), settings.clone(), fit::Split::whole(4)).unwrap();
        trainer.run(&mut task, None, &mut fit::Unwatched).unwrap();
        net(trainer.parameters()).unwrap()
    };
    let learned = learn(1);
    assert_eq!(learned, learn(2));
    let error = |net: &Net| tracking_errors(&plant, net, &courses, 1).unwrap().iter().sum::<f64>();
    let [learned, first] = [&learned, &net(&first).unwrap()].map(error);
    assert!(learned < 0.85 * first, "{learned} {first}");
}

#[test]
fn a_grid_gives_its_best() {
    let plant = Neuropil::new(30, 1).unwrap();
    let courses = [Course::drawn(30, 1).unwrap()];
    let [still, steady] = [0.0, 0.004].map(|integral| Pi { offset: 1.0, integral, ..Pi::default() });
    let (found, error) = best(&plant, &[still, steady], &courses, 2).unwrap();
    assert_eq!((found, error), (steady, tracking_errors(&plant, &steady, &courses, 1).unwrap()[0]));
    assert!(best(&plant, &[], &courses, 1).is_err());
    assert!(courses[0].error(&[1.0]).is_err() && Course::drawn(0, 1).is_err());
    let away = Course { targets: vec![10.0, 20.0], pushes: vec![0.0; 2] };
    assert_eq!(away.error(&[13.0, 24.0]).unwrap(), 12.5f64.sqrt());
}

#[test]
fn a_study_can_be_ended_and_keeps_courses_apart() {
    let ended = (STUDY.run)(&Asked { epochs: Some(1), ..Asked::default() }, &mut |_| ControlFlow::Break(())).unwrap();
    assert!(ended.interrupted && ended.tables.is_empty());
    // With two seeds two networks are learned, one after the other.
    let learned = |seeds: Option<u64>| {
        let (asked, mut done) = (Asked { epochs: Some(1), hidden: Some(2), seeds, ..Asked::default() }, Vec::new());
        let report = (STUDY.run)(&asked, &mut |step| match step.words.starts_with("learning") {
            true => {
                done.push(step.done);
                ControlFlow::Continue(())
            }
            false => ControlFlow::Break(()),
        });
        assert!(report.unwrap().interrupted);
        done
    };
    let (one, two) = (learned(None), learned(Some(2)));
    assert_eq!((two.len(), one.last(), two.last()), (2 * one.len(), Some(&900), Some(&900)));
    assert_eq!(two[one.len() - 1], 450);
    assert!(two.is_sorted(), "{two:?}");
    let beyond = Asked { seed: 31_001, ..Asked::default() };
    let refused = (STUDY.run)(&beyond, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(refused.to_string().contains("31000"), "{refused}");
}
