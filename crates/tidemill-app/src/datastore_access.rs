//! Access to a datastore by folder: who may read or write what lies where. A rule is an assignment on the datastore, or on a folder in
//! it, of a role that gives files; the decision is `tidemill_policy::folder`'s.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tidemill_objects::SafePath;
use tidemill_policy::{Action, Subject};
use tidemill_spec::kinds::{self, Assignment};
use tidemill_store::asset::{Archived, Key, Kind as AssetKind};
use tidemill_store::page::PageRequest;
use tidemill_store::{asset_version, from_json};

use crate::{App, Error, Kind, OpContext, Result, Scope, action, assignment, bytes, datastore, resolve};

/// What may be done with the files of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// Read them.
    Read,
    /// Read and write them.
    ReadWrite,
    /// Write them without seeing them: by a role of one's own.
    Write,
}

impl Rights {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::ReadWrite => "read_write",
            Self::Write => "write",
        }
    }

    fn role(word: &str) -> Result<&'static str> {
        match word {
            "read" => Ok("Datastore Reader"),
            "read_write" => Ok("Datastore Writer"),
            other => Err(Error::invalid(format!("failed to read the rights `{other}`"))
                .hint("write read or read_write")),
        }
    }

    fn of(may: impl Fn(Action) -> bool) -> Option<Self> {
        match (
            may(action::DATASTORE_FILE_READ),
            may(action::DATASTORE_FILE_WRITE),
        ) {
            (true, true) => Some(Self::ReadWrite),
            (true, false) => Some(Self::Read),
            (false, true) => Some(Self::Write),
            (false, false) => None,
        }
    }
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The assignment that it is.
    pub row: assignment::Row,
    /// The folder; empty for all of the datastore.
    pub folder: String,
    /// What may be done there.
    pub rights: Rights,
}

/// The rules of a datastore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Whether it gives access by folder at all; otherwise everybody who may read data or submit jobs reaches all of it.
    pub by_folder: bool,
    /// The rules that the one who asks may see.
    pub rules: Vec<Rule>,
    /// Other ways to the same bytes, which no rule closes.
    pub warnings: Vec<String>,
}

/// The rules of a datastore: all for who sees its assignments, one's own for everybody else.
///
/// # Errors
/// NotFound, also for a datastore that may not be seen.
pub async fn list(ctx: &OpContext, workspace: &str, name: &str) -> Result<Rules> {
    let scope = Scope::resource(workspace, "datastores", name);
    ctx.authorize(action::DATASTORE_READ, &scope).await?;
    crate::workspace::get(ctx, workspace).await?;
    datastore::find(ctx, workspace, name).await?;
    rules(ctx, workspace, name).await
}

/// Lets a principal read, or read and write, a folder. With the first rule of a datastore, only those named may reach its files.
///
/// # Errors
/// Forbidden for who may not share it; NotFound for a datastore or a principal that is not there; Invalid for a path that is no folder.
pub async fn grant(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    principal: &str,
    path: &str,
    rights: &str,
) -> Result<Rules> {
    let scope = Scope::resource(workspace, "datastores", name);
    ctx.authorize(action::ASSIGNMENT_WRITE, &scope).await?;
    crate::workspace::get(ctx, workspace).await?;
    let row = datastore::find(ctx, workspace, name).await?;
    let folder = folder(path)?;
    let spec = Assignment {
        name: None,
        principal: principal.to_owned(),
        role: Rights::role(rights)?.to_owned(),
        scope: match folder.as_str() {
            "" => scope.to_string(),
            folder => format!("{scope}/{folder}"),
        },
    };
    assignment::put(ctx, None, spec).await?;
    let warnings = other_ways(ctx, &row).await?;
    Ok(Rules {
        warnings,
        ..rules(ctx, workspace, name).await?
    })
}

