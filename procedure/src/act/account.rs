//! Accounts, their keys and their roles (protocol section 2, "Chains").

use record::Identifier;
use record::chain::ChainId;
use record::key::{KeyId, PublicKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Body;

/// The first statement of an account's chain: an organisation and its first key, signed by that key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountRegistered {
    /// The new account.
    pub account: Identifier,
    /// Name of the organisation, 1 to 200 characters.
    pub name: String,
    /// Unified social credit code (GB 32100) or a foreign registration number, if the organisation has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration_code: Option<String>,
    /// Organisations under common control name the same group (protocol section 3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_group: Option<Identifier>,
    /// The first key.
    pub key: PublicKey,
}

/// A further key of an account, signed by an older one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRegistered {
    /// The account.
    pub account: Identifier,
    /// The further key.
    pub key: PublicKey,
}

/// A key is lost or stolen: nothing that it signs is admitted any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRevoked {
    /// The account.
    pub account: Identifier,
    /// The key that ends.
    pub key_id: KeyId,
    /// Why, in the account's own words, 1 to 2 000 characters.
    pub reason: String,
}

/// A public role of an account.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The operator of the platform; its key signs what jobs do.
    Platform,
    /// A supervising department (监督部门).
    Supervisor,
    /// An exchange centre (交易中心).
    ExchangeCentre,
    /// The authority of an expert pool.
    PoolAuthority,
}

impl Role {
    /// The role's name, as in statements.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Platform => "platform",
            Role::Supervisor => "supervisor",
            Role::ExchangeCentre => "exchange-centre",
            Role::PoolAuthority => "pool-authority",
        }
    }
}

/// The root key of the trust file gives an account a role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleGranted {
    /// Who gets the role.
    pub account: Identifier,
    /// The role.
    pub role: Role,
}

impl Body for AccountRegistered {
    fn chain(&self) -> ChainId {
        ChainId::Account(self.account.clone())
    }
}

impl Body for KeyRegistered {
    fn chain(&self) -> ChainId {
        ChainId::Account(self.account.clone())
    }
}

impl Body for KeyRevoked {
    fn chain(&self) -> ChainId {
        ChainId::Account(self.account.clone())
    }
}

impl Body for RoleGranted {
    fn chain(&self) -> ChainId {
        ChainId::Platform
    }
}
