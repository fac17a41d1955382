"""Computes with scipy, ruptures, pymannkendall and statsmodels what src/analysis computes, for the same series.

Reads {"series": {name: [number]}, "penalties": {name: number}, "seasons": {name: length or null}} and writes the values
that tests/memory/reference.rs compares."""

import itertools
import json
import sys
import warnings

import numpy as np
import pandas
import pymannkendall
import ruptures
from scipy import stats
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

HORIZON = 12
warnings.simplefilter("ignore")


def correlations(series):
    found = {}
    for a, b in itertools.combinations(sorted(series), 2):
        if len(series[a]) != len(series[b]):
            continue
        pearson = stats.pearsonr(series[a], series[b])
        spearman = stats.spearmanr(series[a], series[b])
        interval = pearson.confidence_interval(0.95)
        found[f"{a} {b}"] = [pearson.statistic, pearson.pvalue, interval.low, interval.high,
                             spearman.statistic, spearman.pvalue]
    return found


def trend(values):
    kendall = pymannkendall.original_test(values)
    sen = stats.theilslopes(values, alpha=0.95)
    return [kendall.Tau, kendall.p, sen.slope, sen.low_slope, sen.high_slope]


def changes(values, penalty):
    found = ruptures.Pelt(model="l2", min_size=3, jump=1).fit(np.array(values)).predict(pen=penalty)[:-1]
    bounds = [0, *found, len(values)]
    confidence = [1 - stats.ttest_ind(values[a:b], values[b:c], equal_var=False).pvalue
                  for a, b, c in zip(bounds, bounds[1:], bounds[2:])]
    return {"places": found, "confidence": confidence}


def forecast(values, season):
    """The model with the least AICc among the same ones, and the squared errors of each."""
    best, errors = None, {}
    for length in {1, season or 1}:
        for name, options in {"N": {}, "A": {"trend": "add"}, "Ad": {"trend": "add", "damped_trend": True}}.items():
            if length > 1:
                options = {**options, "seasonal": "add", "seasonal_periods": length}
            fit = ETSModel(pandas.Series(values, dtype=float), error="add", **options).fit(disp=False, maxiter=2000)
            method = f"ETS(A,{name},{'A' if length > 1 else 'N'})"
            errors[method] = fit.sse
            if best is None or fit.aicc < best[0]:
                best = (fit.aicc, method, fit)
    _, method, fit = best
    predicted = fit.get_prediction(start=len(values), end=len(values) + HORIZON - 1)
    frame = predicted.summary_frame(alpha=0.05)
    return {"method": method, "squared_errors": errors, "points": list(frame["mean"]),
            "lower": list(frame["pi_lower"]), "upper": list(frame["pi_upper"])}


def robust_scores(values):
    values = np.array(values)
    return list((values - np.median(values)) / stats.median_abs_deviation(values, scale="normal"))


def finite(value):
    """JSON has no other numbers."""
    if isinstance(value, dict):
        return {key: finite(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [finite(inner) for inner in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


given = json.load(sys.stdin)
series = given["series"]
json.dump(finite({
    "correlations": correlations(series),
    "trends": {name: trend(values) for name, values in series.items()},
    "changes": {name: changes(values, given["penalties"][name]) for name, values in series.items()},
    "forecasts": {name: forecast(values, given["seasons"][name]) for name, values in series.items()},
    "robust_scores": {name: robust_scores(values) for name, values in series.items()},
}), sys.stdout)
