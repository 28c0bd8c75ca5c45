//! Points of an import: only runs whose import has not ended take them, and a point that comes again is the same point.

use std::collections::{HashMap, HashSet};

use tidemill_api::import::{
    ImportAnswer, ImportOutcome, ImportPoints, ImportSeries, Imported, UNFINISHED_TAG,
};
use tidemill_api::mlflow::rule;
use tidemill_store::metric::Point;
use tidemill_store::tag::{self, Noun, Table};

use super::{change, fits, item, refused};
use crate::{Error, Kind, OpContext, Result, Scope, action};

/// Imports points.
///
/// # Errors
/// Conflict for a run that is not being imported, Invalid for columns of different lengths.
pub async fn points(ctx: &OpContext, workspace: &str, request: ImportPoints) -> Result<ImportAnswer> {
    ctx.authorize(action::RUN_WRITE, &Scope::workspace(workspace))
        .await?;
    fits("series", request.series.len())?;
    unfinished(ctx, workspace, &request.series).await?;
    let mut answer = ImportAnswer::default();
    let mut of_runs: HashMap<String, Vec<Point>> = HashMap::new();
    let mut count = 0;
    for series in request.series {
        let (item, run_id, points) = read(series)?;
        count += points.len();
        answer.items.push(item);
        of_runs.entry(run_id).or_default().extend(points);
    }
    let change = change(action::RUN_WRITE, workspace, "points", count);
    ctx.note(change.action, &change.scope, change.after).await?;
    for (run_id, points) in of_runs {
        ctx.app().store.append_points(workspace, &run_id, points).await?;
    }
    Ok(answer)
}

/// Looks that the import of all these runs is under way.
async fn unfinished(ctx: &OpContext, workspace: &str, series: &[ImportSeries]) -> Result<()> {
    let ids: HashSet<&str> = series.iter().map(|series| series.run_id.as_str()).collect();
    let ids: Vec<String> = ids.into_iter().map(str::to_owned).collect();
    let db = ctx.app().store.read();
    let tags = tag::of_many(db, Table::Tag, workspace, Noun::Run, &ids).await?;
    for id in &ids {
        let begun = tags.get(id).into_iter().flatten();
        if !begun.into_iter().any(|(key, _)| key == UNFINISHED_TAG) {
            return Err(Error::new(
                Kind::Conflict,
                format!("failed to import points of run `{id}`: its import has not begun, or has ended"),
            )
            .hint("begin it with `runs:import`; a run that was there stays as it is"));
        }
    }
    Ok(())
}

fn read(series: ImportSeries) -> Result<(Imported, String, Vec<Point>)> {
    let ImportSeries {
        run_id,
        key,
        timestamps,
        steps,
        values,
    } = series;
    let name = format!("{run_id}/{key}");
    if timestamps.len() != values.len() || steps.len() != values.len() {
        return Err(Error::invalid(format!(
            "failed to import `{name}`: there are {} timestamps, {} steps and {} values",
            timestamps.len(),
            steps.len(),
            values.len()
        )));
    }
    if let Err(why) = rule::metric_key("key", &key) {
        return Ok((refused(&name, why.0), run_id, Vec::new()));
    }
    let all = values.len();
    let points: Vec<Point> = timestamps
        .into_iter()
        .zip(steps)
        .zip(values)
        .filter(|((timestamp, _), _)| *timestamp >= 0)
        .map(|((timestamp, step), value)| Point {
            key: key.clone(),
            value,
            timestamp,
            step,
        })
        .collect();
    let mut item = item(&name, ImportOutcome::Added);
    if points.len() < all {
        item.left_out
            .push(format!("{} points before 1970", all - points.len()));
    }
    Ok((item, run_id, points))
}
