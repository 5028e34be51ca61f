//! `embed_migrations!` does not notice a new or changed file by itself.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
