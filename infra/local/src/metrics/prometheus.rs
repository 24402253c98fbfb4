//! Prometheus itself, as Debian has it, on loopback, with its data under `.local/`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fakes::world::process::{Signal, Supervised};
use fakes::world::{Home, free_port};
use reqwest::Client;
use serde_json::{Value, json};
use url::Url;

use super::compare::Check;
use crate::{Problem, Result, http_client};

const PATIENCE: Duration = Duration::from_secs(30);

/// A running server. It stops when dropped.
pub struct Prometheus {
    pub url: Url,
    http: Client,
    server: Supervised,
    folder: PathBuf,
}

/// One series of an answer: its labels and its value.
pub struct Series {
    labels: Value,
    pub value: f64,
}

impl Series {
    pub fn label(&self, name: &str) -> &str {
        self.labels[name].as_str().unwrap_or_default()
    }
}

impl Prometheus {
    /// Scrapes each of these each second.
    pub async fn start(apis: &[Url], token: &str) -> Result<Self> {
        let home = Home::find()?;
        let folder = home.local.join(format!("prometheus-{}", std::process::id()));
        fs::create_dir_all(&folder).map_err(|e| failed(&folder, &e))?;
        let targets: Vec<String> =
            apis.iter().map(|api| format!("localhost:{}", api.port().unwrap_or_default())).collect();
        // YAML takes JSON.
        let config = json!({
            "global": { "scrape_interval": "1s", "scrape_timeout": "1s" },
            "scrape_configs": [{
                "job_name": "financial-advisor",
                "authorization": { "credentials": token },
                "static_configs": [{ "targets": targets }],
            }],
        });
        let file = folder.join("prometheus.yml");
        fs::write(&file, config.to_string()).map_err(|e| failed(&file, &e))?;

        let port = free_port()?;
        let mut command = Command::new("prometheus");
        command
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--log.level=warn");
        let server = Supervised::spawn(&command, Signal::Terminate, None, &home.log("prometheus")?)?;
        let url = Url::parse(&format!("http://127.0.0.1:{port}")).map_err(|e| Problem(e.to_string()))?;
        let mut prometheus = Self { url, http: http_client::client()?, server, folder };
        prometheus.wait_until_ready().await?;
        Ok(prometheus)
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let started = Instant::now();
        let ready = self.url.join("/-/ready").map_err(|e| Problem(e.to_string()))?;
        loop {
            if http_client::send(self.http.get(ready.clone())).await.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            if self.server.exited().is_some() || started.elapsed() > PATIENCE {
                return Err(Problem(format!(
                    "Prometheus did not start (Debian: `apt install prometheus`); its log says:\n{}",
                    self.server.log_tail()
                )));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// It takes some seconds until it has begun with all of them.
    pub async fn until_it_scrapes(&self, targets: usize) -> Result<()> {
        let started = Instant::now();
        loop {
            let up = self.query("up == 1").await?.len();
            if up == targets {
                return Ok(());
            }
            if started.elapsed() > PATIENCE {
                return Err(Problem(format!(
                    "Prometheus reaches {up} of {targets} instances; see {}/targets.",
                    self.url
                )));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// What a query answers now.
    pub async fn query(&self, query: &str) -> Result<Vec<Series>> {
        let url = self.url.join("/api/v1/query").map_err(|e| Problem(e.to_string()))?;
        let answer = http_client::send(self.http.get(url).query(&[("query", query)])).await?;
        let answer: Value =
            answer.json().await.map_err(|e| Problem(format!("Prometheus answered no JSON: {}.", e.without_url())))?;
        if answer["status"] != "success" {
            return Err(Problem(format!("Prometheus refuses `{query}`: {}", answer["error"])));
        }
        let result = answer["data"]["result"].as_array().cloned().unwrap_or_default();
        let series = result.into_iter().filter_map(|one| {
            let value = one["value"][1].as_str()?.parse().ok()?;
            Some(Series { labels: one["metric"].clone(), value })
        });
        Ok(series.collect())
    }

    /// What Prometheus' own checker says of the text.
    pub fn lint(&self, text: &str) -> Result<Check> {
        let not_there = |e: std::io::Error| Problem(format!("promtool did not run: {e}."));
        let mut command = Command::new("promtool");
        command.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(not_there)?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(text.as_bytes()).map_err(not_there)?;
        }
        let output = child.wait_with_output().map_err(not_there)?;
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        let agrees = output.status.success();
        Ok(Check {
            what: format!("promtool check metrics {said}").trim().to_owned(),
            sent: 1.0,
            seen: f64::from(u8::from(agrees)),
            agrees,
        })
    }

    pub async fn stop(&mut self) {
        self.server.stop().await;
        let _gone = fs::remove_dir_all(&self.folder);
    }
}

fn failed(path: &Path, error: &std::io::Error) -> Problem {
    Problem(format!("Could not write {}: {error}.", path.display()))
}
