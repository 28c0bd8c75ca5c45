//! Computes: make, show, change, remove; and what a job finds on one.

use std::sync::LazyLock;

use serde_json::{Value, json};
use tidemill_compute::Inventory;
use tidemill_spec::kinds::{self, Spec};
use tidemill_spec::refs::ComputeRef;
use tidemill_spec::value::{ByteSize, CpuAmount};
use tidemill_store::page::{Page, PageRequest};
use tidemill_store::{DatabaseTransaction, StoreError, compute, from_json, to_json};

use crate::compute_password::{self, hide};
use crate::context::Change;
use crate::workspace::check_revision;
use crate::{App, Error, OpContext, Result, Scope, action, compute_power, name};

/// The compute that each workspace has: the machine of the server.
pub const LOCAL: &str = "local";

/// The kind that is started and stopped.
const INSTANCE: &str = "computeinstance";

/// This machine, looked at once.
static MACHINE: LazyLock<Inventory> = LazyLock::new(Inventory::of_this_machine);

/// A compute, as use cases hand it out.
pub type Compute = compute::Model;

/// What a job finds on a compute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedCompute {
    /// Its name.
    pub name: String,
    /// Nodes that may be in use at once.
    pub nodes: u32,
    /// Cores of each node.
    pub cores: u32,
    /// Memory of each node.
    pub memory_bytes: u64,
    /// Graphics cards of each node.
    pub gpus: u32,
}

impl ResolvedCompute {
    /// Refuses what would never find room here: more nodes than there are, more cores or memory than a node has.
    ///
    /// # Errors
    /// Invalid, with what there is and what to do.
    pub fn check_room(&self, nodes: u32, cores: Option<u32>, memory_bytes: Option<u64>) -> Result<()> {
        let name = &self.name;
        let refuse = |what: String, hint: String| {
            Err(Error::invalid(format!("failed to find room on compute `{name}`: {what}")).hint(hint))
        };
        if nodes > self.nodes {
            return refuse(
                format!("the job asks for {nodes} nodes, and it has {}", self.nodes),
                format!("lower instance_count, or give `{name}` more with --max-instances {nodes}"),
            );
        }
        if let Some(cores) = cores.filter(|cores| *cores > self.cores) {
            return refuse(
                format!("the job asks for {cores} cores, and a node has {}", self.cores),
                "ask for fewer, or choose another compute".into(),
            );
        }
        if let Some(bytes) = memory_bytes.filter(|bytes| *bytes > self.memory_bytes) {
            return refuse(
                format!(
                    "the job asks for {bytes} bytes of memory, and a node has {}",
                    self.memory_bytes
                ),
                "ask for less, or choose another compute".into(),
            );
        }
        Ok(())
    }
}

/// Refuses what nobody can make here: room that makes no sense, and what the policy of the workspace does not let.
pub(crate) async fn check_wanted(
    ctx: &OpContext,
    workspace: &str,
    given: &str,
    spec: &kinds::Compute,
) -> Result<()> {
    check(given, spec)?;
    crate::spec::check(&Spec::Compute(spec.clone()))?;
    compute_power::check_person(&ctx.app().access.current(), given, spec)?;
    crate::policy::check_compute(ctx.app(), workspace, given, spec).await?;
    crate::isolation::check(ctx.app(), given, spec)
}

/// Makes or changes a compute.
///
/// # Errors
/// Invalid for a bad name or room that makes no sense, Precondition when it was changed in between.
pub async fn put(
    ctx: &OpContext,
    workspace: &str,
    given: &str,
    spec: kinds::Compute,
    if_match: Option<i64>,
) -> Result<Compute> {
    let (row, change) = prepared(ctx, workspace, given, &spec, if_match).await?;
    let written = row.clone();
    ctx.change(change, move |tx| Box::pin(write(tx, written))).await?;
    tell(ctx.app(), workspace, given).await?;
    Ok(hidden(row))
}

/// Writes a compute. What is no instance any more is not stopped either.
pub(crate) async fn write(tx: &DatabaseTransaction, row: Compute) -> Result<()> {
    if row.kind != INSTANCE {
        tidemill_store::compute_power::delete(tx, &row.workspace, &row.name).await?;
    }
    Ok(compute::put(tx, row).await?)
}

