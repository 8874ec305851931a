//! Certificates that are ordered: the program itself, and Debian's pebble as the authority.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use parvis::app::install_crypto;

const NAME: &str = "visio.hopital.example";
/// An order takes a second or two on a quiet machine.
const LIMIT: Duration = Duration::from_secs(90);

/// A certificate authority of the test's own.
struct Authority {
    script: Child,
    directory: String,
    ca: PathBuf,
    /// Who vouches for what it gives.
    root: reqwest::Certificate,
}

impl Authority {
    async fn start(port: u16, external: &[&str]) -> Self {
        install_crypto();
        #[expect(clippy::disallowed_methods, reason = "tests start their peers")]
        let mut script = Command::new("tests/peers/acme/start.sh")
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .arg(port.to_string())
            .args(external)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(script.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        let [directory, ca, root] = told.try_into().expect("pebble is installed: apt-get install pebble");
        let own = reqwest::Certificate::from_pem(&std::fs::read(&ca).unwrap()).unwrap();
        let client = reqwest::Client::builder().tls_certs_only([own]).build().unwrap();
        let root = client.get(root).send().await.unwrap().bytes().await.unwrap();
        let root = reqwest::Certificate::from_pem(&root).unwrap();
        Self { script, directory, ca: ca.into(), root }
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        // It ends with its input.
        drop(self.script.stdin.take());
        let _ = self.script.wait();
    }
}

/// The program, with settings that a hospital would write.
struct Gateway {
    child: Child,
    address: SocketAddr,
}

impl Gateway {
    fn start(folder: &Path, port: u16, authority: &Authority, more: &str) -> Self {
        let at = |name: &str| folder.join(name).display().to_string();
        let settings = format!(
            "[hospital]\nname = \"H\"\ntelephone = \"1\"\n\
             [http]\nlisten = \"127.0.0.1:{port}\"\npublic_url = \"https://{NAME}\"\n\
             [acme]\ndirectory = \"{}\"\nterms_of_service = \"agreed\"\ncontact = \"mailto:admin@hopital.example\"\n\
             folder = \"{}\"\nroot = \"{}\"\n{more}\n\
             [database]\nurl = \"sqlite://{}\"\n[archive]\nfolder = \"{}\"\n\
             [media]\nlisten = \"127.0.0.1:0\"\nthreads = 1\n\
             [oidc]\nissuer = \"https://id.hopital.example\"\nclient_id = \"parvis\"\nclient_secret = \"x\"\n\
             [oidc.roles]\n\"groups/medecins\" = \"doctor\"\n",
            authority.directory,
            at("acme"),
            authority.ca.display(),
            at("parvis.db"),
            at("archive"),
        );
        std::fs::write(folder.join("config.toml"), settings).unwrap();
        #[expect(clippy::disallowed_methods, reason = "the program under test")]
        let child = Command::new(env!("CARGO_BIN_EXE_parvis"))
            .args(["serve", "--config", &at("config.toml")])
            .env("PARVIS_LOG", "warn")
            .env("PARVIS_MASTER_KEY", "B".repeat(42) + "A=")
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, address: SocketAddr::from(([127, 0, 0, 1], port)) }
    }

    /// What it says of its health to whoever trusts the authority, and nothing while there is no certificate of it.
    async fn health(&self, authority: &Authority) -> Option<String> {
        let client =
            reqwest::Client::builder().tls_certs_only([authority.root.clone()]).resolve(NAME, self.address);
        let client = client.timeout(Duration::from_secs(5)).build().unwrap();
        let answer =
            client.get(format!("https://{NAME}:{}/health/ready", self.address.port())).send().await.ok()?;
        answer.text().await.ok()
    }

    /// The same, once this is so.
    async fn wait_for(&self, authority: &Authority, is_so: impl Fn(&str) -> bool) -> String {
        let waiting = async {
            loop {
                match self.health(authority).await {
                    Some(health) if is_so(&health) => return health,
                    _ => tokio::time::sleep(Duration::from_millis(200)).await,
                }
            }
        };
        tokio::time::timeout(LIMIT, waiting).await.expect("it never came to be so")
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// A certificate for that name of which most of its time is over.
fn old() -> (String, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec![NAME.to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2027, 6, 1);
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_ordered_used_followed_and_renewed() {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let authority = Authority::start(port, &[]).await;
    let gateway = Gateway::start(folder.path(), port, &authority, "");
    let health = gateway.wait_for(&authority, |_| true).await;
    assert_eq!(health, "ready\n");
    let acme = folder.path().join("acme");
    assert_eq!(mode(&acme), 0o700);
    for file in ["account.json", "key.pem", "chain.pem"] {
        assert_eq!(mode(&acme.join(file)), 0o600, "{file}");
    }
    let account = std::fs::read(acme.join("account.json")).unwrap();
    drop(gateway);

    // Most of its time is over: at the next start another is ordered, with the same account.
    let (chain, key) = old();
    std::fs::write(acme.join("chain.pem"), &chain).unwrap();
    std::fs::write(acme.join("key.pem"), &key).unwrap();
    let gateway = Gateway::start(folder.path(), port, &authority, "");
    gateway.wait_for(&authority, |health| health == "ready\n").await;
    assert_ne!(std::fs::read_to_string(acme.join("chain.pem")).unwrap(), chain);
    assert_eq!(std::fs::read(acme.join("account.json")).unwrap(), account);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_knows_the_hospital_from_elsewhere_gets_its_proof() {
    let hmac = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let authority = Authority::start(port, &["kid-1", hmac]).await;
    let refused = Gateway::start(folder.path(), port, &authority, "");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(refused.health(&authority).await, None, "no account without a proof");
    assert!(!folder.path().join("acme/account.json").exists());
    drop(refused);
    let proof = format!("eab_key_id = \"kid-1\"\neab_hmac_key = \"{hmac}\"");
    let gateway = Gateway::start(folder.path(), port, &authority, &proof);
    assert_eq!(gateway.wait_for(&authority, |_| true).await, "ready\n");
}
