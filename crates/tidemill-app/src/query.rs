//! SQL over versions of data: each table that a query names is a version that the one who asks may read. A query runs in a
//! process of its own, which is ended when it takes too much memory or time, or when nobody waits for it any more.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use indexmap::IndexMap;
use tidemill_objects::SafePath;
use tidemill_process::{Stat, resident_bytes};
use tidemill_spec::refs::AssetRef;
use tidemill_table::sql::{
    AFTER, Assignment, BEFORE, Diff, Failure, Limits, Mount, Outcome, Query, Reason, Task, tables_of,
};
pub use tidemill_table::sql::{Answered, Format, Sample};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

use crate::asset::Kind as AssetKind;
use crate::content::Scratch;
use crate::table::{self, Laid};
use crate::{Error, Kind, OpContext, Result, Scope, action, asset};

/// What queries may use on a server.
#[derive(Debug, Clone)]
pub struct QueryOptions {
    /// Bytes for sorting, grouping and joining, each; the rest goes to disk.
    pub memory_bytes: u64,
    /// Bytes on disk, each.
    pub spill_bytes: u64,
    /// How long one may take.
    pub time: Duration,
    /// Rows of an answer.
    pub rows: u64,
    /// How many run at a time; others wait.
    pub at_once: usize,
    /// The program that runs one: `<program> query-worker`, usually this very binary.
    pub program: PathBuf,
}

impl Default for QueryOptions {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            memory_bytes: limits.memory_bytes,
            spill_bytes: limits.spill_bytes,
            time: Duration::from_millis(limits.time_ms),
            rows: limits.rows,
            at_once: 2,
            program: std::env::current_exe().unwrap_or_else(|_| PathBuf::from("tidemill")),
        }
    }
}

/// What a process takes besides: its program, and the batches that are on their way.
const BESIDES_BYTES: u64 = 512 << 20;
/// What the states of profiles take on top of it, on all threads.
const PROFILE_BYTES: u64 = 1 << 30;
/// How often its memory is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// How long it has to end by itself after its time.
const GRACE: Duration = Duration::from_secs(2);
/// Rows of an answer in JSON, where nothing else is asked for.
const JSON_ROWS: u64 = 1000;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The SQL.
    pub sql: String,
    /// Names for versions beside their own.
    pub tables: IndexMap<String, String>,
    /// A sample of the rows.
    pub sample: Option<Sample>,
    /// The rows as they stand in the files.
    pub in_order: bool,
    /// How it is to be answered.
    pub how: How,
}

/// How a query is to be answered.
#[derive(Debug, Clone, Default)]
pub struct How {
    /// The format.
    pub format: Format,
    /// Rows at most.
    pub rows: Option<u64>,
    /// How long it may take.
    pub time: Option<Duration>,
}

/// An answer: a file that goes when this is dropped.
#[derive(Debug)]
pub struct AnswerFile {
    /// The file, open at its start.
    pub file: tokio::fs::File,
    /// What is in it.
    pub answered: Answered,
    /// Its format.
    pub format: Format,
}

/// Answers a query.
///
/// # Errors
/// Invalid for SQL that cannot be run or does not read; NotFound for a table that is no version of data; Forbidden; Timeout;
/// Capacity when too many run.
pub async fn run(ctx: &OpContext, workspace: &str, asked: Asked) -> Result<AnswerFile> {
    ctx.authorize(action::DATA_READ, &Scope::workspace(workspace))
        .await?;
    let Asked {
        sql,
        tables,
        sample,
        in_order,
        how,
    } = asked;
    let mut wanted = IndexMap::new();
    for name in tables_of(&sql).map_err(told)? {
        let reference = tables.get(&name).cloned().unwrap_or_else(|| name.clone());
        wanted.insert(name, reference);
    }
    if let Some((unused, _)) = tables.iter().find(|(name, _)| !wanted.contains_key(*name)) {
        return Err(Error::invalid(format!(
            "failed to run the query: it does not name the table `{unused}`, which is given for it"
        )));
    }
    let task = Task::Query(Query { sql, sample });
    let tables = mounted_all(ctx, workspace, wanted).await?;
    answer(ctx, task, tables, in_order, how).await
}