/// Checks a compute that is to be, and gives its row and what is told of it: for who writes something else in the same transaction.
///
/// # Errors
/// As [`put`].
pub(crate) async fn prepared(
    ctx: &OpContext,
    workspace: &str,
    given: &str,
    spec: &kinds::Compute,
    if_match: Option<i64>,
) -> Result<(Compute, Change)> {
    let scope = Scope::resource(workspace, "computes", given);
    ctx.authorize(action::COMPUTE_WRITE, &scope).await?;
    name::check("compute", given)?;
    crate::workspace::get(ctx, workspace).await?;
    check_wanted(ctx, workspace, given, spec).await?;
    let before = compute::get(ctx.app().store.read(), workspace, given).await?;
    check_revision(
        "compute",
        given,
        before.as_ref().map(|row| row.revision),
        if_match,
    )?;
    let mut after = serde_json::to_value(spec).map_err(Error::internal)?;
    let place = compute_password::of_compute(workspace, given);
    let old = before.as_ref().map(spec_of);
    compute_password::seal(ctx, workspace, &place, &mut after, old.as_ref()).await?;
    let now = ctx.now_ms();
    let row = Compute {
        workspace: workspace.to_owned(),
        name: given.to_owned(),
        kind: kind(spec).to_owned(),
        spec: to_json(&after),
        revision: before.as_ref().map_or(1, |row| row.revision + 1),
        created_at: before.as_ref().map_or(now, |row| row.created_at),
        updated_at: now,
    };
    let change = Change {
        action: action::COMPUTE_WRITE,
        scope,
        before: before.map_or(Value::Null, |row| hide(spec_of(&row))),
        after: hide(after),
    };
    Ok((row, change))
}

/// Tells the scheduler what the store says of a compute: its room, and whether it is stopped. Called after each change of one. Of several who
/// change it at once, the last to be told has read what all of them left, so that the scheduler never keeps what was overtaken.
///
/// # Errors
/// When the store can't be read.
pub(crate) async fn tell(app: &App, workspace: &str, given: &str) -> Result<()> {
    static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _alone = ONE_AT_A_TIME.lock().await;
    let db = app.store.read();
    let row = compute::get(db, workspace, given).await?;
    let power = tidemill_store::compute_power::get(db, workspace, given).await?;
    let is_instance = row.as_ref().is_some_and(|row| row.kind == INSTANCE);
    app.scheduler.set_stopped(
        workspace,
        given,
        power.filter(|_| is_instance).and_then(compute_power::why_stopped),
    );
    let Some(row) = row else { return Ok(()) };
    if let Ok(resolved) = room(given, &from_json("compute", "spec", &row.spec)?) {
        app.scheduler.set_room(workspace, given, resolved.nodes);
    }
    Ok(())
}

/// One compute.
///
/// # Errors
/// NotFound, with the names that there are.
pub async fn get(ctx: &OpContext, workspace: &str, name: &str) -> Result<Compute> {
    ctx.authorize(
        action::COMPUTE_READ,
        &Scope::resource(workspace, "computes", name),
    )
    .await?;
    crate::workspace::get(ctx, workspace).await?;
    Ok(hidden(find(ctx, workspace, name).await?))
}

/// Computes by name.
///
/// # Errors
/// NotFound, for a workspace that is not there.
pub async fn list(ctx: &OpContext, workspace: &str, page: &PageRequest) -> Result<Page<Compute>> {
    ctx.authorize(action::COMPUTE_READ, &Scope::workspace(workspace))
        .await?;
    crate::workspace::get(ctx, workspace).await?;
    Ok(compute::list(ctx.app().store.read(), workspace, page)
        .await?
        .map(hidden))
}

