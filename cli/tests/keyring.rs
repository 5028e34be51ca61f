//! Key files and the keys that are derived from them.
#![expect(clippy::unwrap_used, reason = "tests may panic")]

use cli::keyring::{Keyring, KeyringError, Lock, Organisation};
use record::Identifier;
use record::key::Algorithm;
use record::sealing::Kem;

fn id(text: &str) -> Identifier {
    Identifier::new(text).unwrap()
}

fn keyring(algorithm: Algorithm, kem: Kem) -> Keyring {
    let organisation = Organisation {
        account: id("firm-1"),
        name: "一号公司".to_owned(),
        registration_code: Some("91320000MA1PLAY00X".to_owned()),
        control_group: None,
    };
    Keyring::generate(organisation, algorithm, kem).unwrap()
}

fn same(left: &Keyring, right: &Keyring) {
    assert_eq!(left.organisation(), right.organisation());
    assert_eq!(
        left.signing_key().unwrap().secret(),
        right.signing_key().unwrap().secret()
    );
    assert_eq!(left.recovery().public(), right.recovery().public());
    assert_eq!(
        left.trustee_key(&id("T-1")).public(),
        right.trustee_key(&id("T-1")).public()
    );
    let sealed = left.encrypt_for_folder(b"secret").unwrap();
    assert_eq!(
        right.decrypt_from_folder(&sealed).unwrap().as_slice(),
        b"secret"
    );
}

#[test]
fn a_key_file_comes_back_whole_under_passphrase_and_identity() {
    let (identity, _) = Lock::generate_identity();
    for (lock, algorithm, kem) in [
        (
            Lock::weak_passphrase("open".to_owned()),
            Algorithm::Ed25519,
            Kem::X25519,
        ),
        (identity, Algorithm::P256, Kem::P256),
    ] {
        let keyring = keyring(algorithm, kem);
        let bytes = keyring.to_bytes(&lock).unwrap();
        assert!(bytes.starts_with(b"age-encryption.org/v1"));
        same(&keyring, &Keyring::from_bytes(&bytes, &lock).unwrap());
    }
}

#[test]
fn a_wrong_passphrase_another_identity_and_damage_are_told_apart() {
    let right = Lock::weak_passphrase("right".to_owned());
    let bytes = keyring(Algorithm::Ed25519, Kem::X25519)
        .to_bytes(&right)
        .unwrap();
    let open =
        |bytes: &[u8], lock: &Lock| Keyring::from_bytes(bytes, lock).map(|_| ()).unwrap_err();
    assert!(matches!(
        open(&bytes, &Lock::weak_passphrase("wrong".to_owned())),
        KeyringError::WrongPassphrase
    ));
    assert!(matches!(
        open(&bytes, &Lock::generate_identity().0),
        KeyringError::WrongLock
    ));
    assert!(matches!(
        open(b"no key file", &right),
        KeyringError::Damaged(_)
    ));
    let mut damaged = bytes.clone();
    *damaged.last_mut().unwrap() ^= 1;
    Keyring::from_bytes(&damaged, &right)
        .map(|_| ())
        .unwrap_err();
}

#[test]
fn files_are_private_and_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("firm.keys");
    let (lock, _) = Lock::generate_identity();
    let mut first = keyring(Algorithm::Ed25519, Kem::X25519);
    first.create(&path, &lock).unwrap();
    assert!(
        keyring(Algorithm::Ed25519, Kem::X25519)
            .create(&path, &lock)
            .is_err()
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    first.add_key(Algorithm::P256).unwrap();
    first.save(&path, &lock).unwrap();
    let read = Keyring::load(&path, &lock).unwrap();
    same(&first, &read);
    assert_eq!(read.signing_keys().len(), 2);
}

#[test]
fn trustee_keys_differ_by_tender_and_seed_and_come_again() {
    let one = keyring(Algorithm::Ed25519, Kem::X25519);
    let other = keyring(Algorithm::Ed25519, Kem::X25519);
    let key = |keyring: &Keyring, tender: &str| keyring.trustee_key(&id(tender)).public().clone();
    assert_eq!(key(&one, "T-1"), key(&one, "T-1"));
    assert_ne!(key(&one, "T-1"), key(&one, "T-2"));
    assert_ne!(key(&one, "T-1"), key(&other, "T-1"));
}

#[test]
fn the_oldest_key_in_use_signs_and_a_lost_one_is_revoked_by_another() {
    let mut keyring = keyring(Algorithm::Ed25519, Kem::X25519);
    let first = keyring.signing_key().unwrap().public().id();
    keyring.add_key(Algorithm::Ed25519).unwrap();
    assert_eq!(keyring.signing_key().unwrap().public().id(), first);
    let revocation = keyring.revocation(first, "lost".to_owned()).unwrap();
    assert_ne!(
        revocation.signatures.first().unwrap().key_id,
        first.to_string()
    );
    keyring.mark_revoked(first);
    assert_ne!(keyring.signing_key().unwrap().public().id(), first);
    assert!(keyring.signing_key_beginning(&first.to_string()).is_err());
}
