//! How this server is doing, in numbers, for its operator.
//!
//! They are served on a port of their own (`metrics_bind`), never on the public one: they count acts of all tenders
//! together, and so tell how many bids come. No label names a tender, an account or an address, only what is in this
//! file: method, route (the pattern, not the address), status, outcome.

use std::sync::Mutex;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Bounds of durations, in seconds: from a read out of memory to a receipt that waits for witnesses.
const SECONDS: [f64; 12] = [
    0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];

/// Bounds of what one batch holds.
const ACTS: [f64; 10] = [0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 512.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    outcome: &'static str,
}

/// What becomes of a statement that reached the writer, and of a duty of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is on the log now.
    Admitted,
    /// It had been before.
    Repeated,
    /// The procedure refused it, or its sender had to come again.
    Refused,
    /// The database or the log failed.
    Failed,
}

impl Outcome {
    fn label(self) -> Ended {
        Ended {
            outcome: match self {
                Outcome::Admitted => "admitted",
                Outcome::Repeated => "repeated",
                Outcome::Refused => "refused",
                Outcome::Failed => "failed",
            },
        }
    }
}

/// What is asked for when somebody looks, instead of being counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Statements that wait for the writer or are in the batch under way.
    pub queue_statements: usize,
    /// Their bytes.
    pub queue_bytes: usize,
    /// Whether the database answered; what follows is 0 if it did not.
    pub is_database_up: bool,
    /// Leaves of the log, noise included.
    pub log_leaves: u64,
    /// Time since the newest checkpoint was signed, in milliseconds of the procedure's clock.
    pub checkpoint_age_ms: u64,
    /// Witnesses who have cosigned the newest checkpoint.
    pub cosignatures: u64,
    /// Whether a quorum of witnesses is asked for and does not answer in time.
    pub is_quorum_missing: bool,
    /// Whether a witness has shown that the log was rolled back or forked.
    pub is_log_halted: bool,
    /// Complete uploads.
    pub blobs: u64,
    /// Their bytes.
    pub blob_bytes: u64,
}

/// Everything that is counted.
pub struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    request_seconds: Family<Route, Histogram>,
    statements: Family<Ended, Counter>,
    duties: Family<Ended, Counter>,
    batch_acts: Histogram,
    batch_seconds: Histogram,
    gauges: Gauges,
    /// Gauges belong to the answer that is being written.
    writing: Mutex<()>,
}

#[derive(Default)]
struct Gauges {
    queue_statements: Gauge,
    queue_bytes: Gauge,
    database_up: Gauge,
    log_leaves: Gauge,
    checkpoint_age: Gauge<f64, std::sync::atomic::AtomicU64>,
    cosignatures: Gauge,
    quorum_missing: Gauge,
    log_halted: Gauge,
    blobs: Gauge,
    blob_bytes: Gauge,
}

