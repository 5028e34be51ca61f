//! One server process: started, killed, stopped, started again.

use std::ffi::OsString;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use crate::client::Client;
use crate::database::Database;
use crate::program::server_program;

/// How long a server may take until it listens.
const START_S: u64 = 60;
/// How long it may take to stop when asked to.
const STOP_S: u64 = 40;
/// Lines of its log that are shown when a test fails.
const LINES_SHOWN: usize = 80;

/// How to start a server. Demo mode, batches every 5 ms and no noise, unless something else is said.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Its database.
    pub database: Database,
    /// Simulated clock.
    pub demo: bool,
    /// Least milliseconds between two batches.
    pub batch_interval_ms: u64,
    /// Mean seconds between batches of noise; 0: none.
    pub noise_mean_s: u64,
    /// An existing data directory; otherwise a fresh one that is deleted at the end.
    pub data_dir: Option<PathBuf>,
    /// Further options of the program.
    pub arguments: Vec<String>,
    /// Further environment. Nothing is inherited but PATH.
    pub environment: Vec<(String, String)>,
    /// A command that starts the program, such as `prlimit --fsize=1000000 --`.
    pub wrapper: Vec<OsString>,
}

impl Setup {
    /// The usual setup on a database.
    pub fn new(database: Database) -> Setup {
        Setup {
            database,
            demo: true,
            batch_interval_ms: 5,
            noise_mean_s: 0,
            data_dir: None,
            arguments: Vec::new(),
            environment: Vec::new(),
            wrapper: Vec::new(),
        }
    }
}

/// A server that ends when this value is dropped. If the test is failing then, the end of its log is printed.
pub struct ServerProcess {
    setup: Setup,
    directory: tempfile::TempDir,
    port: u16,
    child: Option<Child>,
}

impl ServerProcess {
    /// Makes keys and schema if need be, and starts.
    ///
    /// # Panics
    /// It does not start; the log is in the text.
    #[track_caller]
    pub fn start(setup: Setup) -> ServerProcess {
        let mut server = ServerProcess::prepare(setup);
        server.restart();
        server
    }

    /// Makes keys and schema if need be, and does not start yet.
    ///
    /// # Panics
    /// `init` fails.
    #[track_caller]
    pub fn prepare(setup: Setup) -> ServerProcess {
        let directory = tempfile::Builder::new().prefix("kaibiao-testbed").tempdir();
        let server = ServerProcess {
            setup,
            directory: directory.expect("a temporary directory"),
            port: free_port(),
            child: None,
        };
        if !server.data_dir().join("keys").is_dir() {
            let made = server.run("init", &[]);
            assert!(
                made.status.success(),
                "init: {}",
                String::from_utf8_lossy(&made.stderr)
            );
        }
        server
    }

    /// Directory of keys and blobs.
    pub fn data_dir(&self) -> PathBuf {
        let own = || self.directory.path().join("data");
        self.setup.data_dir.clone().unwrap_or_else(own)
    }

    /// What it logs, over all its lives.
    pub fn log_file(&self) -> PathBuf {
        self.directory.path().join("server.log")
    }

    /// Its address, without a path.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A client with an evidence of its own.
    pub fn client(&self) -> Client {
        Client::new(&self.url())
    }

    /// How it is started; changes count from the next start.
    pub fn setup_mut(&mut self) -> &mut Setup {
        &mut self.setup
    }

