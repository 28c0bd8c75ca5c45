//! JSON Schemas of the kinds, so that editors complete and check.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Value, json};

use crate::kinds;

/// The schemas by file name, such as `commandJob.schema.json`.
pub fn schemas() -> Vec<(&'static str, Value)> {
    vec![
        (
            "commandJob.schema.json",
            schema::<kinds::CommandJob>(Some("command")),
        ),
        (
            "pipelineJob.schema.json",
            schema::<kinds::PipelineJob>(Some("pipeline")),
        ),
        (
            "commandComponent.schema.json",
            schema::<kinds::CommandComponent>(Some("command")),
        ),
        (
            "pipelineComponent.schema.json",
            schema::<kinds::PipelineComponent>(Some("pipeline")),
        ),
        ("environment.schema.json", schema::<kinds::Environment>(None)),
        ("data.schema.json", schema::<kinds::Data>(None)),
        ("model.schema.json", schema::<kinds::Model>(None)),
        ("datastore.schema.json", schema::<kinds::Datastore>(None)),
        ("compute.schema.json", schema::<kinds::Compute>(None)),
        ("workspace.schema.json", schema::<kinds::Workspace>(None)),
        ("policy.schema.json", schema::<kinds::Policy>(None)),
        ("group.schema.json", schema::<kinds::Group>(None)),
        ("role.schema.json", schema::<kinds::Role>(None)),
        ("assignment.schema.json", schema::<kinds::Assignment>(None)),
        ("user.schema.json", schema::<kinds::User>(None)),
        ("team.schema.json", schema::<kinds::Team>(None)),
        (
            "servicePrincipal.schema.json",
            schema::<kinds::ServicePrincipal>(None),
        ),
        (
            "managedOnlineEndpoint.schema.json",
            schema::<kinds::OnlineEndpoint>(None),
        ),
        (
            "kubernetesOnlineEndpoint.schema.json",
            schema::<kinds::OnlineEndpoint>(None),
        ),
        (
            "managedOnlineDeployment.schema.json",
            schema::<kinds::OnlineDeployment>(None),
        ),
        ("release.schema.json", schema::<kinds::Release>(None)),
        (
            "identityProvider.schema.json",
            schema::<kinds::IdentityProvider>(None),
        ),
        (
            "publishedPipeline.schema.json",
            schema::<kinds::PublishedPipeline>(None),
        ),
        ("schedule.schema.json", schema::<kinds::Schedule>(None)),
        ("validation.schema.json", schema::<kinds::Validation>(None)),
        (
            "kubernetesOnlineDeployment.schema.json",
            schema::<kinds::OnlineDeployment>(None),
        ),
    ]
}

fn schema<T: JsonSchema>(type_word: Option<&str>) -> Value {
    let generator: SchemaGenerator = SchemaSettings::draft07().into_generator();
    let mut value: Value = generator.into_root_schema_for::<T>().into();
    if let Some(map) = value.as_object_mut() {
        let properties = map.entry("properties").or_insert_with(|| json!({}));
        if let Some(properties) = properties.as_object_mut() {
            properties.insert("$schema".to_owned(), json!({ "type": "string" }));
            if let Some(word) = type_word {
                let description = "Which kind this is.";
                properties.insert(
                    "type".to_owned(),
                    json!({ "const": word, "description": description }),
                );
            }
        }
    }
    value
}
