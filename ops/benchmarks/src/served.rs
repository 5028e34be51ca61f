//! A node of this process that is served over HTTP as well, so that a tender can be led through its draft from outside
//! while statements go in from inside.

use std::path::Path;
use std::sync::Arc;

use actix_web::rt;
use actix_web::web::Data;
use server::config::Settings;
use server::keys::PlatformKeys;
use server::node::open_store;
use server::{Node, http};
use store::OpenMode;
use testbed::{Client, Database};

use crate::Failure;

/// A node under a temporary directory.
pub struct Served {
    /// The node.
    pub node: Arc<Node>,
    /// Its address, without a path.
    pub url: String,
    _directory: tempfile::TempDir,
}

impl Served {
    /// Makes keys and database, fills the database with `fill`, opens the node and serves it until the process ends.
    pub fn start(
        database: &Database,
        fill: impl FnOnce(&store::Store) -> Result<(), store::StoreError>,
    ) -> Result<Served, Failure> {
        let directory = tempfile::tempdir()?;
        let bind = format!("127.0.0.1:{}", testbed::free_port());
        let settings = Settings {
            data_dir: Some(directory.path().to_owned()),
            database: Some(database.url(directory.path())),
            bind: Some(bind.clone()),
            ..settings(directory.path())
        };
        let config = settings.complete(Settings::default())?;
        PlatformKeys::create_missing(&config.data_dir)?;
        let store = open_store(&config, OpenMode::CreateIfMissing)?;
        store.migrate()?;
        fill(&store)?;
        let node = Node::open(config)?;
        let serving = Data::from(Arc::clone(&node));
        std::thread::spawn(move || rt::System::new().block_on(http::serve(serving)));
        let served = Served {
            node,
            url: format!("http://{bind}"),
            _directory: directory,
        };
        // Waits until it listens.
        served.client().info();
        Ok(served)
    }

    /// A client of it.
    pub fn client(&self) -> Client {
        Client::new(&self.url)
    }
}

fn settings(directory: &Path) -> Settings {
    Settings {
        data_dir: Some(directory.to_owned()),
        demo: Some(true),
        // No pause between batches: what waits is the next batch.
        batch_interval_ms: Some(0),
        noise_mean_s: Some(0),
        ..Settings::default()
    }
}
