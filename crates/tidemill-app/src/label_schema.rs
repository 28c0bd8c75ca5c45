//! Label schemas of experiments: the questions that reviewers of traces answer. Make, show, list, change, delete.

use tidemill_api::mlflow::label_schema::{
    CreateLabelSchema, InputText, LabelSchema, LabelSchemaInput, LabelSchemaName, LabelSchemaType,
    LabelSchemasResponse, ListLabelSchemas, UpdateLabelSchema,
};
use tidemill_store::{from_json, label_schema, to_json};

use crate::rule::{Asked, next_token, python_list, python_text, window};
use crate::run_name::uuid_hex;
use crate::{Error, Kind, OpContext, Result, Scope, action};

type Row = label_schema::Model;

/// The question that every experiment has.
const DEFAULT: &str = "Feedback";

/// Makes a question.
///
/// # Errors
/// NotFound without its experiment, Invalid for what it can't be, Conflict when the name is taken.
pub async fn create(ctx: &OpContext, workspace: &str, request: CreateLabelSchema) -> Result<LabelSchema> {
    let CreateLabelSchema {
        experiment_id,
        name,
        kind,
        input,
        instruction,
        enable_comment,
    } = request;
    authorize(ctx, workspace, action::EXPERIMENT_WRITE, &experiment_id).await?;
    if kind == LabelSchemaType::Unspecified {
        return Err(Error::invalid(
            "Label schema `type` must be one of FEEDBACK or EXPECTATION; got proto enum value 0.",
        ));
    }
    one_of(&input)?;
    named(&name)?;
    instructed(instruction.as_deref())?;
    answerable(&input)?;
    let experiment = crate::experiment::find(ctx.app().store.read(), workspace, &experiment_id).await?;
    crate::experiment::require_active(&experiment)?;
    let row = Row {
        workspace: workspace.to_owned(),
        schema_id: new_id(ctx),
        experiment_id: experiment.experiment_id,
        name,
        kind: kind.as_str().to_owned(),
        input: to_json(&input),
        instruction,
        enable_comment,
        is_default: false,
        created_at: ctx.now_ms(),
        updated_at: ctx.now_ms(),
    };
    let made = row.clone();
    ctx.app()
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let taken = taken(&row.name, row.experiment_id);
                if label_schema::insert(tx, row).await? {
                    Ok(())
                } else {
                    Err(taken)
                }
            })
        })
        .await?;
    view(made)
}

/// One question.
///
/// # Errors
/// NotFound.
pub async fn get(ctx: &OpContext, workspace: &str, schema_id: &str) -> Result<LabelSchema> {
    let scope = Scope::resource(workspace, "label-schemas", schema_id);
    ctx.authorize(action::EXPERIMENT_READ, &scope).await?;
    let row = label_schema::get(ctx.app().store.read(), workspace, schema_id).await?;
    view(row.ok_or_else(|| missing(schema_id))?)
}

/// One question of an experiment.
///
/// # Errors
/// NotFound.
pub async fn get_by_name(ctx: &OpContext, workspace: &str, request: LabelSchemaName) -> Result<LabelSchema> {
    let LabelSchemaName { experiment_id, name } = request;
    authorize(ctx, workspace, action::EXPERIMENT_READ, &experiment_id).await?;
    let db = ctx.app().store.read();
    let experiment = crate::experiment::find(db, workspace, &experiment_id).await?;
    crate::experiment::require_active(&experiment)?;
    let row = label_schema::by_name(db, workspace, experiment.experiment_id, &name).await?;
    let missing = || {
        Error::new(
            Kind::NotFound,
            format!("Label schema with name '{name}' not found for experiment '{experiment_id}'."),
        )
    };
    view(row.ok_or_else(missing)?)
}

/// The questions of an experiment, the youngest first. The first who asks makes the one that every experiment has.
///
/// # Errors
/// NotFound without the experiment, Invalid for a page that can't be.
pub async fn list(
    ctx: &OpContext,
    workspace: &str,
    request: ListLabelSchemas,
) -> Result<LabelSchemasResponse> {
    let ListLabelSchemas {
        experiment_id,
        max_results,
        page_token,
    } = request;
    authorize(ctx, workspace, action::EXPERIMENT_READ, &experiment_id).await?;
    within(max_results)?;
    let db = ctx.app().store.read();
    let experiment = crate::experiment::find(db, workspace, &experiment_id).await?;
    crate::experiment::require_active(&experiment)?;
    let id = experiment.experiment_id;
    let asked = Asked::new(&["label-schemas", workspace, &experiment_id], &[]);
    let window = window(page_token.as_deref(), max_results, 100, 50_000, asked)?;
    if !label_schema::has_default(db, workspace, id).await? {
        let row = Row {
            workspace: workspace.to_owned(),
            schema_id: new_id(ctx),
            experiment_id: id,
            name: DEFAULT.to_owned(),
            kind: LabelSchemaType::Feedback.as_str().to_owned(),
            input: to_json(&LabelSchemaInput {
                text: Some(InputText::default()),
                ..LabelSchemaInput::default()
            }),
            instruction: Some("Share any feedback on this trace.".to_owned()),
            enable_comment: false,
            is_default: true,
            created_at: ctx.now_ms(),
            updated_at: ctx.now_ms(),
        };
        ctx.app()
            .store
            .write::<_, Error, _>(move |tx| Box::pin(async move { Ok(label_schema::insert(tx, row).await?) }))
            .await?;
    }
    let found = label_schema::list(db, workspace, id, window).await?;
    Ok(LabelSchemasResponse {
        label_schemas: found.items.into_iter().map(view).collect::<Result<_>>()?,
        next_page_token: next_token(window, found.more, asked).unwrap_or_default(),
    })
}

