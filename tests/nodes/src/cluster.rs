//! Nodes with the same keys on one database and one place for blobs, behind a proxy.

use std::path::PathBuf;

use testbed::{Client, Database, Evidence, ServerProcess, Setup, audit, audit_at_rest};

use crate::proxy::Proxy;

/// Several nodes and the proxy in front of them.
pub struct Cluster {
    /// The nodes. The first owns the data directory that all read.
    pub nodes: Vec<ServerProcess>,
    proxy: Proxy,
    evidence: Evidence,
}

impl Cluster {
    /// Starts one node per element of `kinds`, each changed by it; `None` without PostgreSQL.
    ///
    /// # Panics
    /// A node or the proxy does not start.
    pub fn start(kinds: &[fn(&mut Setup)]) -> Option<Cluster> {
        Cluster::start_with(kinds, |_| ())
    }

    /// The same, with a change that all nodes share.
    ///
    /// # Panics
    /// A node or the proxy does not start.
    pub fn start_with(kinds: &[fn(&mut Setup)], all: impl Fn(&mut Setup)) -> Option<Cluster> {
        let database = Database::postgres()?;
        let mut shared: Option<PathBuf> = None;
        let mut nodes: Vec<ServerProcess> = Vec::new();
        for kind in kinds {
            let mut setup = Setup::new(database.clone());
            setup.data_dir = shared.clone();
            all(&mut setup);
            kind(&mut setup);
            let node = ServerProcess::prepare(setup);
            shared.get_or_insert_with(|| node.data_dir());
            nodes.push(node);
        }
        nodes.iter_mut().for_each(ServerProcess::restart);
        let urls: Vec<String> = nodes.iter().map(ServerProcess::url).collect();
        let cluster = Cluster {
            nodes,
            proxy: Proxy::start(&urls),
            evidence: Evidence::new(),
        };
        cluster.demand_round_robin();
        Some(cluster)
    }

    /// A client of the proxy; all clients share one evidence.
    pub fn client(&self) -> Client {
        Client::new(&self.proxy.url()).with_evidence(&self.evidence)
    }

    /// A client of one node, past the proxy.
    pub fn client_of(&self, node: usize) -> Client {
        self.nodes[node].client().with_evidence(&self.evidence)
    }

    /// The proxy really asks every node: otherwise none of these tests would say anything.
    fn demand_round_robin(&self) {
        let client = self.client();
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..4 * self.nodes.len() {
            let answer = client.get("/api/v1/server").must_be(200);
            seen.insert(answer.header("x-node").to_owned());
        }
        assert_eq!(seen.len(), self.nodes.len(), "answered: {seen:?}");
    }

    /// Everything that was handed out holds, asked through the proxy and of every node alone; bundles have the same
    /// bytes wherever they come from. Then all nodes stop, and what they leave behind is checked.
    ///
    /// # Panics
    /// Anything is wrong.
    pub fn demand_one_log(mut self) {
        audit(&self.client()).demand();
        self.demand_same_answers();
        for node in &mut self.nodes {
            assert!(node.stop().success(), "{}", node.end_of_log());
        }
        audit_at_rest(&self.nodes[0], &self.evidence.uploads()).demand();
    }

    /// What every node says of the log, of the tenders and in their bundles is the same, byte for byte.
    fn demand_same_answers(&self) {
        let clients: Vec<Client> = (0..self.nodes.len())
            .map(|node| self.client_of(node))
            .collect();
        let mut paths = vec![
            "/api/v1/log/checkpoint".to_owned(),
            "/api/v1/tenders".to_owned(),
        ];
        for tender in self.evidence.tenders() {
            for what in ["", "/statements", "/bundle"] {
                paths.push(format!("/api/v1/tenders/{tender}{what}"));
            }
        }
        for path in paths {
            let mut answers = clients.iter().map(|client| client.get(&path));
            let first = answers.next().expect("a node");
            for other in answers {
                assert_eq!(first.status, other.status, "{path}");
                let is_success = first.status == 200;
                assert!(!is_success || first.body == other.body, "{path} differs");
            }
        }
    }
}

/// A node whose machine runs 30 seconds fast.
///
/// # Panics
/// The library of faketime is not here.
pub fn fast_clock(setup: &mut Setup) {
    // Not the command `faketime`: it stays as a parent, and signals would reach it instead of the server.
    let library = faketime_library();
    let library = library.expect(
        "faketime is not here: apt-get install faketime (ops/setup tests does it), or set KAIBIAO_FAKETIME to its library",
    );
    let variables = [
        ("LD_PRELOAD", library.display().to_string()),
        ("FAKETIME", "+30s".to_owned()),
        // Only the calendar is wrong: the time that waits are measured with runs as everywhere.
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value));
    setup.environment.extend(variables);
}

/// Where Debian puts it: `/usr/lib/<machine>/faketime/`.
fn faketime_library() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("KAIBIAO_FAKETIME") {
        return Some(path.into());
    }
    let machines = std::fs::read_dir("/usr/lib").ok()?.flatten();
    machines
        .map(|machine| machine.path().join("faketime").join("libfaketimeMT.so.1"))
        .find(|library| library.is_file())
}