impl Default for Metrics {
    fn default() -> Metrics {
        let mut metrics = Metrics {
            registry: Registry::with_prefix("kaibiao"),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            statements: Family::default(),
            duties: Family::default(),
            batch_acts: Histogram::new(ACTS),
            batch_seconds: Histogram::new(SECONDS),
            gauges: Gauges::default(),
            writing: Mutex::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register(
            "requests",
            "Answers, by method, route and status",
            self.requests.clone(),
        );
        registry.register_with_unit(
            "request",
            "Time from a request to its answer, by route",
            Unit::Seconds,
            self.request_seconds.clone(),
        );
        registry.register(
            "statements",
            "What became of statements that were sent in",
            self.statements.clone(),
        );
        registry.register(
            "duties",
            "What became of what the platform had to say",
            self.duties.clone(),
        );
        registry.register("batch_acts", "Acts of one batch", self.batch_acts.clone());
        registry.register_with_unit(
            "batch",
            "Time of one batch, from its transaction to its receipts",
            Unit::Seconds,
            self.batch_seconds.clone(),
        );
        let gauges = &self.gauges;
        let whole: [(&str, &str, &Gauge); 9] = [
            (
                "queue_statements",
                "Statements that wait for the writer",
                &gauges.queue_statements,
            ),
            (
                "queue_bytes",
                "Bytes of the statements that wait for the writer",
                &gauges.queue_bytes,
            ),
            (
                "database_up",
                "1: the database answers",
                &gauges.database_up,
            ),
            (
                "log_leaves",
                "Leaves of the log, noise included",
                &gauges.log_leaves,
            ),
            (
                "checkpoint_cosignatures",
                "Witnesses who cosigned the newest checkpoint",
                &gauges.cosignatures,
            ),
            (
                "witness_quorum_missing",
                "1: receipts go out without a quorum of witnesses",
                &gauges.quorum_missing,
            ),
            (
                "log_halted",
                "1: a witness showed a fork or a rollback, nothing is signed",
                &gauges.log_halted,
            ),
            ("blobs", "Complete uploads", &gauges.blobs),
            (
                "blob_bytes",
                "Bytes of the complete uploads",
                &gauges.blob_bytes,
            ),
        ];
        for (name, help, gauge) in whole {
            registry.register(name, help, gauge.clone());
        }
        registry.register_with_unit(
            "checkpoint_age",
            "Time since the newest checkpoint was signed",
            Unit::Seconds,
            gauges.checkpoint_age.clone(),
        );
    }

    /// A request was answered. `route` is the pattern of its address.
    pub fn answered(&self, method: &str, route: &str, status: u16, took: Duration) {
        let answered = Answered {
            method: known_method(method).to_owned(),
            route: route.to_owned(),
            status,
        };
        self.requests.get_or_create(&answered).inc();
        let route = Route {
            route: answered.route,
        };
        let seconds = took.as_secs_f64();
        self.request_seconds.get_or_create(&route).observe(seconds);
    }

    /// A batch of so many acts has ended.
    pub fn batch(&self, acts: usize, took: Duration) {
        self.batch_acts.observe(acts as f64);
        self.batch_seconds.observe(took.as_secs_f64());
    }

    /// A statement that somebody sent has come to an end.
    pub fn statement(&self, outcome: Outcome) {
        self.statements.get_or_create(&outcome.label()).inc();
    }

    /// A statement of the platform has come to an end.
    pub fn duty(&self, outcome: Outcome) {
        self.duties.get_or_create(&outcome.label()).inc();
    }

    /// Everything as OpenMetrics text.
    pub fn text(&self, standing: &Standing) -> String {
        let _one_at_a_time = self.writing.lock();
        let gauges = &self.gauges;
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        gauges
            .queue_statements
            .set(count(standing.queue_statements as u64));
        gauges.queue_bytes.set(count(standing.queue_bytes as u64));
        gauges.database_up.set(standing.is_database_up.into());
        gauges.log_leaves.set(count(standing.log_leaves));
        gauges
            .checkpoint_age
            .set(standing.checkpoint_age_ms as f64 / 1_000.0);
        gauges.cosignatures.set(count(standing.cosignatures));
        gauges.quorum_missing.set(standing.is_quorum_missing.into());
        gauges.log_halted.set(standing.is_log_halted.into());
        gauges.blobs.set(count(standing.blobs));
        gauges.blob_bytes.set(count(standing.blob_bytes));
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// Anybody can invent a method; each would be a series of its own.
fn known_method(method: &str) -> &str {
    match method {
        "GET" | "HEAD" | "POST" | "PUT" | "DELETE" => method,
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Metrics, Outcome, Standing};

    #[test]
    fn what_was_counted_is_in_the_text() {
        let metrics = Metrics::default();
        metrics.answered(
            "GET",
            "/api/v1/tenders/{tender}",
            200,
            Duration::from_millis(3),
        );
        metrics.answered("BREW", "-", 404, Duration::ZERO);
        metrics.batch(3, Duration::from_millis(7));
        metrics.statement(Outcome::Refused);
        metrics.duty(Outcome::Admitted);
        let standing = Standing {
            log_leaves: 16,
            checkpoint_age_ms: 1_500,
            is_database_up: true,
            ..Standing::default()
        };
        let text = metrics.text(&standing);
        for line in [
            "kaibiao_requests_total{method=\"GET\",route=\"/api/v1/tenders/{tender}\",status=\"200\"} 1",
            "kaibiao_requests_total{method=\"other\",route=\"-\",status=\"404\"} 1",
            "kaibiao_request_seconds_bucket{le=\"0.005\",route=\"/api/v1/tenders/{tender}\"} 1",
            "kaibiao_batch_acts_sum 3.0",
            "kaibiao_statements_total{outcome=\"refused\"} 1",
            "kaibiao_duties_total{outcome=\"admitted\"} 1",
            "kaibiao_log_leaves 16",
            "kaibiao_checkpoint_age_seconds 1.5",
            "kaibiao_database_up 1",
        ] {
            assert!(
                text.lines().any(|one| one == line),
                "{line} is not in\n{text}"
            );
        }
        assert!(text.ends_with("# EOF\n"));
    }
}
