//! Operators: who shows `METRICS_TOKEN` as a bearer.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use http::header;
use secrecy::ExposeSecret;

use super::call::Call;
use crate::App;
use crate::error::{Error, Kind, Result};

impl Call {
    /// Whether an operator calls. Where nobody else's data is at stake and no token is set, everybody is one.
    pub async fn is_operator(&self, app: &App) -> Result<bool> {
        let secrets = app.secrets().await?;
        let Some(token) = secrets.optional("METRICS_TOKEN") else { return Ok(!app.config.env.is_deployed()) };
        let shown = self.header(header::AUTHORIZATION).and_then(|value| value.split_once(' '));
        let shown = shown.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
        let same = |shown: &str| verify_slices_are_equal(shown.as_bytes(), token.expose_secret().as_bytes()).is_ok();
        Ok(shown.is_some_and(same))
    }

    /// 401 for anybody else.
    pub async fn require_operator(&self, app: &App) -> Result<()> {
        if self.is_operator(app).await? {
            return Ok(());
        }
        Err(Error::new(Kind::Unauthenticated, "This needs METRICS_TOKEN as a bearer token."))
    }
}
