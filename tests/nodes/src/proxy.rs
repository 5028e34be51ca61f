//! nginx in the foreground, unprivileged, on a free port of 127.0.0.1.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use testbed::free_port;

const CONFIGURATION: &str = include_str!("../nginx.conf");
const START_S: u64 = 20;

/// A running proxy; it ends when this value is dropped.
pub struct Proxy {
    directory: tempfile::TempDir,
    port: u16,
    child: Child,
}

impl Proxy {
    /// Starts a proxy in front of `nodes` (addresses like `http://127.0.0.1:1234`).
    ///
    /// # Panics
    /// nginx is not here, or does not start.
    pub fn start(nodes: &[String]) -> Proxy {
        let directory = tempfile::Builder::new().prefix("kaibiao-nginx").tempdir();
        let directory = directory.expect("a temporary directory");
        let port = free_port();
        let configuration = directory.path().join("nginx.conf");
        let text = configured(directory.path(), port, nodes);
        fs::write(&configuration, text).expect("the configuration is written");
        let mut command = unprivileged(directory.path());
        let log = directory.path().join("error.log");
        command.arg("-e").arg(&log).arg("-c").arg(&configuration);
        command.arg("-p").arg(directory.path());
        let child = command.stdin(Stdio::null()).spawn();
        let mut proxy = Proxy {
            directory,
            port,
            child: child.expect("nginx starts"),
        };
        let end = Instant::now() + Duration::from_secs(START_S);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = proxy.child.try_wait().expect("nginx is ours").is_some();
            assert!(
                !ended && Instant::now() < end,
                "nginx does not listen: {}",
                proxy.log()
            );
            sleep(Duration::from_millis(10));
        }
        proxy
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it has complained about.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("error.log")).unwrap_or_default()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // The master ends its worker when it is asked to; killed, it would leave it behind.
        let id = self.child.id().to_string();
        let _ = Command::new("kill").args(["-s", "TERM", &id]).status();
        let _ = self.child.wait();
    }
}

fn configured(directory: &Path, port: u16, nodes: &[String]) -> String {
    let line = |url: &String| {
        let address = url.trim_start_matches("http://");
        // Failures are not counted: a node that comes back is asked again at once.
        format!("    server {address} max_fails=0;\n")
    };
    let nodes: String = nodes.iter().map(line).collect();
    CONFIGURATION
        .replace("@directory@", &directory.display().to_string())
        .replace("@port@", &port.to_string())
        .replace("@nodes@\n", &nodes)
}

/// nginx as a user without rights: as root it would look for another one to step down to.
fn unprivileged(directory: &Path) -> Command {
    let program = program();
    let is_root = fs::metadata("/proc/self")
        .is_ok_and(|process| std::os::unix::fs::MetadataExt::uid(&process) == 0);
    if !is_root {
        return Command::new(program);
    }
    let owned = Command::new("chown")
        .args(["-R", "nobody:nogroup"])
        .arg(directory)
        .status();
    assert!(owned.is_ok_and(|status| status.success()), "chown");
    let mut command = Command::new("setpriv");
    command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"]);
    command.arg(program);
    command
}

/// The program: `KAIBIAO_NGINX`, or where Debian puts it, or on the path.
fn program() -> PathBuf {
    if let Some(path) = std::env::var_os("KAIBIAO_NGINX") {
        return path.into();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    // Debian keeps it off the path of ordinary users.
    places.extend(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    let found = places
        .iter()
        .map(|place| place.join("nginx"))
        .find(|path| path.is_file());
    found.expect("nginx is not here: apt-get install nginx-light (ops/setup tests does it), or set KAIBIAO_NGINX")
}
