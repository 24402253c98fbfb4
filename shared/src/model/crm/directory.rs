use serde::{Deserialize, Serialize};

/// A way deals go, with its stages in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pipeline {
    pub id: String,
    pub label: String,
    pub stages: Vec<Stage>,
}

/// A stage of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    pub id: String,
    pub label: String,
    /// A deal that comes here is over.
    pub is_closed: bool,
}

/// Somebody records belong to. Whoever left the portal stays known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    pub id: String,
    pub email: Option<String>,
    pub first_name: String,
    pub last_name: String,
    pub is_archived: bool,
}

impl Owner {
    /// First and last name, or the address, or HubSpot's id.
    pub fn name(&self) -> String {
        let name = format!("{} {}", self.first_name, self.last_name);
        match (name.trim(), &self.email) {
            ("", Some(email)) => email.clone(),
            ("", None) => format!("Owner {}", self.id),
            (name, _) => name.to_owned(),
        }
    }
}
