//! `kaibiao-server`: one binary with roles.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use server::config::{Config, Settings};
use server::keys::PlatformKeys;
use server::node::open_store;
use server::{Node, blob::Blobs, check, http};
use store::OpenMode;

/// The server of Kaibiao, an open platform for public tenders.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Configuration file (TOML); the keys are those of the options below
    #[arg(long, global = true, env = "KAIBIAO_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// Answer requests (the default). In demo mode keys and database are made if they are not there
    Serve,
    /// Make the platform's keys and the database; prints what to do with the root key
    Init,
    /// Bring the database to the schema of this version
    Migrate,
    /// Give an account a role, with the root key in the data directory: platform, supervisor, exchange-centre or
    /// pool-authority
    Grant {
        /// The account.
        account: String,
        /// The role.
        role: String,
    },
    /// Hash and replay everything that is stored, and compare; the server must not be running on SQLite
    Check {
        /// Make the projections again from the log
        #[arg(long)]
        rebuild: bool,
        /// Mark segments of uploads that cannot be read as not stored, so that their owners can send them again
        #[arg(long)]
        reopen_uploads: bool,
    },
}

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kaibiao-server: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    let file = Settings::from_file(arguments.config.as_deref())?;
    let config = arguments.settings.complete(file)?;
    start_log(config.log_json);
    match arguments.role.unwrap_or(Role::Serve) {
        Role::Serve => serve(config),
        Role::Init => init(&config),
        Role::Migrate => migrate(&config, OpenMode::CreateIfMissing),
        Role::Grant { account, role } => grant(config, &account, &role),
        Role::Check {
            rebuild,
            reopen_uploads,
        } => run_check(&config, rebuild, reopen_uploads),
    }
}

fn start_log(json: bool) {
    let filter = tracing_subscriber::EnvFilter::try_from_env("KAIBIAO_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    if json { log.json().init() } else { log.init() }
}

fn migrate(config: &Config, mode: OpenMode) -> Result<(), Failure> {
    std::fs::create_dir_all(&config.data_dir)?;
    let applied = open_store(config, mode)?.migrate()?;
    println!("{} migrations applied", applied.len());
    Ok(())
}

fn init(config: &Config) -> Result<(), Failure> {
    PlatformKeys::create_missing(&config.data_dir)?;
    migrate(config, OpenMode::CreateIfMissing)?;
    Node::open(config.clone())?.stop();
    let root = config.data_dir.join("keys").join("root.key");
    println!("The platform is registered on the log {}.", config.origin);
    println!(
        "Now move {} to a safe place that is not this machine: it grants roles.",
        root.display()
    );
    Ok(())
}

fn grant(config: Config, account: &str, role: &str) -> Result<(), Failure> {
    let account = record::Identifier::new(account)?;
    let role = serde_json::from_value(role.into())
        .map_err(|_| format!("there is no role {role}; see kaibiao-server grant --help"))?;
    let node = Node::open(config)?;
    let granted = node.grant(&account, role);
    node.stop();
    println!("granted, log index {}", granted?.receipt.proof.index);
    Ok(())
}

fn run_check(config: &Config, rebuild: bool, reopen_uploads: bool) -> Result<(), Failure> {
    let store = open_store(config, OpenMode::Existing)?;
    let keys = PlatformKeys::load(&config.data_dir, &config.origin)?;
    let blobs = Blobs::open(&config.blobs, config.quota_bytes)?;
    if rebuild {
        let count = check::rebuild(&store, &keys)?;
        println!("projections made again from {count} statements");
    }
    if reopen_uploads {
        for lost in check::reopen_uploads(&store, &blobs)? {
            let (account, root, n) = (lost.account, lost.root, lost.n);
            println!(
                "lost: segment {n} of content {root} of account {account}; it may be sent again"
            );
        }
    }
    let checked = check::all(&store, &keys, &blobs)?;
    println!(
        "all agrees: {} leaves hashed, {} statements replayed, {} segments hashed",
        checked.leaves, checked.statements, checked.segments
    );
    Ok(())
}

fn serve(config: Config) -> Result<(), Failure> {
    if config.demo {
        PlatformKeys::create_missing(&config.data_dir)?;
        migrate(&config, OpenMode::CreateIfMissing)?;
    }
    let node = Node::open(config)?;
    let outcome = actix_web::rt::System::new()
        .block_on(http::serve(actix_web::web::Data::from(node.clone())));
    node.stop();
    Ok(outcome?)
}
