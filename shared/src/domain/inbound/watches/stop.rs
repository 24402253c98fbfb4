//! Ending every watch of an advisor.

use crate::clients::calendar::Calendar;
use crate::clients::gmail::Gmail;
use crate::domain::World;
use crate::error::{Kind, Result};
use crate::model::UserId;
use crate::model::watch::{Source, State};
use crate::store::watches;

/// Ends every watch with a token that still works. Those that are over are forgotten without a word.
pub async fn stop_all(world: &World, owner: UserId, access_token: &str) -> Result<()> {
    let config = &world.config.google;
    let known = {
        let mut db = world.db().await?;
        let tenant = db.tenant(owner).await?;
        let known = watches::list(&tenant).await?;
        tenant.commit().await?;
        known
    };
    for watch in known {
        if watch.state != State::Refused {
            let stopped = match (watch.source, &watch.resource_id) {
                (Source::Gmail, _) => {
                    Gmail { http: &world.http, base: &config.gmail_url, token: access_token }.stop().await
                }
                (Source::Calendar, Some(resource_id)) => {
                    let calendar = Calendar { http: &world.http, base: &config.calendar_url, token: access_token };
                    calendar.stop(&watch.channel_id, resource_id).await
                }
                (Source::Calendar, None) => Ok(()),
            };
            match stopped {
                // What Google refuses for good will not be granted to the next try either.
                Err(error) if error.kind == Kind::Refused => {
                    tracing::warn!(user.id = %owner, source = watch.source.name(), error = ?error, "a watch was not stopped");
                }
                stopped => stopped?,
            }
        }
        let mut db = world.db().await?;
        let tenant = db.tenant(owner).await?;
        watches::delete(&tenant, watch.source, &watch.channel_id).await?;
        tenant.commit().await?;
    }
    Ok(())
}