/// Removes a compute. Jobs that run on it go on; jobs that wait for it say so.
///
/// # Errors
/// NotFound when it is not there, Forbidden for the workspace's own.
pub async fn delete(ctx: &OpContext, workspace: &str, name: &str) -> Result<()> {
    let scope = Scope::resource(workspace, "computes", name);
    ctx.authorize(action::COMPUTE_DELETE, &scope).await?;
    if name == LOCAL {
        return Err(Error::forbidden(
            "failed to delete compute `local`: a workspace always has it",
        ));
    }
    let before = find(ctx, workspace, name).await?;
    let change = Change {
        action: action::COMPUTE_DELETE,
        scope,
        before: hide(spec_of(&before)),
        after: Value::Null,
    };
    let place = (workspace.to_owned(), name.to_owned());
    ctx.change(change, move |tx| {
        Box::pin(async move {
            let (workspace, name) = place;
            tidemill_store::compute_power::delete(tx, &workspace, &name).await?;
            match compute::delete(tx, &workspace, &name).await? {
                true => Ok(()),
                false => Err(Error::not_found("compute", &name)),
            }
        })
    })
    .await?;
    tell(ctx.app(), workspace, name).await
}

/// What a job finds where it asks to run. No compute, `serverless` and `local` are the machine of the server.
///
/// # Errors
/// NotFound with what there is and how to make it; Invalid for a kind on which nothing can be started here; Forbidden for the instance of
/// somebody else.
pub async fn resolve(
    ctx: &OpContext,
    workspace: &str,
    wanted: Option<&ComputeRef>,
) -> Result<ResolvedCompute> {
    let name = match wanted {
        None | Some(ComputeRef::Local | ComputeRef::Serverless) => LOCAL,
        Some(ComputeRef::Named(name) | ComputeRef::Id { name, .. }) => name,
        Some(ComputeRef::Expression(text)) => {
            return Err(Error::invalid(format!(
                "failed to resolve compute `{text}`: it is not filled in"
            )));
        }
    };
    let row = find(ctx, workspace, name).await?;
    let spec: kinds::Compute = from_json("compute", "spec", &row.spec)?;
    compute_power::check_use(ctx, name, &spec)?;
    room(&row.name, &spec)
}

/// The three that every compute may say, and how many nodes it has.
struct Said {
    nodes: u32,
    cores: Option<CpuAmount>,
    memory: Option<ByteSize>,
    gpus: Option<u32>,
}

fn said(spec: &kinds::Compute) -> Option<Said> {
    let machine = &*MACHINE;
    Some(match spec {
        kinds::Compute::Local(c) => Said {
            nodes: c.max_instances.unwrap_or(machine.cores),
            cores: c.cores,
            memory: c.memory,
            gpus: c.gpus,
        },
        kinds::Compute::AmlCompute(c) => Said {
            nodes: c.max_instances.unwrap_or(1),
            cores: c.cores,
            memory: c.memory,
            gpus: c.gpus,
        },
        kinds::Compute::ComputeInstance(c) => Said {
            nodes: 1,
            cores: c.cores,
            memory: c.memory,
            gpus: c.gpus,
        },
        kinds::Compute::Kubernetes(_)
        | kinds::Compute::VirtualMachine(_)
        | kinds::Compute::SynapseSpark(_) => return None,
    })
}

fn room(name: &str, spec: &kinds::Compute) -> Result<ResolvedCompute> {
    let Said {
        nodes,
        cores,
        memory,
        gpus,
    } = said(spec).ok_or_else(|| {
        Error::invalid(format!(
            "failed to run on compute `{name}`: nothing can be started on type {} from this server",
            kind(spec)
        ))
        .hint("use a compute of type local, amlcompute or computeinstance")
    })?;
    let machine = &*MACHINE;
    Ok(ResolvedCompute {
        name: name.to_owned(),
        nodes: nodes.max(1),
        cores: cores.map_or(machine.cores, CpuAmount::cores_up),
        memory_bytes: memory.map_or(machine.memory_bytes, ByteSize::bytes),
        gpus: gpus.unwrap_or_else(|| u32::try_from(machine.gpus.len()).unwrap_or(u32::MAX)),
    })
}