/// Takes a rule away. Without any rule, everybody in the workspace reaches the files again.
///
/// # Errors
/// Forbidden; NotFound for what is no rule of this datastore.
pub async fn revoke(ctx: &OpContext, workspace: &str, name: &str, rule: &str) -> Result<Rules> {
    ctx.authorize(
        action::ASSIGNMENT_DELETE,
        &Scope::resource(workspace, "datastores", name),
    )
    .await?;
    crate::workspace::get(ctx, workspace).await?;
    let there = rules(ctx, workspace, name).await?;
    if !there.rules.iter().any(|known| known.row.id == rule) {
        return Err(Error::not_found("rule", rule).hint(format!(
            "`tidemill datastore access list --name {name}` shows them"
        )));
    }
    assignment::delete(ctx, rule).await?;
    let mut left = rules(ctx, workspace, name).await?;
    if !left.by_folder {
        left.warnings.push(format!(
            "datastore `{name}` has no rule left: everybody who reads data or submits jobs in the workspace reaches all of it"
        ));
    }
    Ok(left)
}

async fn rules(ctx: &OpContext, workspace: &str, name: &str) -> Result<Rules> {
    let current = ctx.app().access.current();
    let whole = Scope::resource(workspace, "datastores", name);
    let sees_all = ctx.may(action::ASSIGNMENT_READ, &whole);
    let own = ctx
        .subject()
        .map(|subject| current.access.circles(&subject))
        .unwrap_or_default();
    let whole = whole.to_string();
    let mut rules = Vec::new();
    for row in tidemill_store::assignment::all(ctx.app().store.read()).await? {
        let Some(rest) = row.scope.strip_prefix(&whole) else {
            continue;
        };
        if !(rest.is_empty() || rest.starts_with('/')) {
            continue;
        }
        let folder = rest.trim_start_matches('/').to_owned();
        let role = current.access.role(&row.role);
        let rights = role.and_then(|role| Rights::of(|action| role.set.has(action)));
        let is_own =
            Subject::parse(&format!("{}:{}", row.kind, row.name)).is_some_and(|who| own.contains(&who));
        if let Some(rights) = rights.filter(|_| sees_all || is_own) {
            rules.push(Rule { row, folder, rights });
        }
    }
    Ok(Rules {
        by_folder: current.access.by_folder().has(workspace, name),
        rules,
        warnings: Vec::new(),
    })
}

/// The folder that a path of a rule names: `silver/*` and `silver` are the same, `*` is the whole datastore.
fn folder(path: &str) -> Result<SafePath> {
    let plain = path.trim().trim_start_matches('/');
    let plain = plain.trim_end_matches('*').trim_end_matches('/');
    let odd = |why: &str| {
        Error::invalid(format!("failed to use {path:?} in a rule: {why}"))
            .hint("write a folder and all that lies in it, as in `silver/*`, or `*` for the whole datastore")
    };
    if plain.contains(WILD) {
        return Err(odd("a rule is for a folder, and not for a pattern"));
    }
    SafePath::normalise(plain).map_err(|error| odd(&error.to_string()))
}

const WILD: [char; 4] = ['*', '?', '[', '{'];

/// Asks whether files may be read or written at a path of a datastore; of a pattern, in the folder before its first wildcard. Where the
/// datastore gives no access by folder, nothing is asked: then who may read data or submit jobs reaches it.
///
/// # Errors
/// Forbidden, with the rules; the refusal is in the audit log.
pub(crate) async fn check(
    ctx: &OpContext,
    workspace: &str,
    datastore: &str,
    path: &str,
    action: Action,
) -> Result<()> {
    keep_history(ctx, workspace, datastore, path, action).await?;
    match asked(ctx, workspace, datastore, path) {
        Some(scope) => ctx.authorize(action, &scope).await,
        None => Ok(()),
    }
}

