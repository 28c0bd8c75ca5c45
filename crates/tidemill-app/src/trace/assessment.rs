//! Assessments of traces: make, show, change, delete.

use serde_json::{Value, json};
use tidemill_api::mlflow::assessment::{
    Assessment, AssessmentSource, Expectation, Feedback, Issue, SerializedValue, SourceType, UpdateAssessment,
};
use tidemill_api::mlflow::trace::Texts;
use tidemill_store::{ConnectionTrait, to_json, trace};

use super::{authorize_read, authorize_write, view as times};
use crate::run_name::uuid_hex;
use crate::{Error, Kind, OpContext, Result};

type Row = trace::Assessment;

/// Makes an assessment. One that stands for another makes that one invalid.
///
/// # Errors
/// NotFound for the trace or the assessment that it stands for, Invalid for one without a value.
pub async fn create(
    ctx: &OpContext,
    workspace: &str,
    trace_id: &str,
    given: Assessment,
) -> Result<Assessment> {
    authorize_write(ctx, workspace, trace_id).await?;
    let row = row(ctx, workspace, trace_id, given)?;
    let made = row.clone();
    ctx.app()
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                super::find(tx, &row.workspace, &row.trace_id).await?;
                if let Some(other) = &row.overrides
                    && !trace::set_assessment_valid(tx, (&row.workspace, &row.trace_id, other), false).await?
                {
                    return Err(missing(&row.trace_id, other));
                }
                Ok(trace::put_assessment(tx, row).await?)
            })
        })
        .await?;
    Ok(view(made))
}

/// One assessment.
///
/// # Errors
/// NotFound.
pub async fn get(ctx: &OpContext, workspace: &str, trace_id: &str, id: &str) -> Result<Assessment> {
    authorize_read(ctx, workspace, trace_id).await?;
    find(ctx.app().store.read(), workspace, trace_id, id)
        .await
        .map(view)
}

/// Changes what the mask names; metadata is added to.
///
/// # Errors
/// NotFound; Invalid for feedback that would become an expectation, or the reverse.
pub async fn update(ctx: &OpContext, workspace: &str, request: UpdateAssessment) -> Result<Assessment> {
    let UpdateAssessment {
        trace_id,
        assessment_id,
        assessment,
        update_mask,
    } = request;
    authorize_write(ctx, workspace, &trace_id).await?;
    let masked = |name: &str, camel: &str| {
        update_mask
            .split(',')
            .any(|path| path.trim() == name || path.trim() == camel)
    };
    let (rename, rationale, metadata) = (
        masked("assessment_name", "assessmentName"),
        masked("rationale", "rationale"),
        masked("metadata", "metadata"),
    );
    let (expectation, feedback) = (
        masked("expectation", "expectation"),
        masked("feedback", "feedback"),
    );
    if expectation && feedback {
        return Err(Error::invalid(
            "Cannot specify both `expectation` and `feedback` parameters.",
        ));
    }
    let (now, workspace) = (ctx.now_ms(), workspace.to_owned());
    let row = ctx
        .app()
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let mut row = find(tx, &workspace, &trace_id, &assessment_id).await?;
                if expectation && row.kind != "expectation" {
                    return Err(Error::invalid(
                        "Cannot update expectation value on a Feedback assessment.",
                    ));
                }
                if feedback && row.kind != "feedback" {
                    return Err(Error::invalid(
                        "Cannot update feedback value on an Expectation assessment.",
                    ));
                }
                if expectation || feedback {
                    let (_, value, error) = value_of(&assessment)?;
                    row.number = number(&value);
                    row.value = to_json(&value);
                    row.error = error.map(|error| to_json(&error));
                }
                if rename {
                    row.name = assessment.assessment_name;
                }
                if rationale && row.kind == "feedback" {
                    row.rationale = assessment.rationale;
                }
                if metadata {
                    let mut all: Texts = serde_json::from_str(&row.metadata).unwrap_or_default();
                    all.extend(assessment.metadata);
                    row.metadata = python(&json!(all));
                }
                row.updated_at = now;
                trace::put_assessment(tx, row.clone()).await?;
                Ok(row)
            })
        })
        .await?;
    Ok(view(row))
}

/// Deletes an assessment; the one that it stood for counts again. One that is not there is gone already.
///
/// # Errors
/// When the store cannot be changed.
pub async fn delete(ctx: &OpContext, workspace: &str, trace_id: &str, id: &str) -> Result<()> {
    authorize_write(ctx, workspace, trace_id).await?;
    let (workspace, trace_id, id) = (workspace.to_owned(), trace_id.to_owned(), id.to_owned());
    ctx.app()
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let Some(row) = trace::get_assessment(tx, (&workspace, &trace_id, &id)).await? else {
                    return Ok(());
                };
                if let Some(other) = &row.overrides {
                    trace::set_assessment_valid(tx, (&workspace, &trace_id, other), true).await?;
                }
                Ok(trace::delete_assessment(tx, (&workspace, &trace_id, &id)).await?)
            })
        })
        .await
}