/// The row, or the error that lists what there is.
async fn find(ctx: &OpContext, workspace: &str, name: &str) -> Result<Compute> {
    let db = ctx.app().store.read();
    if let Some(row) = compute::get(db, workspace, name).await? {
        return Ok(row);
    }
    let there = compute::list(db, workspace, &PageRequest::default()).await?;
    let names: Vec<_> = there.items.iter().map(|row| row.name.as_str()).collect();
    Err(Error::not_found("compute", name).hint(format!(
        "workspace `{workspace}` has: {}; make it with `tidemill compute create --name {name} --type amlcompute \
         --max-instances 4`",
        names.join(", ")
    )))
}

/// The one that every workspace has of its own.
pub(crate) async fn add_own(
    tx: &DatabaseTransaction,
    workspace: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    let row = Compute {
        workspace: workspace.to_owned(),
        name: LOCAL.to_owned(),
        kind: LOCAL.to_owned(),
        spec: to_json(&json!({ "type": LOCAL, "name": LOCAL })),
        revision: 1,
        created_at: now_ms,
        updated_at: now_ms,
    };
    compute::put(tx, row).await
}

fn check(name: &str, spec: &kinds::Compute) -> Result<()> {
    if (name == LOCAL) != matches!(spec, kinds::Compute::Local(_)) {
        return Err(Error::invalid(format!(
            "failed to make compute `{name}` of type {}: `local` is the machine of the server, and nothing else is",
            kind(spec)
        ))
        .hint("use type amlcompute for a compute with a name of its own"));
    }
    let (least, most) = match spec {
        kinds::Compute::Local(c) => (c.min_instances, c.max_instances),
        kinds::Compute::AmlCompute(c) => (c.min_instances, c.max_instances),
        _ => (None, None),
    };
    let most_said = most.unwrap_or(u32::MAX);
    if most == Some(0) || least.is_some_and(|least| least > most_said) {
        return Err(Error::invalid(format!(
            "failed to make compute `{name}`: max_instances {most_said} leaves no room (min_instances {})",
            least.unwrap_or(0)
        ))
        .hint("give max_instances from 1, and not below min_instances"));
    }
    Ok(())
}

fn kind(spec: &kinds::Compute) -> &'static str {
    match spec {
        kinds::Compute::Local(_) => "local",
        kinds::Compute::AmlCompute(_) => "amlcompute",
        kinds::Compute::ComputeInstance(_) => "computeinstance",
        kinds::Compute::Kubernetes(_) => "kubernetes",
        kinds::Compute::VirtualMachine(_) => "virtualmachine",
        kinds::Compute::SynapseSpark(_) => "synapsespark",
    }
}

fn spec_of(row: &Compute) -> Value {
    from_json("compute", "spec", &row.spec).unwrap_or(Value::Null)
}

fn hidden(mut row: Compute) -> Compute {
    row.spec = to_json(&hide(spec_of(&row)));
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(json: Value) -> kinds::Compute {
        serde_json::from_value(json).expect("a compute")
    }

    #[test]
    fn what_a_compute_says_comes_before_what_the_machine_has() {
        let said = json!({"type": "amlcompute", "name": "c", "max_instances": 3, "cores": 2, "memory": "1Gi", "gpus": 4});
        let found = room("c", &spec(said)).expect("it runs");
        assert_eq!(
            (found.nodes, found.cores, found.memory_bytes, found.gpus),
            (3, 2, 1 << 30, 4)
        );
        let bare = room("c", &spec(json!({"type": "amlcompute", "name": "c"}))).expect("it runs");
        assert_eq!((bare.nodes, bare.cores), (1, MACHINE.cores));
    }

    #[test]
    fn room_that_makes_no_sense_is_refused() {
        for (name, json) in [
            (
                "c",
                json!({"type": "amlcompute", "name": "c", "max_instances": 0}),
            ),
            (
                "c",
                json!({"type": "amlcompute", "name": "c", "min_instances": 2, "max_instances": 1}),
            ),
            ("c", json!({"type": "local", "name": "c"})),
            ("local", json!({"type": "amlcompute", "name": "local"})),
        ] {
            assert!(check(name, &spec(json)).is_err(), "{name}");
        }
    }
}