/// Compares two versions row by row.
///
/// # Errors
/// As [`run`]; Invalid where the key does not name each row once.
pub async fn diff(
    ctx: &OpContext,
    workspace: &str,
    before: String,
    after: String,
    key: Vec<String>,
    how: How,
) -> Result<AnswerFile> {
    ctx.authorize(action::DATA_READ, &Scope::workspace(workspace))
        .await?;
    let wanted = IndexMap::from([(BEFORE.to_owned(), before), (AFTER.to_owned(), after)]);
    let tables = mounted_all(ctx, workspace, wanted).await?;
    answer(ctx, Task::Diff(Diff { key }), tables, false, how).await
}

/// The versions that references name, on this machine: names in SQL, references, where they lie.
pub(crate) async fn mounted_all(
    ctx: &OpContext,
    workspace: &str,
    wanted: IndexMap<String, String>,
) -> Result<Vec<(String, String, Laid)>> {
    let mut tables = Vec::new();
    for (name, reference) in wanted {
        let there = mounted(ctx, workspace, &reference).await?;
        tables.push((name, reference, there));
    }
    Ok(tables)
}

/// Runs a task over tables: names in SQL, what people call them, where they lie. Whoever calls it has asked whether it may be.
pub(crate) async fn answer(
    ctx: &OpContext,
    task: Task,
    tables: Vec<(String, String, Laid)>,
    in_order: bool,
    how: How,
) -> Result<AnswerFile> {
    let options = &ctx.app().query;
    let scratch = Scratch::new(ctx)?;
    let mounts = tables.iter().map(|(name, _, there)| Mount {
        name: name.clone(),
        path: there.root.clone(),
        reading: Default::default(),
    });
    let mounts = mounts.collect();
    let rows = match (how.rows, how.format) {
        (Some(rows), _) => rows,
        (None, Format::Answer) => JSON_ROWS,
        (None, _) => options.rows,
    };
    let limits = Limits {
        memory_bytes: options.memory_bytes,
        spill_bytes: options.spill_bytes,
        time_ms: how.time.unwrap_or(options.time).min(options.time).as_millis() as u64,
        rows: rows.min(options.rows),
        scratch: Some(scratch.0.clone()),
        threads: in_order.then_some(1),
        ..Limits::default()
    };
    let assignment = Assignment {
        task,
        mounts,
        limits,
        format: how.format,
        answer: scratch.0.join("answer"),
    };
    let turn = tokio::time::timeout(options.time, ctx.app().queries.acquire()).await;
    let _turn = match turn {
        Ok(turn) => turn.map_err(Error::internal)?,
        Err(_) => {
            return Err(Error::new(
                Kind::Capacity,
                format!(
                    "failed to run the query: {} others run, and none has ended",
                    options.at_once
                ),
            )
            .hint("try again in a moment"));
        }
    };
    let answered = match in_process(options, &assignment).await? {
        Outcome::Answered(answered) => answered,
        Outcome::Failed(failure) => return Err(told(by_name(failure, &tables))),
    };
    let file = tokio::fs::File::open(&assignment.answer)
        .await
        .map_err(Error::internal)?;
    Ok(AnswerFile {
        file,
        answered,
        format: how.format,
    })
}

/// The version that a reference names, on this machine.
async fn mounted(ctx: &OpContext, workspace: &str, reference: &str) -> Result<Laid> {
    let full = match reference.contains(':') && reference.starts_with("azureml") {
        true => reference.to_owned(),
        false => format!("azureml:{reference}"),
    };
    // Data of several tables: `flights:7/weather`. Azure's own ids have slashes from the start.
    let (full, inside) = match full.split_once('/') {
        Some((asset, inside)) if !asset.ends_with(':') => (asset.to_owned(), inside.to_owned()),
        _ => (full, String::new()),
    };
    let inside = SafePath::normalise(&inside)?;
    let wanted: AssetRef = full.parse().map_err(|error| {
        Error::invalid(format!("failed to read the table `{reference}`: {error}"))
            .hint("name a version of data, as in \"flights:7\" or \"flights@latest\"")
    })?;
    let name = match &wanted {
        AssetRef::Named { name, .. } | AssetRef::Registry { name, .. } | AssetRef::Id { name, .. } => {
            name.clone()
        }
    };
    ctx.authorize(
        action::DATA_READ,
        &asset::scope(AssetKind::Data, workspace, &name),
    )
    .await?;
    let row = asset::resolve(ctx, AssetKind::Data, workspace, &wanted).await?;
    let mut there = table::of_version(ctx, workspace, &row).await?;
    if !inside.is_root() {
        there.root = inside.under(&there.root);
        if !there.root.exists() {
            return Err(Error::not_found("table", reference).hint(format!(
                "the files of {}:{} are shown by `tidemill data show`, and on its page",
                row.name, row.version
            )));
        }
    }
    Ok(there)
}

