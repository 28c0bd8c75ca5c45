//! Sign-in to the studio through a real provider (npm oidc-provider), and through one that lies.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tidemill_testkit::{Client, Issuer, TestServer};

/// Where `scripts/test-tools.sh oidc` puts the provider.
fn modules() -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/test-tools.sh");
    let done = Command::new("sh")
        .arg(script)
        .arg("oidc")
        .status()
        .expect("scripts/test-tools.sh can be run");
    assert!(
        done.success(),
        "scripts/test-tools.sh oidc failed: its output says why"
    );
    let variable = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let cache =
        variable("XDG_CACHE_HOME").unwrap_or_else(|| variable("HOME").expect("a home folder").join(".cache"));
    let tools = variable("TIDEMILL_TEST_TOOLS").unwrap_or_else(|| cache.join("tidemill/test-tools"));
    tools.join("oidc/node_modules")
}

/// A running provider; it is killed when dropped.
struct Provider {
    issuer: String,
    claims: PathBuf,
    child: Child,
    /// Open as long as it runs: it would end when nobody reads what it says.
    _said: BufReader<ChildStdout>,
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Provider {
    fn start(server: &TestServer) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/v1/oidc_provider.mjs");
        let claims = server.dir.path().join("claims-of-the-test.json");
        std::fs::write(&claims, "{}").expect("can be written");
        let mut child = Command::new("node")
            .arg(script)
            .arg(modules())
            .arg(&claims)
            .arg(format!("http://{}/api/v1/session/callback", server.address))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node is installed");
        let mut said = BufReader::new(child.stdout.take().expect("piped"));
        let lines = said.by_ref().lines().map_while(Result::ok);
        let issuer = lines
            .filter_map(|line| Some(line.strip_prefix("issuer ")?.to_owned()))
            .next()
            .expect("the provider starts");
        Self {
            issuer,
            claims,
            child,
            _said: said,
        }
    }

    fn claim(&self, claims: Value) {
        std::fs::write(&self.claims, claims.to_string()).expect("can be written");
    }
}

/// A browser: it keeps cookies for each host, and follows redirects when it is told to.
struct Browser {
    http: reqwest::Client,
    cookies: BTreeMap<(String, String), String>,
}

struct Page {
    status: u16,
    location: Option<String>,
    set: Vec<String>,
    text: String,
}

impl Browser {
    fn new() -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        Self {
            http: http.build().expect("a client"),
            cookies: BTreeMap::new(),
        }
    }

    async fn open(&mut self, url: &str) -> Page {
        let parsed = reqwest::Url::parse(url).expect(url);
        let host = format!(
            "{}:{}",
            parsed.host_str().unwrap_or_default(),
            parsed.port().unwrap_or_default()
        );
        let own = self.cookies.iter().filter(|((of, _), _)| *of == host);
        let cookies: Vec<String> = own.map(|((_, name), value)| format!("{name}={value}")).collect();
        let answer = self
            .http
            .get(url)
            .header("cookie", cookies.join("; "))
            .send()
            .await
            .expect("it answers");
        let values = |name: &str| -> Vec<String> {
            let all = answer.headers().get_all(name).iter();
            all.filter_map(|value| value.to_str().ok())
                .map(str::to_owned)
                .collect()
        };
        let set = values("set-cookie");
        for cookie in &set {
            let pair = cookie.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').unwrap_or_default();
            match value.is_empty() {
                true => drop(self.cookies.remove(&(host.clone(), name.to_owned()))),
                false => drop(
                    self.cookies
                        .insert((host.clone(), name.to_owned()), value.to_owned()),
                ),
            }
        }
        Page {
            status: answer.status().as_u16(),
            location: values("location")
                .first()
                .map(|to| parsed.join(to).expect("an address").to_string()),
            set,
            text: answer.text().await.expect("text"),
        }
    }

    /// From a button of the sign-in page to the address that the provider sends the browser back to.
    async fn to_callback(&mut self, server: &TestServer, provider: &str, more: &str) -> String {
        let begin = format!(
            "http://{}/api/v1/session/providers/{provider}?page=%2Fui%2Fworkspaces%2Fdefault",
            server.address
        );
        let page = self.open(&begin).await;
        assert_eq!(page.status, 303, "{}", page.text);
        let mut at = format!("{}{more}", page.location.expect("it leads to the provider"));
        for _ in 0..10 {
            if at.contains("/api/v1/session/callback") {
                return at;
            }
            let page = self.open(&at).await;
            at = page
                .location
                .unwrap_or_else(|| panic!("{at} ends with {}: {}", page.status, page.text));
        }
        panic!("the provider does not come to an end: {at}")
    }
}

