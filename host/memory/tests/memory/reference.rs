//! The analysis against scipy, ruptures, pymannkendall and statsmodels: the same series, the same numbers.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use vesicle_memory::analysis::*;

const HORIZON: usize = 12;

/// Numbers between -1 and 1 that are the same in every run, near to a normal distribution.
fn noise(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    let mut uniform = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    move || (0..6).map(|_| uniform()).sum::<f64>() / 3.0 - 1.0
}

fn series() -> Series {
    let made = |seed, of: fn(f64, f64) -> f64| {
        let mut noise = noise(seed);
        (0..120)
            .map(|at| of(f64::from(at), noise()))
            .collect::<Vec<f64>>()
    };
    Series::from([
        ("noise".to_owned(), made(1, |_, noise| 5.0 + noise)),
        ("line".to_owned(), made(2, |at, noise| 2.0 + 0.05 * at + noise)),
        ("levels".to_owned(), made(3, |at, noise| if at < 40.0 { 1.0 } else if at < 75.0 { 3.0 } else { 2.0 } + 0.5 * noise)),
        ("weeks".to_owned(), made(4, |at, noise| 10.0 + 0.02 * at + [0.0, 2.0, 4.0, 3.0, 1.0, -4.0, -6.0][at as usize % 7] + noise)),
        ("counts".to_owned(), made(5, |at, noise| (3.0 + 2.0 * noise + at / 60.0).round())),
        ("short".to_owned(), vec![3.0, 1.0, 4.0, 1.5, 5.0, 9.0, 2.0, 6.0]),
    ])
}

fn reference(series: &Series) -> Value {
    let penalties: serde_json::Map<_, _> = series
        .iter()
        .map(|(name, values)| (name.clone(), json!(penalty(values))))
        .collect();
    let seasons: serde_json::Map<_, _> = series
        .iter()
        .map(|(name, values)| (name.clone(), json!(season_length(values))))
        .collect();
    let given = json!({ "series": series, "penalties": penalties, "seasons": seasons });
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    let python = place.join(".venv/bin/python");
    assert!(
        python.exists(),
        "the reference is not installed; run host/memory/tests/reference/setup.sh"
    );
    let mut child = Command::new(python)
        .arg(place.join("values.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(given.to_string().as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|number| number.as_f64().unwrap())
        .collect()
}

#[track_caller]
fn close(what: &str, ours: &[f64], theirs: &[f64], tolerance: f64) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (ours, theirs) in ours.iter().zip(theirs) {
        assert!(
            (ours - theirs).abs() <= tolerance * theirs.abs().max(1.0),
            "{what}: {ours} and {theirs}"
        );
    }
}

#[test]
fn our_numbers_are_those_of_the_reference() {
    let series = series();
    assert_eq!(season_length(&series["weeks"]), Some(7));
    assert_eq!(season_length(&series["noise"]), None);
    let reference = reference(&series);

    let names: Vec<_> = series.keys().collect();
    let mut pairs = 0;
    for (at, a) in names.iter().enumerate() {
        for b in &names[at + 1..] {
            let Some(ours) = correlation(&series[*a], &series[*b], 0.05) else {
                continue;
            };
            let [low, high] = ours.confidence_interval;
            let ours = [
                ours.coefficient,
                ours.p_value,
                low,
                high,
                ours.rank_coefficient,
                ours.rank_p_value,
            ];
            close(
                &format!("{a} {b}"),
                &ours,
                &numbers(&reference["correlations"][format!("{a} {b}")]),
                1e-9,
            );
            pairs += 1;
        }
    }
    assert_eq!(pairs, 10);

    let mut found = 0;
    for (name, values) in &series {
        let ours = trend(values, 0.05).unwrap();
        let [low, high] = ours.slope_interval;
        close(
            name,
            &[ours.tau, ours.p_value, ours.slope, low, high],
            &numbers(&reference["trends"][name]),
            1e-9,
        );

        let ours = changes(values);
        let theirs = &reference["changes"][name];
        let places: Vec<_> = ours.iter().map(|change| change.index as f64).collect();
        close(name, &places, &numbers(&theirs["places"]), 0.0);
        let confidence: Vec<_> = ours.iter().map(|change| change.confidence).collect();
        close(name, &confidence, &numbers(&theirs["confidence"]), 1e-9);
        found += ours.len();
    }
    assert!(found >= 2, "{found}");

    // All scores, and what is beyond them: a sensitivity of 0 takes 7 standard deviations.
    let values = &mut series["noise"].clone();
    values[50] = 25.0;
    let odd = anomalies(values, 0.5);
    assert_eq!(
        (odd.len(), odd[0].index, odd[0].method.as_str()),
        (1, 50, "robust z")
    );
    for odd in anomalies(&series["short"], 1.0) {
        close(
            "short",
            &[odd.score],
            &[numbers(&reference["robust_scores"]["short"])[odd.index]],
            1e-9,
        );
    }
}

#[test]
fn our_forecasts_are_those_of_the_reference() {
    let series = series();
    let reference = reference(&series);
    let mut said = Vec::new();
    for (name, values) in &series {
        let ours = forecast(values, HORIZON, 0.05).unwrap();
        let theirs = &reference["forecasts"][name];
        let method = theirs["method"].as_str().unwrap();
        let squares = theirs["squared_errors"][&ours.method].as_f64().unwrap();
        let spread = values.iter().copied().fold(f64::MIN, f64::max)
            - values.iter().copied().fold(f64::MAX, f64::min);
        let apart = |ours: &[f64], theirs: &Value| {
            ours.iter()
                .zip(numbers(theirs))
                .map(|(a, b)| (a - b).abs() / spread)
                .fold(0.0, f64::max)
        };
        let point = apart(&ours.point_forecasts, &theirs["points"]);
        let bounds = apart(&ours.lower_bounds, &theirs["lower"])
            .max(apart(&ours.upper_bounds, &theirs["upper"]));
        println!(
            "{name}: {} and {method}; squared errors {:.4} and {squares:.4}; apart {point:.4}, bounds {bounds:.4} of the spread",
            ours.method, ours.squared_errors
        );
        said.push((
            name,
            method == ours.method,
            ours.squared_errors / squares,
            point,
            bounds,
        ));
    }
    // Bounds differ by the numbers that were chosen: ours divide by those that are left, which tells in a short series.
    for (name, is_same, squares, point, bounds) in said {
        assert!(
            is_same && squares < 1.01,
            "{name}: another model, or a worse fit: {squares}"
        );
        assert!(
            point < 0.005 && bounds < if name == "short" { 0.1 } else { 0.01 },
            "{name}: {point} {bounds}"
        );
    }
}
