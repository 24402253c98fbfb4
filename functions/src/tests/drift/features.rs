//! What is told to others than CloudWatch is built in only where somebody asks for it.

use std::process::Command;

use super::root;

/// The crates behind the features `otel` and `sentry` that the functions would be built with.
fn tellers(features: &[&str]) -> Vec<String> {
    let tree = ["tree", "--package", "functions", "--edges", "normal", "--prefix", "none", "--offline", "--locked"];
    let mut command = Command::new(env!("CARGO"));
    command.args(tree).args(features).current_dir(root());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let names = text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned);
    names.filter(|name| name.contains("opentelemetry") || name.starts_with("sentry")).collect()
}

#[test]
fn the_deployed_functions_have_neither_opentelemetry_nor_sentry() {
    assert_eq!(tellers(&[]), [""; 0]);
    // The check can see them.
    assert!(tellers(&["--features", "otel,sentry"]).len() > 5);
}
