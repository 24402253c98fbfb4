//! The `unknown_deliveries` table: how much came for nobody we know. It says nothing about whom it was for.

use super::Connection;
use crate::error::Result;
use crate::model::event::Source;

pub async fn count(db: &Connection, source: Source, deliveries: i64) -> Result<()> {
    let sql = "-- unknown_deliveries::count
        insert into unknown_deliveries as u (source, day, deliveries) values ($1, current_date, $2)
        on conflict (source, day) do update set deliveries = u.deliveries + excluded.deliveries
        returning deliveries";
    db.row(sql, &[&source.name(), &deliveries]).await?;
    Ok(())
}
