//! What each function answers to its sample event in a new world: the list is `infra/local/answers.toml`.

use fakes::world::home::Home;
use serde_json::Value;

use crate::{Problem, Result};

/// By function: the status of an HTTP answer, or how another answer begins.
pub struct Expected(toml::Table);

impl Expected {
    pub fn read(home: &Home) -> Result<Self> {
        let path = home.root.join("infra/local/answers.toml");
        let unreadable = |e: String| Problem(format!("Could not read {}: {e}.", path.display()));
        let text = std::fs::read_to_string(&path).map_err(|e| unreadable(e.to_string()))?;
        text.parse().map(Self).map_err(|e: toml::de::Error| unreadable(e.to_string()))
    }

    /// The answer in a few words, or what is wrong with it.
    pub fn compare(&self, name: &str, document: &Value, streamed: Option<usize>) -> Result<String> {
        let status = document.get("statusCode").and_then(Value::as_i64);
        let text = document.to_string();
        let begins: String = text.chars().take(40).collect();
        let answered = match (status, streamed) {
            (Some(status), Some(bytes)) => format!("answered {status}, streamed {bytes} bytes"),
            (Some(status), None) => format!("answered {status}"),
            (None, _) => format!("answered {begins}"),
        };
        let body = document["body"].as_str().filter(|_| status.is_some_and(|status| status >= 500));
        let answered = body.map_or(answered.clone(), |body| format!("{answered} ({body})"));
        match self.0.get(name) {
            Some(toml::Value::Integer(expected)) if status == Some(*expected) => Ok(answered),
            Some(toml::Value::String(beginning)) if text.starts_with(beginning.as_str()) => Ok(answered),
            Some(expected) => Err(Problem(format!("{answered}, and not {expected} as infra/local/answers.toml says"))),
            None => Err(Problem(format!("{answered}: write into infra/local/answers.toml what is right"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::world;

    fn expected() -> Expected {
        Expected::read(&Home::find().unwrap()).unwrap()
    }

    #[test]
    fn each_function_has_an_answer() {
        let functions = world::functions(&Home::find().unwrap(), &[]).unwrap();
        let Expected(answers) = expected();

        let missing: Vec<_> = functions.iter().filter(|name| !answers.contains_key(*name)).collect();
        let left_over: Vec<_> = answers.keys().filter(|name| !functions.contains(name)).collect();
        assert!(missing.is_empty() && left_over.is_empty(), "missing: {missing:?}, without a function: {left_over:?}");
    }

    #[test]
    fn another_answer_is_a_failure() {
        let compare = |name, document| expected().compare(name, &document, None);

        assert!(compare("health-root", json!({"statusCode": 200})).is_ok());
        assert!(compare("health-root", json!({"statusCode": 404})).is_err());
        assert!(compare("health-root", json!({"errorType": "Runtime.ExitError"})).is_err());
        assert!(compare("workers-run-task", json!({"batchItemFailures": []})).is_ok());
        assert!(compare("workers-run-task", json!({"batchItemFailures": [{"itemIdentifier": "1"}]})).is_err());
        assert!(compare("nobody", json!({"statusCode": 200})).is_err());
    }
}