/// Runs an assignment in a process of its own. The process ends when this is dropped.
async fn in_process(options: &QueryOptions, assignment: &Assignment) -> Result<Outcome> {
    let mut child = Command::new(&options.program)
        .arg("query-worker")
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(Error::internal)?;
    let mut line = serde_json::to_string(assignment).map_err(Error::internal)?;
    line.push('\n');
    let (mut input, mut output) = match (child.stdin.take(), child.stdout.take()) {
        (Some(input), Some(output)) => (input, output),
        _ => return Err(Error::internal("a pipe to a query is not there")),
    };
    let mut said = Vec::new();
    let told = async {
        // One that has ended already says why by its end.
        let _ = input.write_all(line.as_bytes()).await;
        output.read_to_end(&mut said).await
    };
    let time = Duration::from_millis(assignment.limits.time_ms);
    let profiles = match assignment.task {
        Task::Validate(_) => PROFILE_BYTES,
        Task::Query(_) | Task::Diff(_) => 0,
    };
    let most = assignment.limits.memory_bytes + BESIDES_BYTES + profiles;
    let ended = tokio::select! {
        read = told => read.map(|_| None).map_err(Error::internal)?,
        () = tokio::time::sleep(time + GRACE) => Some(Failure {
            reason: Reason::Time,
            message: format!("failed to run the query: it was ended after {} s", time.as_secs_f64()),
            hint: Some("read less, or give it more time where the server allows it".into()),
        }),
        () = grown(&child, most) => Some(Failure {
            reason: Reason::Resources,
            message: format!("failed to run the query: it took more than {} MB of memory", most >> 20),
            hint: Some("make shorter texts and lists, group by fewer values, or select fewer columns".into()),
        }),
    };
    // Its input stays open until here: a worker whose input ends gives up.
    drop(input);
    if let Some(failure) = ended {
        child.kill().await.map_err(Error::internal)?;
        return Ok(Outcome::Failed(failure));
    }
    child.wait().await.map_err(Error::internal)?;
    Ok(serde_json::from_slice(&said).unwrap_or_else(|_| {
        Outcome::Failed(Failure {
            reason: Reason::Resources,
            message: "failed to run the query: its process broke off".into(),
            hint: Some("it asked for more memory than there is, or met a fault: make it smaller".into()),
        })
    }))
}

/// Comes back when a process takes more memory than it may.
async fn grown(child: &Child, most: u64) {
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
    let mut looks = tokio::time::interval(LOOK);
    loop {
        looks.tick().await;
        let stat = pid.and_then(Stat::of);
        if stat.is_some_and(|stat| resident_bytes(&[stat]) > most) {
            return;
        }
    }
}

/// A failure by the names of versions: where they lie on the server is nobody's business.
fn by_name(mut failure: Failure, tables: &[(String, String, Laid)]) -> Failure {
    for (_, reference, there) in tables {
        let root = there.root.display().to_string();
        let replaced = |text: &str| text.replace(&root, reference);
        failure.message = replaced(&failure.message);
        failure.hint = failure.hint.as_deref().map(replaced);
    }
    failure
}

fn told(failure: Failure) -> Error {
    let Failure {
        reason,
        message,
        hint,
    } = failure;
    let kind = match reason {
        Reason::Time => Kind::Timeout,
        Reason::Invalid | Reason::Refused | Reason::Table | Reason::Resources => Kind::Invalid,
    };
    let error = Error::new(kind, message);
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}
