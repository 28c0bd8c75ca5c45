//! `GET /workspaces/{ws}/policy/tags`: the rules for tags and names that hold in a workspace.

use axum::Json;
use axum::extract::Path;
use tidemill_api::policy::{TagRule, TagRules};
use tidemill_api::problem::Problem;
use tidemill_app::tag_policy::{self, TagRule as Rule};
use tidemill_policy::tag_rule::{About, Effect};

use crate::extract::Ctx;
use crate::problem::ApiError;

/// The rules for tags and names that hold in a workspace: its own, then its group's.
#[utoipa::path(get, path = "/workspaces/{ws}/policy/tags", operation_id = "policy_tags", tag = "policy",
    params(("ws" = String, Path)),
    responses((status = OK, body = TagRules), (status = "default", body = Problem)))]
pub(super) async fn tags(Ctx(ctx): Ctx, Path(ws): Path<String>) -> Result<Json<TagRules>, ApiError> {
    let rules = tag_policy::list(&ctx, &ws).await?;
    Ok(Json(TagRules {
        items: rules.into_iter().map(view).collect(),
    }))
}

fn view(rule: Rule) -> TagRule {
    let Rule {
        name,
        of,
        description,
        about,
        pattern,
        required,
        from_start,
        effect,
        link,
        for_runs,
        for_jobs,
    } = rule;
    let on = [("run", for_runs), ("job", for_jobs)];
    TagRule {
        name,
        of,
        description,
        tag: match about {
            About::Tag(tag) => Some(tag),
            About::Name => None,
        },
        pattern: pattern.map(|pattern| pattern.as_str().to_owned()),
        required,
        link,
        effect: match effect {
            Effect::Warn => "warn",
            Effect::Refuse => "refuse",
        }
        .to_owned(),
        checked: if from_start { "start" } else { "end" }.to_owned(),
        on: on
            .into_iter()
            .filter(|(_, holds)| *holds)
            .map(|(word, _)| word.to_owned())
            .collect(),
    }
}