/// What the server keeps of data in the workspace's own store (statistics, verdicts, reports) is written by it alone; it tells what lies
/// in folders that not everybody may read, so that where there are such folders it is read through what asks for the data.
///
/// # Errors
/// Forbidden, with the way that there is.
pub(crate) async fn keep_history(
    ctx: &OpContext,
    workspace: &str,
    store: &str,
    path: &str,
    action: Action,
) -> Result<()> {
    let is_history = store == datastore::BLOB
        && path.split('/').find(|name| !matches!(*name, "" | ".")) == Some(HISTORY)
        && *ctx.principal() != crate::Principal::System;
    if !is_history {
        return Ok(());
    }
    let scope = Scope::resource(workspace, "datastores", store);
    let current = ctx.app().access.current();
    let is_read = action == action::DATASTORE_FILE_READ;
    let closed = current.access.by_folder().iter().any(|(at, _)| at == workspace);
    if is_read && (!closed || ctx.may(action::ASSIGNMENT_WRITE, &scope)) {
        return Ok(());
    }
    let (why, hint) = match is_read {
        true => (
            "folders of this workspace are not for everybody, and the history of data tells of them",
            "read it with `tidemill data history`",
        ),
        false => (
            "the history of data is written by the server alone",
            "choose another folder",
        ),
    };
    ctx.refused(action, &scope, why).await?;
    Err(Error::forbidden(format!("failed to use {store}/{path}: {why}")).hint(hint))
}

/// The folder of the workspace's own store with what is known of data over time.
const HISTORY: &str = "history";

/// The same without a word about it.
pub(crate) fn may(ctx: &OpContext, workspace: &str, datastore: &str, path: &str, action: Action) -> bool {
    asked(ctx, workspace, datastore, path).is_none_or(|scope| ctx.may(action, &scope))
}

fn asked(ctx: &OpContext, workspace: &str, datastore: &str, path: &str) -> Option<Scope> {
    let current = ctx.app().access.current();
    if !current.access.by_folder().has(workspace, datastore) {
        return None;
    }
    let names = path.split('/').filter(|name| !name.is_empty());
    let mut place = datastore.to_owned();
    for name in names.take_while(|name| !name.contains(WILD)) {
        place.push('/');
        place.push_str(name);
    }
    Some(Scope::resource(workspace, "datastores", &place))
}

/// Whether any datastore of the server gives access by folder: where none does, nothing needs to be looked up.
pub(crate) fn any(ctx: &OpContext) -> bool {
    !ctx.app().access.current().access.by_folder().is_empty()
}

/// Asks whether the bytes of a version of data may be read, whatever is known of them already.
///
/// # Errors
/// Forbidden, with the rules.
pub(crate) async fn check_version(ctx: &OpContext, workspace: &str, uri: Option<&str>) -> Result<()> {
    let Some(uri) = uri.filter(|_| any(ctx)) else {
        return Ok(());
    };
    match resolve::stored_place(ctx, workspace, uri).await {
        Err(error) if error.kind == Kind::Forbidden => Err(error),
        _ => Ok(()),
    }
}

/// Whether a version of data may be told of: to who may read its bytes, and to who shares the workspace's datastores, as they look after
/// what lies there. Without a word in the audit log, for lists.
///
/// # Errors
/// When it can't be found out.
pub(crate) async fn is_told(ctx: &OpContext, workspace: &str, uri: Option<&str>) -> Result<bool> {
    if !any(ctx) || ctx.may(action::ASSIGNMENT_WRITE, &Scope::workspace(workspace)) {
        return Ok(true);
    }
    match check_version(&ctx.unheard(), workspace, uri).await {
        Ok(()) => Ok(true),
        Err(error) if error.kind == Kind::Forbidden => Ok(false),
        Err(error) => Err(error),
    }
}

/// The same for every version of an asset: for what is told of all of them at once.
///
/// # Errors
/// Forbidden, with the rules.
pub(crate) async fn check_asset(ctx: &OpContext, workspace: &str, name: &str) -> Result<()> {
    if !any(ctx) {
        return Ok(());
    }
    let key = Key {
        workspace,
        kind: AssetKind::Data,
        name,
    };
    let mut page = PageRequest {
        limit: 1000,
        after: None,
    };
    let mut asked = std::collections::BTreeSet::new();
    loop {
        let found = asset_version::list(ctx.app().store.read(), key, Archived::Include, &page).await?;
        for uri in found.items.into_iter().filter_map(|row| row.uri) {
            if asked.insert(uri.clone()) {
                check_version(ctx, workspace, Some(&uri)).await?;
            }
        }
        match found.next {
            Some(next) => page.after = Some(next),
            None => return Ok(()),
        }
    }
}

/// Where bytes are, so that two names of the same ones are known.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bytes {
    store: String,
    path: PathBuf,
}

