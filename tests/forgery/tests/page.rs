//! docs/forgeries.md is what the table prints. `UPDATE_FORGERIES_MD=1` writes it anew.

use std::path::Path;

use forgery::page::page;

#[test]
fn the_page_is_what_the_table_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/forgeries.md");
    if std::env::var_os("UPDATE_FORGERIES_MD").is_some() {
        std::fs::write(&path, page()).expect("the page can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page(),
        "docs/forgeries.md is not what the table says; UPDATE_FORGERIES_MD=1 cargo test -p forgery --test page"
    );
}