/// Changes what is given. How a question is answered keeps its kind, or the answers would lose their sense.
///
/// # Errors
/// NotFound, Invalid for what can't change, Conflict when the name is taken.
pub async fn update(ctx: &OpContext, workspace: &str, request: UpdateLabelSchema) -> Result<LabelSchema> {
    let UpdateLabelSchema {
        schema_id,
        name,
        instruction,
        enable_comment,
        input,
    } = request;
    let scope = Scope::resource(workspace, "label-schemas", &schema_id);
    ctx.authorize(action::EXPERIMENT_WRITE, &scope).await?;
    if let Some(input) = &input {
        one_of(input)?;
    }
    let (now, workspace) = (ctx.now_ms(), workspace.to_owned());
    let row = ctx
        .app()
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let there = label_schema::held(tx, &workspace, &schema_id).await?;
                let mut row = there.ok_or_else(|| missing(&schema_id))?;
                if row.is_default {
                    return Err(Error::invalid(
                        "The experiment's default question cannot be edited.",
                    ));
                }
                if let Some(name) = name {
                    named(&name)?;
                    let other = label_schema::by_name(tx, &workspace, row.experiment_id, &name).await?;
                    if other.is_some_and(|other| other.schema_id != schema_id) {
                        return Err(taken(&name, row.experiment_id));
                    }
                    row.name = name;
                }
                instructed(instruction.as_deref())?;
                if let Some(input) = &input {
                    answerable(input)?;
                    same_kind(&from_json("label_schema", "input", &row.input)?, input)?;
                    row.input = to_json(input);
                }
                row.instruction = instruction.or(row.instruction);
                row.enable_comment = enable_comment.unwrap_or(row.enable_comment);
                row.updated_at = now;
                label_schema::update(tx, row.clone()).await?;
                Ok(row)
            })
        })
        .await?;
    view(row)
}

/// Deletes a question; one that is not there is deleted already.
///
/// # Errors
/// Invalid for the question that every experiment has.
pub async fn delete(ctx: &OpContext, workspace: &str, schema_id: &str) -> Result<()> {
    let scope = Scope::resource(workspace, "label-schemas", schema_id);
    ctx.authorize(action::EXPERIMENT_DELETE, &scope).await?;
    let (workspace, schema_id) = (workspace.to_owned(), schema_id.to_owned());
    ctx.app()
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let there = label_schema::held(tx, &workspace, &schema_id).await?;
                if there.is_some_and(|row| row.is_default) {
                    return Err(Error::invalid(
                        "The experiment's default question cannot be deleted.",
                    ));
                }
                Ok(label_schema::delete(tx, &workspace, &schema_id).await?)
            })
        })
        .await
}

async fn authorize(
    ctx: &OpContext,
    workspace: &str,
    action: tidemill_policy::Action,
    experiment_id: &str,
) -> Result<()> {
    let scope = Scope::resource(workspace, "experiments", experiment_id);
    ctx.authorize(action, &scope).await
}

fn new_id(ctx: &OpContext) -> String {
    format!("ls-{}", uuid_hex(&*ctx.app().clock))
}

/// A limit of MLflow's lists of questions and queues, in its words.
pub(crate) fn within(max_results: Option<i64>) -> Result<()> {
    match max_results {
        Some(limit) if !(1..=50_000).contains(&limit) => Err(Error::invalid(
            "max_results must be between 1 and 50000. See the API docs for more information about request parameters.",
        )),
        _ => Ok(()),
    }
}

fn missing(schema_id: &str) -> Error {
    Error::new(
        Kind::NotFound,
        format!("Label schema with id '{schema_id}' not found."),
    )
}

fn taken(name: &str, experiment_id: i64) -> Error {
    Error::conflict(format!(
        "Label schema with name '{name}' already exists for experiment '{experiment_id}'."
    ))
}

fn named(name: &str) -> Result<()> {
    let length = name.chars().count();
    if length == 0 {
        return Err(Error::invalid(
            "Label schema `name` must be a non-empty string; got ''.",
        ));
    }
    if length > 250 {
        return Err(Error::invalid(format!(
            "Label schema `name` must be at most 250 characters; got {length}."
        )));
    }
    if name.trim().eq_ignore_ascii_case(DEFAULT) {
        return Err(Error::invalid(format!(
            "`{name}` is reserved for the experiment's default question and cannot be used for another label schema."
        )));
    }
    Ok(())
}

