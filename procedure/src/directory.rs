//! What the account chains and the platform chain say at one point of the log: organisations, keys, roles.

use std::collections::{BTreeMap, BTreeSet};

use record::Identifier;
use record::key::{KeyId, PublicKey};
use record::statement::Verified;

use crate::At;
use crate::act::{AccountRegistered, Act, KeyRegistered, KeyRevoked, Role, RoleGranted};
use crate::limits::{KEYS_PER_ACCOUNT_MAX, NAME_CHARS_MAX, TEXT_CHARS_MAX};
use crate::refusal::{Code, Refusal, demand};
use crate::text;

/// A registered key.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyEntry {
    /// Its account.
    pub account: Identifier,
    /// The key.
    pub key: PublicKey,
    /// Log index of its registration.
    pub registered_index: u64,
    /// Log index of its revocation.
    pub revoked_index: Option<u64>,
}

/// A registered account.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// Name of the organisation.
    pub name: String,
    /// Its registration code.
    pub registration_code: Option<String>,
    /// Its group, where several organisations are under common control.
    pub control_group: Option<Identifier>,
    /// Log index of its registration.
    pub registered_index: u64,
    /// Its keys, revoked ones included.
    pub keys: BTreeSet<KeyId>,
    /// Its roles, each with the log index of its grant.
    pub roles: BTreeMap<Role, u64>,
}

/// Accounts, keys and roles, built by admitting the statements of account chains and of the platform chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Directory {
    origin: String,
    root: PublicKey,
    accounts: BTreeMap<Identifier, Account>,
    keys: BTreeMap<KeyId, KeyEntry>,
    /// Accounts that hold a role; few, where accounts are many.
    with_role: BTreeSet<Identifier>,
}

impl Directory {
    /// An empty directory of the log `origin`, whose roles come from `root` (the root key of the trust file).
    pub fn new(origin: impl Into<String>, root: PublicKey) -> Directory {
        Directory {
            origin: origin.into(),
            root,
            accounts: BTreeMap::new(),
            keys: BTreeMap::new(),
            with_role: BTreeSet::new(),
        }
    }

    /// Origin of the log; it begins with `demo.` in demo mode.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether time is simulated and small trustee sets are allowed.
    pub fn is_demo(&self) -> bool {
        self.origin.starts_with("demo.")
    }

    /// The root key.
    pub fn root(&self) -> &PublicKey {
        &self.root
    }

    /// An account.
    pub fn account(&self, id: &Identifier) -> Option<&Account> {
        self.accounts.get(id)
    }

    /// All accounts, ascending.
    pub fn accounts(&self) -> impl Iterator<Item = (&Identifier, &Account)> {
        self.accounts.iter()
    }

    /// Accounts that hold a role, ascending.
    pub fn with_role(&self) -> impl Iterator<Item = (&Identifier, &Account)> {
        self.with_role
            .iter()
            .filter_map(|id| self.accounts.get_key_value(id))
    }

    /// A key, revoked or not.
    pub fn key(&self, id: &KeyId) -> Option<&KeyEntry> {
        self.keys.get(id)
    }

    /// Whether `account` has `role` at a point of the log. Like keys, roles are asked for by position, so that
    /// a directory that knows what came later gives the same answer.
    pub fn has_role(&self, account: &Identifier, role: Role, at: At) -> bool {
        let granted = self
            .accounts
            .get(account)
            .and_then(|entry| entry.roles.get(&role));
        granted.is_some_and(|index| *index < at.index)
    }

    /// Public key for checking a signature: of a registered key, or of the root key.
    pub fn public_key(&self, id: &KeyId) -> Option<PublicKey> {
        match self.keys.get(id) {
            Some(entry) => Some(entry.key.clone()),
            None => (self.root.id() == *id).then(|| self.root.clone()),
        }
    }

    /// The key of a signer, if it is registered before `at` and not revoked.
    pub fn active_key(&self, id: &KeyId, at: At) -> Result<&KeyEntry, Refusal> {
        let entry = self
            .keys
            .get(id)
            .ok_or_else(|| Refusal::new(Code::KeyUnknown, id.to_string()))?;
        demand(entry.registered_index < at.index, Code::KeyUnknown, || {
            id.to_string()
        })?;
        let revoked = entry.revoked_index.is_some_and(|index| index < at.index);
        demand(!revoked, Code::KeyRevoked, || id.to_string())?;
        Ok(entry)
    }

    /// The accounts that signed, each with one of its signing keys. Every signature must be by an active key.
    pub fn signers(&self, keys: &[KeyId], at: At) -> Result<BTreeMap<Identifier, KeyId>, Refusal> {
        keys.iter()
            .map(|key| Ok((self.active_key(key, at)?.account.clone(), *key)))
            .collect()
    }

