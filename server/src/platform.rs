//! The platform's own account and role on its own log, set up once.

use procedure::act::{AccountRegistered, Act, Role, RoleGranted};

use crate::sequencer::{Core, Rejection, Sequencer, Work};

/// Registers the platform's account and grants it its role, if that has not happened. Needs the root key then.
pub fn register(core: &Core, sequencer: &Sequencer) -> Result<(), Rejection> {
    let account = &core.keys.account;
    let registered = AccountRegistered {
        account: account.clone(),
        name: "Kaibiao".to_owned(),
        registration_code: None,
        control_group: None,
        key: core.keys.act.public().clone(),
    };
    let mut envelope = Act::from(registered).envelope();
    envelope.add_signature(&core.keys.act);
    say(sequencer, envelope)?;
    let Some(root) = &core.keys.root_secret else {
        return Ok(());
    };
    let mut envelope = Act::from(RoleGranted {
        account: account.clone(),
        role: Role::Platform,
    })
    .envelope();
    envelope.add_signature(root);
    say(sequencer, envelope)
}

fn say(sequencer: &Sequencer, envelope: record::statement::Envelope) -> Result<(), Rejection> {
    let chain = match Act::read(&envelope) {
        Some(Ok(act)) => act.chain(),
        _ => record::chain::ChainId::Platform,
    };
    // Ed25519 signatures are deterministic, so the second start sends the same statement again.
    sequencer
        .submit(
            Work::Statement {
                envelope: Box::new(envelope),
                chain,
            },
            "platform",
        )
        .map(|_| ())
}