impl Bytes {
    fn local(path: &Path) -> Self {
        Self {
            store: "local".into(),
            path: path.canonicalize().unwrap_or_else(|_| path.to_owned()),
        }
    }

    fn of(spec: &kinds::Datastore) -> Option<Self> {
        let at = |store: String, path: Option<&str>| {
            Some(Self {
                store,
                path: PathBuf::from(path.unwrap_or_default().trim_matches('/')),
            })
        };
        match spec {
            kinds::Datastore::LocalFolder(store) => Some(Self::local(&store.path)),
            kinds::Datastore::AzureBlob(store) => at(
                format!("azure/{}/{}", store.account_name, store.container_name),
                None,
            ),
            kinds::Datastore::AzureDataLakeGen2(store) => {
                at(format!("azure/{}/{}", store.account_name, store.filesystem), None)
            }
            kinds::Datastore::S3(store) => {
                let server = store
                    .endpoint
                    .as_deref()
                    .unwrap_or_default()
                    .trim_end_matches('/');
                at(format!("s3/{server}/{}", store.bucket), store.prefix.as_deref())
            }
            kinds::Datastore::Gcs(store) => at(format!("gcs/{}", store.bucket), store.prefix.as_deref()),
            kinds::Datastore::Http(store) => at("http".into(), Some(&store.url)),
            _ => None,
        }
    }

    fn of_row(app: &App, row: &datastore::Datastore) -> Option<Self> {
        if row.kind == bytes::OWN {
            return Some(Self::local(&match row.name.as_str() {
                datastore::ARTIFACTS => app.dir.artifacts(&row.workspace),
                _ => app.dir.blobstore(&row.workspace),
            }));
        }
        Self::of(&from_json("datastore", "spec", &row.spec).ok()?)
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.store == other.store
            && (self.path.starts_with(&other.path) || other.path.starts_with(&self.path))
    }
}

/// Refuses a datastore over bytes that another one gives by folder, and to move one that does: neither may be a way around rules. Who
/// may share those files may do it.
///
/// # Errors
/// Forbidden.
pub(crate) async fn check_place(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    spec: &kinds::Datastore,
) -> Result<()> {
    match Bytes::of(spec) {
        Some(own) => {
            check_bytes(
                ctx,
                &format!("this place for datastore `{name}`"),
                &own,
                Some((workspace, name)),
            )
            .await
        }
        None => Ok(()),
    }
}

/// The same for a folder of this machine that gets another name.
///
/// # Errors
/// Forbidden.
pub(crate) async fn check_folder(ctx: &OpContext, folder: &Path) -> Result<()> {
    check_bytes(
        ctx,
        &format!("the folder {}", folder.display()),
        &Bytes::local(folder),
        None,
    )
    .await
}

async fn check_bytes(ctx: &OpContext, what: &str, own: &Bytes, named: Option<(&str, &str)>) -> Result<()> {
    let current = ctx.app().access.current();
    if current.access.by_folder().is_empty() {
        return Ok(());
    }
    for row in tidemill_store::datastore::all(ctx.app().store.read()).await? {
        if !current.access.by_folder().has(&row.workspace, &row.name) {
            continue;
        }
        let is_same = named == Some((row.workspace.as_str(), row.name.as_str()));
        let there = Bytes::of_row(ctx.app(), &row);
        let in_way = match (&there, is_same) {
            (Some(there), true) => there != own,
            (None, true) => true,
            (Some(there), false) => there.overlaps(own),
            (None, false) => false,
        };
        let scope = Scope::resource(&row.workspace, "datastores", &row.name);
        if in_way && !ctx.may(action::ASSIGNMENT_WRITE, &scope) {
            let why = "access to these files is given by folder, and the rules would not hold for another name of them";
            ctx.refused(action::DATASTORE_WRITE, &scope, why).await?;
            return Err(Error::forbidden(format!("failed to use {what}: {why}"))
                .hint("ask who shares these files: an owner of the workspace whose datastore it is"));
        }
    }
    Ok(())
}

