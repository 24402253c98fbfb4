//! A database nobody has seen yet, with the two logins of the cloud.

use fakes::world::shared_test_cluster;
use serde_json::json;
use uuid::Uuid;

use super::{TestApp, vault};

/// As a password made by a machine can be.
const PASSWORD: &str = "p@ss/w:rd#100%?&";

/// A database without anything in it, its owner's secret, and a secret with a login it does not know.
pub struct Fresh {
    pub owner: String,
    pub name: String,
    pub login: String,
    pub owner_secret: String,
    pub login_secret: String,
}

impl Fresh {
    pub async fn database() -> Self {
        let cluster = shared_test_cluster().await.unwrap();
        let url = cluster.fresh_database(None).await.unwrap();
        let name = url.rsplit('/').next().unwrap().split('?').next().unwrap().to_owned();
        let [owner, login] = ["owner", "login"].map(|role| format!("{role}_{}", Uuid::new_v4().simple()));
        let role = format!("create role {owner} superuser login password '{PASSWORD}'");
        cluster.execute("postgres", &role).await.unwrap();
        let owner_secret =
            vault::create(&json!({ "username": owner, "password": PASSWORD, "engine": "postgres", "port": 5432 }))
                .await;
        let login_secret = vault::create(&json!({ "username": login, "password": "first" })).await;
        Self { owner, name, login, owner_secret, login_secret }
    }

    pub async fn app(&self) -> TestApp {
        let (url, owner_url) = (self.address(&format!("{}@", self.login)).await, self.address("").await);
        TestApp::start_with(&[
            ("DATABASE_URL", url.as_str()),
            ("DATABASE_SECRET_ID", self.login_secret.as_str()),
            ("DATABASE_OWNER_URL", owner_url.as_str()),
            ("DATABASE_OWNER_SECRET_ID", self.owner_secret.as_str()),
        ])
        .await
    }

    async fn address(&self, user: &str) -> String {
        let url = shared_test_cluster().await.unwrap().url("nobody", "nothing", &self.name);
        format!("postgresql://{user}{}", url.split('@').nth(1).unwrap())
    }

    pub async fn sql(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        shared_test_cluster().await.unwrap().rows(&self.name, sql).await.unwrap()
    }
}