    /// Its process id, while it runs.
    pub fn process_id(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// The program with all options, to run `role`.
    fn command(&self, role: &str) -> Command {
        let program = server_program();
        let mut command = match self.setup.wrapper.split_first() {
            Some((first, rest)) => {
                let mut wrapped = Command::new(first);
                wrapped.args(rest).arg(program);
                wrapped
            }
            None => Command::new(program),
        };
        let path = std::env::var_os("PATH").unwrap_or_default();
        command
            .env_clear()
            .env("PATH", path)
            .envs(self.setup.environment.iter().cloned());
        let data_dir = self.data_dir();
        command.args(["--bind", &format!("127.0.0.1:{}", self.port), "--data-dir"]);
        command.arg(&data_dir);
        command.args(["--database", &self.setup.database.url(&data_dir)]);
        command.arg(format!("--demo={}", self.setup.demo));
        let (interval, noise) = (self.setup.batch_interval_ms, self.setup.noise_mean_s);
        command.args(["--batch-interval-ms", &interval.to_string()]);
        command.args(["--noise-mean-s", &noise.to_string()]);
        command
            .args(&self.setup.arguments)
            .arg(role)
            .stdin(Stdio::null());
        command
    }

    /// Runs another role of the program to its end, such as `check` or `migrate`. On SQLite the server must not run.
    ///
    /// # Panics
    /// The program cannot be started.
    pub fn run(&self, role: &str, arguments: &[&str]) -> Output {
        let mut command = self.command(role);
        command
            .args(arguments)
            .output()
            .expect("the server program starts")
    }

    /// Starts it again, and waits until it listens.
    ///
    /// # Panics
    /// It does not.
    #[track_caller]
    pub fn restart(&mut self) {
        if let Err(log) = self.try_start() {
            panic!("the server does not start:\n{log}");
        }
    }

    /// Starts it and kills it a moment later, most likely before it listens.
    ///
    /// # Panics
    /// The program cannot be started.
    pub fn start_and_kill_after(&mut self, moment: Duration) {
        self.kill();
        self.spawn();
        sleep(moment);
        self.kill();
    }

    fn spawn(&mut self) {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.log_file());
        let log = log.expect("a log file");
        let mut command = self.command("serve");
        command
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log);
        self.child = Some(command.spawn().expect("the server program starts"));
    }

    /// Starts it; an error is the end of its log when it ends instead of listening.
    ///
    /// # Errors
    /// It ended by itself, or did not listen within a minute.
    ///
    /// # Panics
    /// The program cannot be started.
    pub fn try_start(&mut self) -> Result<(), String> {
        self.kill();
        self.spawn();
        let end = Instant::now() + Duration::from_secs(START_S);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if self.has_ended() || Instant::now() > end {
                self.kill();
                return Err(self.end_of_log());
            }
            sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Whether the process is gone, by itself or by [`ServerProcess::kill`].
    ///
    /// # Panics
    /// The process cannot be asked.
    pub fn has_ended(&mut self) -> bool {
        match &mut self.child {
            Some(child) => child.try_wait().expect("the server is ours").is_some(),
            None => true,
        }
    }

    /// `kill -9`, at once. Nothing happens if it is not running.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Asks it to stop (SIGTERM), and waits; how it ended.
    ///
    /// # Panics
    /// It does not run, or does not stop.
    #[track_caller]
    pub fn stop(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("the server runs");
        signal(child.id(), "TERM");
        let end = Instant::now() + Duration::from_secs(STOP_S);
        loop {
            if let Some(status) = child.try_wait().expect("the server is ours") {
                return status;
            }
            if Instant::now() > end {
                let _ = child.kill();
                panic!("the server does not stop:\n{}", self.end_of_log());
            }
            sleep(Duration::from_millis(5));
        }
    }

    /// Sends it a signal by name, such as `STOP` or `CONT`.
    ///
    /// # Panics
    /// It does not run.
    #[track_caller]
    pub fn signal(&self, name: &str) {
        signal(self.process_id().expect("the server runs"), name);
    }

    /// The last lines of its log.
    pub fn end_of_log(&self) -> String {
        end_of(&self.log_file())
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("--- end of the server's log ---\n{}", self.end_of_log());
        }
    }
}

fn end_of(path: &Path) -> String {
    let text = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES_SHOWN)..].join("\n")
}

fn signal(process_id: u32, name: &str) {
    let sent = Command::new("kill")
        .args(["-s", name, &process_id.to_string()])
        .status();
    assert!(
        sent.is_ok_and(|status| status.success()),
        "kill -s {name} {process_id}"
    );
}

/// A port of 127.0.0.1 that nobody listens on. Below the range that the system gives to connections: a server that is
/// down for a moment must find its port free when it comes back.
///
/// # Panics
/// All are taken.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let clock = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    let start = u64::from(std::process::id()) * 131 + u64::from(clock.subsec_micros());
    for _ in 0..2_000 {
        let step = u64::from(NEXT.fetch_add(7, Ordering::Relaxed));
        let port = 12_000 + u16::try_from((start + step) % 8_000).expect("below 8 000");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no port is free");
}