/// Other datastores over the same bytes that give access to everybody in their workspace.
async fn other_ways(ctx: &OpContext, of: &datastore::Datastore) -> Result<Vec<String>> {
    let Some(own) = Bytes::of_row(ctx.app(), of) else {
        return Ok(Vec::new());
    };
    let current = ctx.app().access.current();
    let mut ways = Vec::new();
    for row in tidemill_store::datastore::all(ctx.app().store.read()).await? {
        let is_same = (&row.workspace, &row.name) == (&of.workspace, &of.name);
        if is_same || current.access.by_folder().has(&row.workspace, &row.name) {
            continue;
        }
        if Bytes::of_row(ctx.app(), &row).is_some_and(|there| there.overlaps(&own))
            && ctx.may(
                action::DATASTORE_READ,
                &Scope::resource(&row.workspace, "datastores", &row.name),
            )
        {
            ways.push(format!(
                "datastore `{}` of workspace `{}` has these bytes too, and no rules: give it rules of its own, or remove it",
                row.name, row.workspace
            ));
        }
    }
    Ok(ways)
}

/// Refuses a change after which a datastore would be open to everybody that was not before, unless a rule was taken away as such.
pub(crate) fn stay_closed(before: &tidemill_policy::Access, after: &tidemill_policy::Access) -> Result<()> {
    let opened = before.by_folder().iter().find(|(workspace, name)| {
        after.group_of(workspace).is_some() && !after.by_folder().has(workspace, name)
    });
    match opened {
        None => Ok(()),
        Some((workspace, name)) => Err(Error::conflict(format!(
            "failed to take this away: the last rule of datastore `{name}` of workspace `{workspace}` goes with it, and everybody there would reach its files"
        ))
        .hint(format!("give somebody else a rule first, or `tidemill datastore access revoke --name {name} -w {workspace}`"))),
    }
}

/// A rule as the audit log and the API tell it.
pub fn view(rule: &Rule) -> Value {
    json!({
        "name": rule.row.id,
        "principal": format!("{}:{}", rule.row.kind, rule.row.name),
        "path": path_of(rule),
        "rights": rule.rights.as_str(),
    })
}

/// The path of a rule, as people write it.
pub fn path_of(rule: &Rule) -> String {
    match rule.folder.as_str() {
        "" => "*".to_owned(),
        folder => format!("{folder}/*"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_for_a_folder() {
        for (path, expected) in [
            ("silver/*", "silver"),
            ("silver", "silver"),
            ("/a/b/", "a/b"),
            ("a/**", "a"),
            ("*", ""),
            ("", ""),
        ] {
            assert_eq!(folder(path).expect(path).as_str(), expected, "{path}");
        }
        for path in ["*/x", "a?/b", "../a", "a/../../b", "{a,b}/*"] {
            assert!(folder(path).is_err(), "{path}");
        }
    }

    #[test]
    fn two_names_of_the_same_bytes_are_known() {
        let bytes =
            |json: Value| Bytes::of(&serde_json::from_value(json).expect("a datastore")).expect("a place");
        let s3 = |prefix: Value| bytes(json!({"type": "s3", "name": "d", "bucket": "b", "prefix": prefix}));
        assert!(s3(Value::Null).overlaps(&s3(json!("a/b"))));
        assert!(s3(json!("a")).overlaps(&s3(json!("a/b/"))));
        assert!(!s3(json!("a/bc")).overlaps(&s3(json!("a/b"))));
        let blob =
            bytes(json!({"type": "azure_blob", "name": "d", "account_name": "a", "container_name": "c"}));
        let lake = bytes(
            json!({"type": "azure_data_lake_gen2", "name": "d", "account_name": "a", "filesystem": "c"}),
        );
        assert!(blob.overlaps(&lake) && !blob.overlaps(&s3(Value::Null)));
        let folder = tempfile::tempdir().expect("a folder");
        let link = folder.path().join("link");
        std::fs::create_dir(folder.path().join("lake")).expect("a folder");
        std::os::unix::fs::symlink(folder.path().join("lake"), &link).expect("a link");
        let local = |path: &Path| bytes(json!({"type": "local_folder", "name": "d", "path": path}));
        assert!(local(&link).overlaps(&local(&folder.path().join("lake"))));
    }
}