/// An assessment of the wire as a row, with an id and times when it has none.
pub(super) fn row(ctx: &OpContext, workspace: &str, trace_id: &str, given: Assessment) -> Result<Row> {
    let (kind, value, error) = value_of(&given)?;
    let now = ctx.now_ms();
    let time = |text: &Option<String>| text.as_deref().and_then(times::milliseconds).unwrap_or(now);
    let source = given.source.unwrap_or_default();
    Ok(Row {
        workspace: workspace.to_owned(),
        trace_id: trace_id.to_owned(),
        assessment_id: match given.assessment_id.as_str() {
            "" => format!("a-{}", uuid_hex(&*ctx.app().clock)),
            id => id.to_owned(),
        },
        name: given.assessment_name,
        kind: kind.to_owned(),
        number: number(&value),
        value: to_json(&value),
        error: error.map(|error| to_json(&error)),
        source_type: source.source_type.as_str().to_owned(),
        source_id: source.source_id,
        span_id: given.span_id.filter(|id| !id.is_empty()),
        rationale: given.rationale.filter(|text| !text.is_empty()),
        metadata: python(&json!(given.metadata)),
        overrides: given.overrides.filter(|id| !id.is_empty()),
        valid: given.valid.unwrap_or(true),
        created_at: time(&given.create_time),
        updated_at: time(&given.last_update_time),
    })
}

fn value_of(given: &Assessment) -> Result<(&'static str, Value, Option<Value>)> {
    if let Some(Expectation {
        value,
        serialized_value,
    }) = &given.expectation
    {
        let value = match serialized_value {
            Some(SerializedValue {
                serialization_format, ..
            }) if serialization_format != "JSON_FORMAT" => {
                return Err(Error::invalid(format!(
                    "Unknown serialization format: {serialization_format}. Only JSON_FORMAT is supported."
                )));
            }
            Some(SerializedValue { value, .. }) => serde_json::from_str(value)
                .map_err(|error| Error::invalid(format!("Invalid expectation value: {error}")))?,
            None => floats(value.clone().unwrap_or_default()),
        };
        if value.is_null() {
            return Err(Error::invalid("The `value` field must be specified."));
        }
        return Ok(("expectation", value, None));
    }
    if let Some(Feedback { value, error }) = &given.feedback {
        return Ok(("feedback", floats(value.clone()), error.clone()));
    }
    if let Some(Issue { issue_name }) = &given.issue {
        return Ok(("issue", Value::from(issue_name.as_str()), None));
    }
    Err(Error::invalid("Unknown assessment type: None"))
}

/// Protobuf knows no whole numbers among its free values.
fn floats(value: Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().map_or(Value::Null, Value::from),
        Value::Array(items) => items.into_iter().map(floats).collect(),
        Value::Object(items) => items
            .into_iter()
            .map(|(key, value)| (key, floats(value)))
            .collect(),
        other => other,
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64()
}

/// JSON with a blank after each colon, as the search for conversations looks for it.
fn python(value: &Value) -> String {
    super::translate::python_json(value)
}

/// A row as the wire has it.
pub(super) fn view(row: Row) -> Assessment {
    let Row {
        workspace: _,
        trace_id,
        assessment_id,
        name,
        kind,
        value,
        number: _,
        error,
        source_type,
        source_id,
        span_id,
        rationale,
        metadata,
        overrides,
        valid,
        created_at,
        updated_at,
    } = row;
    let value: Value = serde_json::from_str(&value).unwrap_or_default();
    let mut view = Assessment {
        assessment_id,
        assessment_name: name,
        trace_id,
        span_id,
        source: Some(AssessmentSource {
            source_type: SourceType::parse(&source_type).unwrap_or_default(),
            source_id,
        }),
        create_time: Some(times::timestamp(created_at)),
        last_update_time: Some(times::timestamp(updated_at)),
        rationale,
        metadata: serde_json::from_str(&metadata).unwrap_or_default(),
        overrides,
        valid: Some(valid),
        ..Assessment::default()
    };
    match kind.as_str() {
        "expectation" if value.is_array() || value.is_object() => {
            view.expectation = Some(Expectation {
                value: None,
                serialized_value: Some(SerializedValue {
                    serialization_format: "JSON_FORMAT".to_owned(),
                    value: python(&value),
                }),
            });
        }
        "expectation" => {
            view.expectation = Some(Expectation {
                value: Some(value),
                serialized_value: None,
            })
        }
        "issue" => {
            let issue_name = value.as_str().unwrap_or_default().to_owned();
            view.issue = Some(Issue { issue_name });
        }
        _ => {
            let error = error.and_then(|error| serde_json::from_str(&error).ok());
            view.feedback = Some(Feedback { value, error });
        }
    }
    view
}

async fn find(db: &impl ConnectionTrait, workspace: &str, trace_id: &str, id: &str) -> Result<Row> {
    if let Some(row) = trace::get_assessment(db, (workspace, trace_id, id)).await? {
        return Ok(row);
    }
    if trace::get(db, workspace, trace_id).await?.is_none() {
        return Err(Error::new(
            Kind::NotFound,
            format!("Trace with request_id '{trace_id}' not found"),
        ));
    }
    Err(missing(trace_id, id))
}

fn missing(trace_id: &str, id: &str) -> Error {
    Error::new(
        Kind::NotFound,
        format!("Assessment with ID '{id}' not found for trace '{trace_id}'"),
    )
}