fn instructed(instruction: Option<&str>) -> Result<()> {
    let length = instruction.map_or(0, |text| text.chars().count());
    if length > 1000 {
        return Err(Error::invalid(format!(
            "Label schema `instruction` must be at most 1000 characters; got {length}."
        )));
    }
    Ok(())
}

fn one_of(input: &LabelSchemaInput) -> Result<()> {
    let LabelSchemaInput {
        pass_fail,
        categorical,
        numeric,
        text,
    } = input;
    let given = [
        pass_fail.is_some(),
        categorical.is_some(),
        numeric.is_some(),
        text.is_some(),
    ];
    if given.into_iter().filter(|given| *given).count() == 1 {
        return Ok(());
    }
    Err(Error::invalid(
        "Label schema `input` must have exactly one of `pass_fail`, `categorical`, `numeric`, or `text` set; got an \
         empty oneof.",
    ))
}

/// Refuses what nobody could answer.
fn answerable(input: &LabelSchemaInput) -> Result<()> {
    let invalid = |text: String| Err(Error::invalid(text));
    if let Some(input) = &input.pass_fail {
        let labels = [
            ("positive_label", &input.positive_label),
            ("negative_label", &input.negative_label),
        ];
        for (field, label) in labels {
            let length = label.chars().count();
            if length == 0 {
                return invalid(format!(
                    "`InputPassFail.{field}` must be a non-empty string; got ''."
                ));
            }
            if length > 64 {
                return invalid(format!(
                    "`InputPassFail.{field}` must be at most 64 characters; got {length}."
                ));
            }
        }
        if input.positive_label == input.negative_label {
            return invalid(format!(
                "`InputPassFail.positive_label` and `negative_label` must be distinct; got {} for both.",
                python_text(&input.positive_label)
            ));
        }
    }
    if let Some(input) = &input.categorical {
        let options = &input.options;
        if options.is_empty() {
            return invalid(format!(
                "`InputCategorical.options` must be a non-empty list; got {}.",
                python_list(options)
            ));
        }
        if options.len() > 10 {
            return invalid(format!(
                "`InputCategorical.options` must have at most 10 entries; got {}.",
                options.len()
            ));
        }
        for (at, option) in options.iter().enumerate() {
            let length = option.chars().count();
            if length == 0 {
                return invalid(
                    "`InputCategorical.options` entries must be non-empty strings; got ''.".to_owned(),
                );
            }
            let option = python_text(option);
            if length > 64 {
                return invalid(format!(
                    "`InputCategorical.options` entries must be at most 64 characters; got {length} for {option}."
                ));
            }
            if options[..at].contains(&options[at]) {
                return invalid(format!(
                    "`InputCategorical.options` must be deduplicated; {option} appears twice."
                ));
            }
        }
    }
    if let Some(input) = &input.numeric
        && let (Some(min), Some(max)) = (input.min_value, input.max_value)
        && min >= max
    {
        return invalid(format!(
            "`InputNumeric.min_value` must be strictly less than `max_value`; got min={min:?}, max={max:?}."
        ));
    }
    if let Some(length) = input.text.as_ref().and_then(|text| text.max_length)
        && length < 1
    {
        return invalid(format!(
            "`InputText.max_length` must be at least 1; got {length}."
        ));
    }
    Ok(())
}

fn same_kind(before: &LabelSchemaInput, after: &LabelSchemaInput) -> Result<()> {
    let kind = |input: &LabelSchemaInput| match input {
        LabelSchemaInput {
            pass_fail: Some(_), ..
        } => "InputPassFail",
        LabelSchemaInput {
            categorical: Some(_), ..
        } => "InputCategorical",
        LabelSchemaInput { numeric: Some(_), .. } => "InputNumeric",
        _ => "InputText",
    };
    if kind(before) != kind(after) {
        return Err(Error::invalid(format!(
            "A label schema's input type cannot be changed after creation (existing: {}, got: {}).",
            kind(before),
            kind(after)
        )));
    }
    let several = |input: &LabelSchemaInput| input.categorical.as_ref().map(|input| input.multi_select);
    if several(before) != several(after) {
        return Err(Error::invalid(
            "`InputCategorical.multi_select` cannot be changed after creation.",
        ));
    }
    Ok(())
}

fn view(row: Row) -> Result<LabelSchema> {
    let Row {
        workspace: _,
        schema_id,
        experiment_id,
        name,
        kind,
        input,
        instruction,
        enable_comment,
        is_default,
        created_at,
        updated_at,
    } = row;
    Ok(LabelSchema {
        schema_id,
        experiment_id: experiment_id.to_string(),
        name,
        kind: LabelSchemaType::parse(&kind).unwrap_or_default(),
        instruction,
        enable_comment,
        input: from_json("label_schema", "input", &input)?,
        created_at,
        last_updated_at: updated_at,
        is_default,
    })
}