    /// Admits one statement of an account chain or of the platform chain; unchanged on refusal.
    pub fn admit(&mut self, statement: &Verified<Act>, at: At) -> Result<(), Refusal> {
        match statement.statement() {
            Act::AccountRegistered(body) => self.register_account(body, statement.signers(), at),
            Act::KeyRegistered(body) => self.register_key(body, statement.signers(), at),
            Act::KeyRevoked(body) => self.revoke_key(body, statement.signers(), at),
            Act::RoleGranted(body) => self.grant_role(body, statement.signers(), at),
            other => Err(Refusal::new(
                Code::StageMismatch,
                format!("{} belongs to a tender", other.kind()),
            )),
        }
    }

    fn register_account(
        &mut self,
        body: &AccountRegistered,
        signers: &[KeyId],
        at: At,
    ) -> Result<(), Refusal> {
        text::length(&body.name, NAME_CHARS_MAX, "/name")?;
        if let Some(code) = &body.registration_code {
            text::length(code, NAME_CHARS_MAX, "/registration_code")?;
        }
        let id = body.key.id();
        demand(
            signers == [id],
            Code::SignerNotAllowed,
            || "the new key alone signs",
        )?;
        demand(
            !self.accounts.contains_key(&body.account),
            Code::AccountExists,
            || body.account.to_string(),
        )?;
        self.demand_new_key(&id)?;
        self.accounts.insert(
            body.account.clone(),
            Account {
                name: body.name.clone(),
                registration_code: body.registration_code.clone(),
                control_group: body.control_group.clone(),
                registered_index: at.index,
                keys: BTreeSet::new(),
                roles: BTreeMap::new(),
            },
        );
        self.insert_key(&body.account, &body.key, at);
        Ok(())
    }

    fn register_key(
        &mut self,
        body: &KeyRegistered,
        signers: &[KeyId],
        at: At,
    ) -> Result<(), Refusal> {
        let account = self.own_account(&body.account, signers, at)?;
        demand(
            account.keys.len() < KEYS_PER_ACCOUNT_MAX,
            Code::KeysMax,
            || body.account.to_string(),
        )?;
        self.demand_new_key(&body.key.id())?;
        self.insert_key(&body.account, &body.key, at);
        Ok(())
    }

    fn revoke_key(&mut self, body: &KeyRevoked, signers: &[KeyId], at: At) -> Result<(), Refusal> {
        text::length(&body.reason, TEXT_CHARS_MAX, "/reason")?;
        let account = self.own_account(&body.account, signers, at)?;
        demand(
            account.keys.contains(&body.key_id),
            Code::KeyUnknown,
            || body.key_id.to_string(),
        )?;
        let is_active = |id: &KeyId| {
            self.keys
                .get(id)
                .is_some_and(|entry| entry.revoked_index.is_none())
        };
        demand(is_active(&body.key_id), Code::KeyRevoked, || {
            body.key_id.to_string()
        })?;
        let other_left = account
            .keys
            .iter()
            .any(|id| *id != body.key_id && is_active(id));
        demand(other_left, Code::LastKey, || body.account.to_string())?;
        if let Some(entry) = self.keys.get_mut(&body.key_id) {
            entry.revoked_index = Some(at.index);
        }
        Ok(())
    }

    fn grant_role(&mut self, body: &RoleGranted, signers: &[KeyId], at: At) -> Result<(), Refusal> {
        demand(
            signers == [self.root.id()],
            Code::SignerNotAllowed,
            || "the root key alone grants roles",
        )?;
        let account = self
            .accounts
            .get_mut(&body.account)
            .ok_or_else(|| Refusal::new(Code::AccountUnknown, body.account.to_string()))?;
        account.roles.entry(body.role).or_insert(at.index);
        self.with_role.insert(body.account.clone());
        Ok(())
    }

    /// The account, if one of its own active keys is the only signer.
    fn own_account(&self, id: &Identifier, signers: &[KeyId], at: At) -> Result<&Account, Refusal> {
        let account = self
            .accounts
            .get(id)
            .ok_or_else(|| Refusal::new(Code::AccountUnknown, id.to_string()))?;
        let accounts = self.signers(signers, at)?;
        let own = signers.len() == 1 && accounts.contains_key(id);
        demand(own, Code::SignerNotAllowed, || {
            format!("one older key of {id} signs")
        })?;
        Ok(account)
    }

    fn demand_new_key(&self, id: &KeyId) -> Result<(), Refusal> {
        let taken = self.keys.contains_key(id) || *id == self.root.id();
        demand(!taken, Code::KeyTaken, || id.to_string())
    }

    fn insert_key(&mut self, account: &Identifier, key: &PublicKey, at: At) {
        let id = key.id();
        if let Some(entry) = self.accounts.get_mut(account) {
            entry.keys.insert(id);
        }
        let entry = KeyEntry {
            account: account.clone(),
            key: key.clone(),
            registered_index: at.index,
            revoked_index: None,
        };
        self.keys.insert(id, entry);
    }
}
