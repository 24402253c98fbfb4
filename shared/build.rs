//! The migrations are compiled in: a new one is a change of the program, which cargo would not see by itself.

fn main() {
    println!("cargo:rerun-if-changed=../migrations");
}
