//! Asking a witness for an anchor.

use std::time::Duration;

use record::Digest;
use record::log::anchor::{ANCHOR_BYTES_MAX, SignedAnchor};
use ureq::Agent;

use crate::failure::Failure;

/// How long a witness may take.
const TIME_MAX: Duration = Duration::from_secs(20);

/// Shows a digest to the witness at `url`; its answer is not yet checked.
pub fn anchor(url: &str, digest: &Digest) -> Result<SignedAnchor, Failure> {
    let agent: Agent = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(TIME_MAX))
        .user_agent(concat!("kaibiao/", env!("CARGO_PKG_VERSION")))
        .build()
        .into();
    let address = format!("{}/anchor", url.trim_end_matches('/'));
    let failed =
        |reason: String| Failure::failed("witness-unreachable", format!("{address}: {reason}"));
    let mut answer = agent
        .post(&address)
        .header("content-type", "text/plain")
        .send(format!("{digest}\n"))
        .map_err(|error| failed(error.to_string()))?;
    let status = answer.status().as_u16();
    let text = answer
        .body_mut()
        .with_config()
        .limit(ANCHOR_BYTES_MAX as u64)
        .read_to_string()
        .map_err(|error| failed(error.to_string()))?;
    if status != 200 {
        let message = format!("{address}: status {status}: {}", text.trim_end());
        return Err(Failure::failed("anchor-refused", message));
    }
    text.parse()
        .map_err(|error| Failure::failed("anchor-malformed", format!("{address}: {error}")))
}
