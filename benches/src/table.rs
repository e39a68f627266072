//! Medians and the page that they stand in.

use std::fs;
use std::path::Path;

use crate::Result;
use crate::load::Run;

/// The median of each figure.
pub(crate) fn median(runs: &[Run]) -> Run {
    let of = |figure: fn(&Run) -> f64| middle(runs.iter().map(figure).collect());
    Run {
        requests: of(|run| run.requests),
        rate: of(|run| run.rate),
        p50: of(|run| run.p50),
        p95: of(|run| run.p95),
        p99: of(|run| run.p99),
        server: of(|run| run.server),
        database: of(|run| run.database),
        refused: of(|run| run.refused),
        broken: of(|run| run.broken),
    }
}

/// How many times that of `others` a figure is: the median of what each round says, since a machine that is not ours alone
/// has another pace in each of them.
pub(crate) fn ratio(runs: &[Run], others: &[Run], figure: fn(&Run) -> f64) -> f64 {
    middle(runs.iter().zip(others).map(|(run, other)| figure(run) / figure(other).max(1.0)).collect())
}

/// The one in the middle, or what is between the two.
fn middle(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    let middle = all.len() / 2;
    let upper = all.get(middle).copied().unwrap_or(0.0);
    let lower = if all.len().is_multiple_of(2) { all.get(middle.saturating_sub(1)).copied() } else { None };
    f64::midpoint(upper, lower.unwrap_or(upper))
}

/// A number with a comma in front of each group of three digits.
pub(crate) fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Milliseconds of microseconds.
pub(crate) fn millis(micros: f64) -> String {
    format!("{:.2}", micros / 1000.0)
}

/// Puts `text` between the marks of `name` in a page, which must have them.
pub(crate) fn write(page: &Path, name: &str, text: &str) -> Result<()> {
    let old = fs::read_to_string(page)?;
    let [begin, end] = ["begin", "end"].map(|word| format!("<!-- {name}: {word} -->"));
    let missing = || format!("{} has no marks of {name}", page.display());
    let (before, rest) = old.split_once(&begin).ok_or_else(missing)?;
    let (_, after) = rest.split_once(&end).ok_or_else(missing)?;
    Ok(fs::write(page, format!("{before}{begin}\n{}\n{end}{after}", text.trim()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_each_figure_stands_for_all_rounds() {
        let runs = [3.0, 1.0, 2.0].map(|rate| Run { rate, p99: 10.0 - rate, ..Run::default() });
        let found = median(&runs);
        assert!((found.rate - 2.0).abs() < 1e-9 && (found.p99 - 8.0).abs() < 1e-9);
        let [first, .., last] = runs;
        assert!((median(&[first, last]).rate - 2.5).abs() < 1e-9);
    }

    #[test]
    fn a_ratio_is_that_of_the_same_round() {
        let at = |rates: [f64; 3]| rates.map(|rate| Run { rate, ..Run::default() });
        let (fast, slow) = (at([100.0, 10.0, 60.0]), at([200.0, 10.0, 100.0]));
        assert!((ratio(&fast, &slow, |run| run.rate) - 0.6).abs() < 1e-9);
    }

    #[test]
    fn digits_come_in_groups_of_three() {
        assert_eq!(
            ["7", "1,234", "12,345,678"],
            [7.0, 1_234.4, 12_345_678.0].map(grouped).each_ref().map(String::as_str)
        );
    }

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let page = folder.path().join("page.md");
        fs::write(&page, "a\n<!-- x: begin -->\nold\n<!-- x: end -->\nb\n").unwrap();
        write(&page, "x", "new").unwrap();
        assert_eq!(fs::read_to_string(&page).unwrap(), "a\n<!-- x: begin -->\nnew\n<!-- x: end -->\nb\n");
        assert!(write(&page, "y", "new").is_err());
    }
}
