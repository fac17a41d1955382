//! The analysis of numbers over time: what it finds, what it refuses, and what it says where there is nothing to say.

use proptest::prelude::*;
use serde_json::json;
use vesicle_memory::OutcomeKind;
use vesicle_memory::analysis::{Analysis, AnalysisConfig, AnalysisType, Series, analyze};
use vesicle_memory::memory::AskAnalysis;

use crate::shared::*;

fn asked(value: serde_json::Value) -> AskAnalysis {
    serde_json::from_value(value).unwrap()
}

async fn refused(value: serde_json::Value) -> String {
    Scratch::new()
        .memory
        .advanced_pattern_analysis(asked(value))
        .await
        .unwrap_err()
        .to_string()
}

fn all(series: &Series) -> Analysis {
    analyze(
        AnalysisType::Comprehensive,
        series,
        &AnalysisConfig::default(),
    )
}

/// From 0 to 0.5, the same in every run.
fn noise(at: u32) -> f64 {
    let mut bits = at.wrapping_add(1).wrapping_mul(2_654_435_761);
    bits = (bits ^ (bits >> 15)).wrapping_mul(2_246_822_519);
    bits = (bits ^ (bits >> 13)).wrapping_mul(3_266_489_917);
    f64::from((bits ^ (bits >> 16)) % 1_000) / 2_000.0
}

#[tokio::test]
async fn what_is_too_much_or_no_number_is_refused_with_its_place() {
    let series = |count: usize| {
        (0..count)
            .map(|at| (at.to_string(), json!([1, 2])))
            .collect::<serde_json::Map<_, _>>()
    };
    let ask = |data: serde_json::Value| json!({ "analysis_type": "comprehensive", "time_series_data": data });
    let scratch = Scratch::new();
    let memory = &scratch.memory;
    memory
        .advanced_pattern_analysis(asked(ask(json!(series(10)))))
        .await
        .unwrap();
    memory
        .advanced_pattern_analysis(asked(ask(json!({ "a": vec![1.5; 1_000] }))))
        .await
        .unwrap();
    let mut said = vec![
        refused(ask(json!(series(11)))).await,
        refused(ask(json!({ "a": vec![1.5; 1_001] }))).await,
        refused(ask(json!({ "a": [1, null, 3] }))).await,
        refused(ask(json!({}))).await,
    ];
    for config in [
        json!({ "significance_level": 0 }),
        json!({ "significance_level": 1 }),
        json!({ "forecast_horizon": 0 }),
        json!({ "forecast_horizon": 101 }),
        json!({ "anomaly_sensitivity": 1.1 }),
    ] {
        said.push(refused(json!({ "analysis_type": "predictive", "config": config })).await);
    }
    // One for all stores.
    insta::with_settings!({ prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("analysis_refusals", said.join("\n"));
    });
}

#[test]
fn short_and_constant_series_get_a_clear_answer() {
    let series = Series::from([
        ("constant".to_owned(), vec![4.0; 20]),
        ("empty".to_owned(), vec![]),
        ("four".to_owned(), vec![1.0, 2.0, 3.0, 5.0]),
        ("one".to_owned(), vec![7.0]),
        (
            "vast".to_owned(),
            (0..20)
                .map(|at| if at % 3 == 0 { 1e308 } else { -1e308 })
                .collect(),
        ),
    ]);
    let found = all(&series);
    let predicted = found.predictive_results.unwrap();
    let constant = &predicted.forecasts[0];
    assert_eq!(
        (constant.variable.as_str(), constant.result.method.as_str()),
        ("constant", "constant")
    );
    assert_eq!(constant.result.point_forecasts, [4.0; 10]);
    insta::with_settings!({ prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("analysis_of_short_series", found.summary.notes.join("\n"));
    });
}

#[test]
fn a_jump_a_rise_a_season_and_an_outlier_are_found() {
    let weeks = (0..84_u32).map(|at| {
        f64::from(at) * 0.1 + [0.0, 2.0, 4.0, 3.0, 1.0, -4.0, -6.0][at as usize % 7] + noise(at)
    });
    let mut weeks: Vec<f64> = weeks.collect();
    weeks[40] += 8.0;
    let jump = (0..84_u32).map(|at| if at < 30 { 1.0 } else { 5.0 } + noise(at));
    let found = all(&Series::from([
        ("jump".to_owned(), jump.collect()),
        ("weeks".to_owned(), weeks),
    ]));
    let statistical = found.statistical_results.unwrap();
    let jumps: Vec<_> = statistical
        .changepoints
        .iter()
        .filter(|change| change.variable == "jump")
        .collect();
    assert_eq!(
        (
            jumps.len(),
            jumps[0].result.index,
            jumps[0].result.change_type
        ),
        (1, 30, "increase")
    );
    assert!(jumps[0].result.confidence > 0.999);
    assert_eq!(statistical.trends[1].result.direction, "increasing");
    let predicted = found.predictive_results.unwrap();
    let odd: Vec<_> = predicted
        .anomalies
        .iter()
        .filter(|odd| odd.variable == "weeks")
        .map(|odd| (odd.result.index, odd.result.method.as_str()))
        .collect();
    assert_eq!(odd, [(40, "robust z, without trend, seasonal")]);
    let weeks = &predicted.forecasts[1].result;
    assert_eq!(weeks.season_length, Some(7));
    assert!(weeks.fit_quality > 0.8, "{}", weeks.fit_quality);
    // Places 84 to 90 are one whole season.
    let lowest =
        (0..7).min_by(|a, b| weeks.point_forecasts[*a].total_cmp(&weeks.point_forecasts[*b]));
    assert_eq!(lowest, Some(6));
    assert!(
        (0..10).all(|at| weeks.lower_bounds[at] < weeks.point_forecasts[at]
            && weeks.point_forecasts[at] < weeks.upper_bounds[at])
    );
}

#[tokio::test]
async fn without_series_they_come_from_the_episodes() {
    let scratch = Scratch::new();
    let ask = || asked(json!({ "analysis_type": "comprehensive" }));
    let empty = scratch
        .memory
        .advanced_pattern_analysis(ask())
        .await
        .unwrap();
    assert!(empty.summary.notes[0].starts_with("no episode is completed yet"));
    create(&scratch.memory, "still open").await;
    episode(
        &scratch.memory,
        "one",
        &["read", "write"],
        OutcomeKind::Success,
    )
    .await;
    episode(
        &scratch.memory,
        "two",
        &["read", "write"],
        OutcomeKind::Failure,
    )
    .await;
    let found = scratch
        .memory
        .advanced_pattern_analysis(ask())
        .await
        .unwrap();
    assert_eq!(found.summary.source, "episodes");
    assert_eq!(found.summary.days.len(), 1);
    let names: Vec<_> = found.summary.series.into_iter().collect();
    assert_eq!(
        names,
        [
            "duration_seconds",
            "episodes",
            "reward",
            "steps",
            "success_rate"
        ]
        .map(|name| (name.to_owned(), 1))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_series_ends_it(values in prop::collection::vec(prop_oneof![
        -1e3..1e3_f64, Just(0.0), Just(1.0), Just(f64::MAX), Just(f64::MIN_POSITIVE),
    ], 0..40)) {
        let found = all(&Series::from([("a".to_owned(), values.clone()), ("b".to_owned(), values)]));
        for forecast in found.predictive_results.unwrap().forecasts {
            prop_assert_eq!(forecast.result.point_forecasts.len(), 10);
        }
    }
}
