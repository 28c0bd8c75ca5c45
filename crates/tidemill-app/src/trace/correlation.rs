//! How often traces that fit one filter fit another one too.
//!
//! The measure is normalised pointwise mutual information (Bouma, 2009): `ln(p11 / (p1 p2)) / -ln(p11)`, from -1 (never
//! together) by 0 (independent) to 1 (always together). A second figure adds half a trace to each of the four cells
//! (Jeffreys' prior), so that it means something for few traces too.

use tidemill_api::mlflow::rule;
use tidemill_api::mlflow::trace::{CorrelateFilters, FilterCorrelation};
use tidemill_store::search::Window;
use tidemill_store::trace::{self, Search};

use super::find::ready;
use crate::{OpContext, Result, Scope, action};

/// Counts traces that fit one filter, the other one, both, and how far they go together.
///
/// # Errors
/// Invalid for a filter that can't be read.
pub async fn correlate(
    ctx: &OpContext,
    workspace: &str,
    request: CorrelateFilters,
) -> Result<FilterCorrelation> {
    let CorrelateFilters {
        experiment_ids,
        filter_string1,
        filter_string2,
        base_filter,
    } = request;
    ctx.authorize(action::RUN_READ, &Scope::workspace(workspace))
        .await?;
    let ids = experiment_ids
        .iter()
        .map(|id| rule::experiment_id(id))
        .collect::<Result<Vec<_>, _>>()?;
    let db = ctx.app().store.read();
    let base = ready(db, workspace, &ids, &base_filter.unwrap_or_default()).await?;
    let first = ready(db, workspace, &ids, &filter_string1).await?;
    let second = ready(db, workspace, &ids, &filter_string2).await?;
    let count = async |filters: &[&[_]]| {
        let filter = filters.concat();
        let search = Search {
            workspace,
            experiment_ids: &ids,
            filter: &filter,
            order_by: &[],
            window: Window { offset: 0, limit: 1 },
        };
        trace::count(db, search).await
    };
    let counts = Counts {
        total: count(&[&base]).await?,
        first: count(&[&base, &first]).await?,
        second: count(&[&base, &second]).await?,
        joint: count(&[&base, &first, &second]).await?,
    };
    Ok(FilterCorrelation {
        npmi: counts.npmi(0.0),
        npmi_smoothed: counts.npmi(0.5),
        filter1_count: counts.first,
        filter2_count: counts.second,
        joint_count: counts.joint,
        total_count: counts.total,
    })
}

/// How many traces fit what.
#[derive(Debug, Clone, Copy)]
struct Counts {
    total: u64,
    first: u64,
    second: u64,
    joint: u64,
}

impl Counts {
    /// `None` where one of the filters fits nothing.
    fn npmi(self, added: f64) -> Option<f64> {
        let Self {
            total,
            first,
            second,
            joint,
        } = self;
        if first == 0 || second == 0 || first + second > total + joint {
            return None;
        }
        if joint == 0 && added == 0.0 {
            return Some(-1.0);
        }
        if joint == total {
            return Some(1.0);
        }
        #[expect(clippy::cast_precision_loss, reason = "counts of traces are far below 2^53")]
        let [total, first, second, joint] = [
            total as f64 + 4.0 * added,
            first as f64 + 2.0 * added,
            second as f64 + 2.0 * added,
            joint as f64 + added,
        ];
        let together = (joint * total / (first * second)).ln();
        Some((together / -(joint / total).ln()).clamp(-1.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_measure_is_mlflows() {
        let counts = |total, first, second, joint| Counts {
            total,
            first,
            second,
            joint,
        };
        let near = |found: Option<f64>, expected: f64| (found.expect("it is known") - expected).abs() < 1e-9;
        // What MLflow 3.18 answered for the same counts.
        assert!(near(counts(9, 4, 8, 3).npmi(0.0), -0.154_648_767_857_286_7));
        assert!(near(counts(9, 4, 8, 3).npmi(0.5), -0.136_232_510_331_227_33));
        assert!(near(counts(8, 4, 7, 3).npmi(0.5), -0.127_194_302_261_716_16));
        assert_eq!(counts(9, 0, 8, 0).npmi(0.5), None);
        assert_eq!(counts(9, 4, 5, 0).npmi(0.0), Some(-1.0));
        assert_eq!(counts(4, 4, 4, 4).npmi(0.0), Some(1.0));
    }
}