async fn start() -> (TestServer, Client, Provider) {
    let server = TestServer::start().await;
    let token = std::fs::read_to_string(server.app.dir.owner_token()).expect("written at the first start");
    let owner = server.client_with(token.trim());
    let provider = Provider::start(&server);
    owner
        .put(
            "/api/v1/groups/default/secrets/oidc",
            json!({"value": "the secret of tidemill"}),
        )
        .await
        .ok();
    owner.put("/api/v1/teams/analysts", json!({})).await.ok();
    owner
        .put(
            "/api/v1/teams/ops",
            json!({"claims": [{"claim": "groups", "value": "g-ops"}]}),
        )
        .await
        .ok();
    (server, owner, provider)
}

fn company(provider: &Provider) -> Value {
    json!({
        "display_name": "the company", "issuer": provider.issuer, "client_id": "tidemill", "client_secret": "${{secrets.oidc}}",
        "scopes": ["profile", "email", "groups"], "teams": [{"claim": "groups", "value": "g-analysts", "team": "analysts"}],
    })
}

fn ada(groups: &[&str]) -> Value {
    json!({"ada": {"name": "Ada", "preferred_username": "ada", "email": "ada@example.org", "email_verified": true, "groups": groups}})
}

/// The reasons of refused sign-ins, newest first.
async fn refusals(owner: &Client) -> Vec<String> {
    let log = owner
        .get("/api/v1/audit?outcome=refused&action=session/create")
        .await
        .ok();
    log["items"]
        .as_array()
        .expect("rows")
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_signs_in_with_an_account_elsewhere_and_is_in_the_teams_that_it_names() {
    let (server, owner, provider) = start().await;
    owner
        .put("/api/v1/identity-providers/company", company(&provider))
        .await
        .ok();
    owner
        .put("/api/v1/users/ada.l", json!({"email": "Ada@example.org"}))
        .await
        .ok();
    let given = json!({"principal": "team:analysts", "role": "Reader", "scope": "/workspaces/default"});
    owner.post("/api/v1/assignments", given).await.ok();
    let buttons = server.client().get("/api/v1/session/providers").await.ok();
    assert_eq!(
        buttons["items"],
        json!([{"name": "company", "display_name": "the company"}])
    );

    provider.claim(ada(&["g-analysts", "g-ops", "g-other"]));
    let mut browser = Browser::new();
    let callback = browser.to_callback(&server, "company", "").await;
    let page = browser.open(&callback).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(page.text.contains("url=/ui/workspaces/default"), "{}", page.text);
    let session = page
        .set
        .iter()
        .find(|cookie| cookie.starts_with("tidemill_session="))
        .expect("a session");
    assert!(
        session.contains("HttpOnly") && session.contains("SameSite=Strict"),
        "{session}"
    );
    let me = format!("http://{}/api/v1/session", server.address);
    let me = browser.open(&me).await;
    let me: Value = serde_json::from_str(&me.text).expect("JSON");
    assert_eq!(
        (me["principal"].as_str(), &me["teams"]),
        (Some("user:ada.l"), &json!(["analysts", "ops"]))
    );
    let stores = format!("http://{}/api/v1/workspaces/default/datastores", server.address);
    assert_eq!(
        browser.open(&stores).await.status,
        200,
        "a role of the team counts"
    );

    // Coming back a second time with the same code and state.
    let page = browser.open(&callback).await;
    assert_eq!(page.status, 401, "{}", page.text);
    assert!(page.text.contains("finished already"), "{}", page.text);

    // At the next sign-in the claims are others: the teams follow, and so does what they may do, at once.
    provider.claim(ada(&["g-ops"]));
    let mut second = Browser::new();
    let callback = second.to_callback(&server, "company", "").await;
    assert_eq!(second.open(&callback).await.status, 200);
    let stores = browser.open(&stores).await.status;
    assert!([403, 404].contains(&stores), "{stores}");
    let audit = owner
        .get("/api/v1/audit?action=principals/write&scope=/users/ada.l")
        .await
        .ok()
        .to_string();
    assert!(audit.contains("analysts") && audit.contains("company"), "{audit}");
    assert_eq!(refusals(&owner).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_known_does_not_come_in() {
    let (server, owner, provider) = start().await;
    owner
        .put("/api/v1/identity-providers/company", company(&provider))
        .await
        .ok();
    owner.put("/api/v1/users/ada", json!({})).await.ok();
    let enter = async |claims: Value, more: &str| {
        provider.claim(claims);
        let mut browser = Browser::new();
        let callback = browser.to_callback(&server, "company", more).await;
        browser.open(&callback).await
    };
    let page = enter(ada(&[]), "").await;
    assert_eq!(page.status, 401);
    assert!(
        page.text.contains("no user here has this address"),
        "{}",
        page.text
    );
    owner
        .put("/api/v1/users/ada", json!({"email": "ada@example.org"}))
        .await
        .ok();
    let mut unproved = ada(&[]);
    unproved["ada"]["email_verified"] = json!(false);
    assert_eq!(
        enter(unproved, "").await.status,
        401,
        "an address that is not proved is nobody's"
    );
    assert_eq!(enter(ada(&[]), "").await.status, 200);
    owner
        .put(
            "/api/v1/users/ada",
            json!({"email": "ada@example.org", "disabled": true}),
        )
        .await
        .ok();
    assert_eq!(enter(ada(&[]), "").await.status, 401);
    let page = enter(json!({}), "&login_hint=nobody").await;
    assert!(
        page.status == 401 && page.text.contains("access_denied: nobody is nobody"),
        "{}",
        page.text
    );

    // Users may be made at their first sign-in; one of the same name is not taken over.
    let mut spec = company(&provider);
    spec["create_users"] = json!(true);
    owner.put("/api/v1/identity-providers/company", spec).await.ok();
    let bob = json!({"bob": {"preferred_username": "Bob", "email": "bob@example.org", "email_verified": true, "name": "Bob"}});
    assert_eq!(enter(bob.clone(), "&login_hint=bob").await.status, 200);
    let made = owner.get("/api/v1/users/bob").await.ok();
    assert_eq!(made["spec"]["email"], "bob@example.org");
    let eve = json!({"eve": {"preferred_username": "bob"}});
    let page = enter(eve, "&login_hint=eve").await;
    assert!(
        page.status == 401 && page.text.contains("nothing says that it is the same person"),
        "{}",
        page.text
    );
    let evil = json!({"eve": {"preferred_username": "<script>alert(1)</script>"}});
    let page = enter(evil, "&login_hint=eve").await;
    assert!(
        page.status == 401 && !page.text.contains("<script>"),
        "{}",
        page.text
    );
    // A user that was removed is not brought back as somebody else of that name.
    owner.delete("/api/v1/users/bob").await.ok();
    owner.put("/api/v1/users/bob", json!({})).await.ok();
    assert_eq!(enter(bob, "&login_hint=bob").await.status, 401);
    assert_eq!(refusals(&owner).await.len(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_of_one_name_are_not_made_one_and_one_in_two_windows_not_two() {
    let (server, owner, provider) = start().await;
    let mut spec = company(&provider);
    spec["create_users"] = json!(true);
    owner.put("/api/v1/identity-providers/company", spec).await.ok();
    for n in 0..4 {
        let (name, first, second) = (format!("sam{n}"), format!("a{n}"), format!("b{n}"));
        provider.claim(json!({&first: {"preferred_username": name}, &second: {"preferred_username": name}}));
        let mut windows = Vec::new();
        for subject in [&first, &second, &first] {
            let mut browser = Browser::new();
            let callback = browser
                .to_callback(&server, "company", &format!("&login_hint={subject}"))
                .await;
            windows.push((browser, callback));
        }
        let opened = windows
            .iter_mut()
            .map(|(browser, callback)| browser.open(callback));
        let pages = futures::future::join_all(opened).await;
        let came: Vec<bool> = pages.iter().map(|page| page.status == 200).collect();
        assert!(
            came == [true, false, true] || came == [false, true, false],
            "{came:?}"
        );
        for page in pages.iter().filter(|page| page.status != 200) {
            assert!(
                page.status == 401 && page.text.contains("nothing says that it is the same person"),
                "{}",
                page.text
            );
        }
        let log = owner
            .get(&format!(
                "/api/v1/audit?outcome=allowed&action=principals/write&scope=/users/{name}"
            ))
            .await
            .ok();
        assert_eq!(
            log["items"].as_array().map(Vec::len),
            Some(1),
            "the user and whose it is are one change: {log}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_belongs_to_the_browser_that_began_it() {
    let (server, owner, provider) = start().await;
    owner
        .put("/api/v1/identity-providers/company", company(&provider))
        .await
        .ok();
    owner
        .put("/api/v1/identity-providers/other", company(&provider))
        .await
        .ok();
    owner
        .put("/api/v1/users/ada", json!({"email": "ada@example.org"}))
        .await
        .ok();
    provider.claim(ada(&[]));
    let mut victim = Browser::new();
    let mut thief = Browser::new();
    let stolen = victim.to_callback(&server, "company", "").await;
    let page = thief.open(&stolen).await;
    assert!(
        page.status == 401 && page.text.contains("another browser began it"),
        "{}",
        page.text
    );
    assert!(page.set.is_empty(), "no session");
    // The code of one sign-in in another one: the nonce and the verifier of PKCE are others.
    let mut browser = Browser::new();
    let first = browser.to_callback(&server, "company", "").await;
    let second = browser.to_callback(&server, "company", "").await;
    let of = |url: &str, name: &str| {
        let url = reqwest::Url::parse(url).expect("an address");
        url.query_pairs()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
            .expect("it is there")
    };
    let mixed = format!(
        "http://{}/api/v1/session/callback?code={}&state={}",
        server.address,
        of(&first, "code"),
        of(&second, "state")
    );
    let page = browser.open(&mixed).await;
    assert!(
        page.status == 401 && page.text.contains("gave no token"),
        "{}",
        page.text
    );
    // Another issuer says that it sent the browser back.
    let third = browser.to_callback(&server, "company", "").await;
    let (head, _) = third.split_once("&iss=").expect("the provider says who it is");
    let page = browser
        .open(&format!("{head}&iss=https%3A%2F%2Fevil.example"))
        .await;
    assert!(
        page.status == 401 && page.text.contains("another issuer"),
        "{}",
        page.text
    );
    for odd in ["", "?state=", "?state=x&code=y"] {
        let page = browser
            .open(&format!("http://{}/api/v1/session/callback{odd}", server.address))
            .await;
        assert_eq!(page.status, 401, "{odd}: {}", page.text);
    }
    assert_eq!(refusals(&owner).await.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_is_sent_round_in_a_circle_is_stopped() {
    let (server, owner, provider) = start().await;
    owner
        .put("/api/v1/identity-providers/company", company(&provider))
        .await
        .ok();
    let begin = format!("http://{}/api/v1/session/providers/company", server.address);
    let mut browser = Browser::new();
    for _ in 0..11 {
        let _ = browser.open(&begin).await;
    }
    let page = browser.open(&begin).await;
    assert_eq!(page.status, 429, "{}", page.text);
    assert!(page.text.contains("round in a circle"), "{}", page.text);
    assert_eq!(Browser::new().open(&begin).await.status, 303, "others sign in");
    // Nobody is sent elsewhere, nor round to the sign-in itself.
    for page in [
        "//evil.example",
        "https://evil.example",
        "/api/v1/session/providers/company",
    ] {
        let mut browser = Browser::new();
        owner
            .put("/api/v1/users/ada", json!({"email": "ada@example.org"}))
            .await
            .ok();
        provider.claim(ada(&[]));
        let sent = browser.open(&format!("{begin}?page={page}")).await;
        let mut at = sent.location.expect("to the provider");
        while !at.contains("/api/v1/session/callback") {
            at = browser.open(&at).await.location.expect("on its way");
        }
        let done = browser.open(&at).await;
        assert!(done.text.contains("url=/ui/\""), "{}", done.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_a_secret_proves_the_code_by_pkce() {
    let (server, owner, provider) = start().await;
    let mut spec = company(&provider);
    spec["client_id"] = json!("public");
    spec.as_object_mut().expect("fields").remove("client_secret");
    owner.put("/api/v1/identity-providers/company", spec).await.ok();
    owner
        .put("/api/v1/users/ada", json!({"email": "ada@example.org"}))
        .await
        .ok();
    provider.claim(ada(&[]));
    let mut browser = Browser::new();
    let callback = browser.to_callback(&server, "company", "").await;
    assert_eq!(browser.open(&callback).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_is_set_by_owners_and_its_secret_is_in_the_vault() {
    let (server, owner, provider) = start().await;
    let route = "/api/v1/identity-providers/company";
    let mut spec = company(&provider);
    spec["client_secret"] = json!("written out");
    let problem = owner.put(route, spec).await.fails(400);
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|text| text.contains("client_secret")),
        "{problem}"
    );
    for (field, value, status) in [
        ("issuer", json!("http://login.example.org"), 400),
        ("client_secret", json!("${{secrets.nowhere}}"), 404),
        (
            "teams",
            json!([{"claim": "g", "value": "v", "team": "nobody"}]),
            404,
        ),
        ("isuer", json!("x"), 400),
    ] {
        let mut spec = company(&provider);
        spec[field] = value;
        owner.put(route, spec).await.fails(status);
    }
    owner.put(route, company(&provider)).await.ok();
    // Whoever sets a provider says who signs in as whom.
    owner.put("/api/v1/users/it", json!({})).await.ok();
    let given = json!({"principal": "user:it", "role": "IT Administrator", "scope": "/"});
    owner.post("/api/v1/assignments", given).await.ok();
    let made = owner
        .post("/api/v1/tokens?principal=user:it", json!({}))
        .await
        .ok();
    let it = server.client_with(made["token"].as_str().expect("shown once"));
    it.get(route).await.ok();
    it.put(route, company(&provider)).await.fails(403);
    it.delete(route).await.fails(403);
    owner.delete(route).await.ok();
    owner.get(route).await.fails(404);
    let gone = server
        .client()
        .get("/api/v1/session/providers/company")
        .await
        .fails(404);
    assert_eq!(gone["code"], "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_not_who_it_says_is_not_used() {
    let server = TestServer::start().await;
    let token = std::fs::read_to_string(server.app.dir.owner_token()).expect("written at the first start");
    let owner = server.client_with(token.trim());
    let issuer = Issuer::start().await;
    // Its document names another issuer.
    let spec = json!({"issuer": issuer.url.replace("127.0.0.1", "localhost"), "client_id": "tidemill"});
    owner.put("/api/v1/identity-providers/odd", spec).await.ok();
    let problem = server
        .client()
        .get("/api/v1/session/providers/odd")
        .await
        .fails(503);
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|text| text.contains("unexpected issuer")),
        "{problem}"
    );
}
