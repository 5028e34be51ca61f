//! Accounts: organisations and people, their keys and roles.

use actix_web::{HttpRequest, HttpResponse, get, web};
use procedure::act::Role;
use procedure::{Account, Directory};
use record::Identifier;
use record::key::{KeyId, PublicKey};
use serde::Serialize;
use utoipa::ToSchema;

use super::conditional;
use super::problem::{ErrorCode, Problem, ProblemBody};
use crate::node::Node;

/// An account.
#[derive(Serialize, ToSchema)]
struct AccountView {
    /// Identifier.
    #[schema(value_type = String)]
    account: Identifier,
    /// Name of the organisation.
    name: String,
    /// Unified social credit code, or a foreign registration number.
    registration_code: Option<String>,
    /// Organisations under common control name the same group.
    #[schema(value_type = Option<String>)]
    control_group: Option<Identifier>,
    /// Roles that the root key has granted.
    #[schema(value_type = Vec<String>)]
    roles: Vec<Role>,
    /// Its keys, revoked ones too.
    keys: Vec<KeyView>,
}

/// A key of an account.
#[derive(Serialize, ToSchema)]
struct KeyView {
    /// Id: what signatures name.
    #[schema(value_type = String)]
    key_id: KeyId,
    /// `alg` and `pk`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    key: PublicKey,
    /// Whether nothing that it signs is admitted any more.
    revoked: bool,
}

impl AccountView {
    fn of(id: &Identifier, account: &Account, directory: &Directory) -> AccountView {
        let key = |id: &KeyId| {
            let entry = directory.key(id)?;
            Some(KeyView {
                key_id: *id,
                key: entry.key.clone(),
                revoked: entry.revoked_index.is_some(),
            })
        };
        AccountView {
            account: id.clone(),
            name: account.name.clone(),
            registration_code: account.registration_code.clone(),
            control_group: account.control_group.clone(),
            roles: account.roles.keys().copied().collect(),
            keys: account.keys.iter().filter_map(key).collect(),
        }
    }
}

/// An account with its keys and roles.
#[utoipa::path(tag = "accounts", params(("account" = String, Path, description = "Account")),
    responses((status = 200, body = AccountView), (status = "4XX", body = ProblemBody, content_type = "application/problem+json"))
)]
#[get("/accounts/{account}")]
pub async fn read_account(
    request: HttpRequest,
    node: web::Data<Node>,
    path: web::Path<Identifier>,
) -> Result<HttpResponse, Problem> {
    let id = path.into_inner();
    conditional::public(&request, &node, move |node| {
        let view = node.with_directory(|directory| {
            directory
                .account(&id)
                .map(|account| AccountView::of(&id, account, directory))
        })?;
        view.ok_or_else(|| Problem::new(ErrorCode::AccountNotFound, id.to_string()))
    })
    .await
}
