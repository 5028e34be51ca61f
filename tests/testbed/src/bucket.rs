//! An S3-compatible service on this machine: moto from Python's package index, one process, everything in memory.

use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::server::free_port;

/// How long the service may take until it listens.
const START_S: u64 = 60;
/// What the service calls itself; it takes any credentials.
const CREDENTIALS: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", "testbed"),
    ("AWS_SECRET_ACCESS_KEY", "testbed"),
];

/// A service with one bucket. It ends when this value is dropped, and what lies in it is gone then.
pub struct Bucket {
    interpreter: String,
    port: u16,
    child: Option<Child>,
}

impl Bucket {
    /// Starts the service and makes the bucket; `None` (with a line that says so) where Python has no moto.
    ///
    /// # Panics
    /// The service does not start.
    pub fn start() -> Option<Bucket> {
        let interpreter =
            std::env::var("KAIBIAO_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let known = Command::new(&interpreter)
            .args(["-c", "import moto.server"])
            .stderr(Stdio::null())
            .status();
        if !known.is_ok_and(|status| status.success()) {
            eprintln!("SKIPPED on S3: no Python with moto[server] (set KAIBIAO_TEST_PYTHON)");
            return None;
        }
        let mut bucket = Bucket {
            interpreter,
            port: free_port(),
            child: None,
        };
        bucket.restart();
        Some(bucket)
    }

    /// Starts the service again, empty but for the bucket: a storage that has lost everything.
    ///
    /// # Panics
    /// It does not start.
    pub fn restart(&mut self) {
        self.kill();
        let mut command = Command::new(&self.interpreter);
        command
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p"])
            .arg(self.port.to_string());
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.child = Some(child.expect("the interpreter starts"));
        let end = Instant::now() + Duration::from_secs(START_S);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < end, "the S3 service does not listen");
            sleep(Duration::from_millis(20));
        }
        let made = ureq::put(format!("{}/bids", self.endpoint())).send_empty();
        made.expect("the bucket is made");
    }

    /// Ends the service, at once.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Its address.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The bucket's address, as the server's option `blobs` takes it.
    pub fn url(&self, prefix: &str) -> String {
        format!("s3://bids/{prefix}")
    }

    /// Options with which a server keeps its blobs here.
    pub fn arguments(&self, prefix: &str) -> Vec<String> {
        let options = [
            "--blobs",
            &self.url(prefix),
            "--s3-endpoint",
            &self.endpoint(),
        ];
        options.map(str::to_owned).to_vec()
    }

    /// Environment that goes with them.
    pub fn environment(&self) -> Vec<(String, String)> {
        CREDENTIALS
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec()
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        self.kill();
    }
}
