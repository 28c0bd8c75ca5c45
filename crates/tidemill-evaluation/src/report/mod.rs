//! The report of a validation: one page with its pictures in it, no script, and nothing from elsewhere.

mod picture;
mod section;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use tidemill_profile::Profile;
use tidemill_profile::drift::Drift;
use tidemill_profile::report as paper;

use crate::check::Check;
use crate::figures::Figures;
use crate::told::Told;

/// What a report is about.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Subject {
    /// The model, such as `flights-delay:3`.
    pub model: String,
    /// The digest of its files.
    pub digest: String,
    /// The data.
    pub data: String,
    /// What it was trained on.
    pub training: Option<String>,
    /// What it was held against.
    pub champion: Option<String>,
    /// When, as people read it.
    pub at: String,
    /// By whom.
    pub by: String,
    /// The job.
    pub job: String,
    /// The environment.
    pub environment: String,
    /// Where it comes from: a line each.
    pub lineage: Vec<String>,
    /// The parameters of the run that trained it.
    pub parameters: IndexMap<String, String>,
}

/// The page.
pub fn report(
    subject: &Subject,
    checks: &[Check],
    figures: &Figures,
    told: &Told,
    profile: Option<&Profile>,
    drift: Option<&Drift>,
) -> String {
    let mut body = section::head(subject, checks, figures, told);
    body += &section::checks(checks, drift);
    body += &section::metrics(figures, subject.champion.as_deref());
    body += &section::curves(figures, told);
    body += &section::importance(figures);
    body += &section::slices(figures);
    body += &section::folds(figures);
    body += &section::tests(told);
    if let Some(drift) = drift {
        let training = subject.training.as_deref().unwrap_or("the training data");
        body += &format!("<h2>Drift against {}</h2>", paper::escaped(training));
        body += &paper::drift_body(drift);
    }
    body += &section::about(subject, told);
    if let Some(profile) = profile {
        body += "<h2>The data that were scored</h2>";
        body += &paper::profile_body(profile);
    }
    paper::page(&format!("Model report: {}", subject.model), &body)
}
