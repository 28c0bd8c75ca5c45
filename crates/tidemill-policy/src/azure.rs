//! Azure's names of actions, so that a custom role of Azure ML reads as it is.

use crate::{Action, action as a};

const ML: &str = "microsoft.machinelearningservices/";

/// The names that Azure has for an action, in small letters, behind the provider's name. `ml:` stands for Azure ML's.
/// An action without a counterpart has none.
fn names(action: Action) -> &'static [&'static str] {
    match action {
        a::WORKSPACE_READ => &["ml:workspaces/read"],
        a::WORKSPACE_WRITE => &["ml:workspaces/write"],
        a::WORKSPACE_DELETE => &["ml:workspaces/delete"],
        a::DATASTORE_READ => &["ml:workspaces/datastores/read"],
        a::DATASTORE_WRITE => &["ml:workspaces/datastores/write"],
        a::DATASTORE_DELETE => &["ml:workspaces/datastores/delete"],
        a::DATA_READ => &[
            "ml:workspaces/data/read",
            "ml:workspaces/data/versions/read",
            "ml:workspaces/datasets/registered/read",
        ],
        a::DATA_WRITE => &[
            "ml:workspaces/data/write",
            "ml:workspaces/data/versions/write",
            "ml:workspaces/datasets/registered/write",
        ],
        a::ENVIRONMENT_READ => &[
            "ml:workspaces/environments/read",
            "ml:workspaces/environments/versions/read",
        ],
        a::ENVIRONMENT_WRITE => &[
            "ml:workspaces/environments/write",
            "ml:workspaces/environments/versions/write",
            "ml:workspaces/environments/build/action",
        ],
        a::COMPONENT_READ => &[
            "ml:workspaces/components/read",
            "ml:workspaces/components/versions/read",
        ],
        a::COMPONENT_WRITE => &[
            "ml:workspaces/components/write",
            "ml:workspaces/components/versions/write",
            "ml:workspaces/endpoints/pipelines/write",
        ],
        a::COMPUTE_READ => &["ml:workspaces/computes/read"],
        a::COMPUTE_WRITE => &["ml:workspaces/computes/write"],
        a::COMPUTE_START => &[
            "ml:workspaces/computes/start/action",
            "ml:workspaces/computes/restart/action",
        ],
        a::COMPUTE_STOP => &["ml:workspaces/computes/stop/action"],
        a::COMPUTE_DELETE => &["ml:workspaces/computes/delete"],
        a::JOB_READ => &["ml:workspaces/jobs/read"],
        a::JOB_WRITE => &[
            "ml:workspaces/jobs/write",
            "ml:workspaces/jobs/cancel/action",
            "ml:workspaces/experiments/runs/submit/action",
        ],
        a::EXPERIMENT_READ => &["ml:workspaces/experiments/read"],
        a::EXPERIMENT_WRITE => &["ml:workspaces/experiments/write"],
        a::EXPERIMENT_DELETE => &["ml:workspaces/experiments/delete"],
        a::RUN_READ => &["ml:workspaces/experiments/runs/read"],
        a::RUN_WRITE => &["ml:workspaces/experiments/runs/write"],
        a::MODEL_READ => &["ml:workspaces/models/read", "ml:workspaces/models/versions/read"],
        a::MODEL_WRITE => &[
            "ml:workspaces/models/write",
            "ml:workspaces/models/versions/write",
        ],
        a::MODEL_DELETE => &[
            "ml:workspaces/models/delete",
            "ml:workspaces/models/versions/delete",
        ],
        a::ENDPOINT_READ => &[
            "ml:workspaces/onlineendpoints/read",
            "ml:workspaces/onlineendpoints/deployments/read",
            "ml:workspaces/batchendpoints/read",
        ],
        a::ENDPOINT_WRITE => &[
            "ml:workspaces/onlineendpoints/write",
            "ml:workspaces/onlineendpoints/deployments/write",
            "ml:workspaces/batchendpoints/write",
        ],
        a::ENDPOINT_DELETE => &[
            "ml:workspaces/onlineendpoints/delete",
            "ml:workspaces/onlineendpoints/deployments/delete",
            "ml:workspaces/batchendpoints/delete",
        ],
        a::ENDPOINT_SCORE => &[
            "ml:workspaces/onlineendpoints/score/action",
            "ml:workspaces/onlineendpoints/token/action",
            "ml:workspaces/batchendpoints/score/action",
        ],
        a::ENDPOINT_KEYS => &[
            "ml:workspaces/onlineendpoints/listkeys/action",
            "ml:workspaces/onlineendpoints/regeneratekeys/action",
        ],
        a::DATASTORE_FILE_READ => &["microsoft.storage/storageaccounts/blobservices/containers/blobs/read"],
        a::DATASTORE_FILE_WRITE => &["microsoft.storage/storageaccounts/blobservices/containers/blobs/write"],
        a::GROUP_READ => &["microsoft.resources/subscriptions/resourcegroups/read"],
        a::GROUP_WRITE => &["microsoft.resources/subscriptions/resourcegroups/write"],
        a::GROUP_DELETE => &["microsoft.resources/subscriptions/resourcegroups/delete"],
        a::ROLE_READ => &["microsoft.authorization/roledefinitions/read"],
        a::ROLE_WRITE => &["microsoft.authorization/roledefinitions/write"],
        a::ROLE_DELETE => &["microsoft.authorization/roledefinitions/delete"],
        a::ASSIGNMENT_READ => &["microsoft.authorization/roleassignments/read"],
        a::ASSIGNMENT_WRITE => &["microsoft.authorization/roleassignments/write"],
        a::ASSIGNMENT_DELETE => &["microsoft.authorization/roleassignments/delete"],
        _ => &[],
    }
}

/// Whether a pattern is Azure's: it begins with a provider such as `Microsoft.Storage`, or may do so.
pub(crate) fn is_azure(pattern: &str) -> bool {
    pattern.split('/').next().is_some_and(|first| first.contains('.'))
}

/// Whether one of Azure's names of the action fits the pattern, which is in small letters.
pub(crate) fn fits(pattern: &str, action: Action) -> bool {
    names(action).iter().any(|name| match name.strip_prefix("ml:") {
        Some(rest) => crate::role::wild(pattern, &format!("{ML}{rest}")),
        None => crate::role::wild(pattern, name),
    })
}
