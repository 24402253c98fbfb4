//! The `pipelines` and `pipeline_stages` tables: the ways deals go.

use super::Tenant;
use crate::error::Result;
use crate::model::crm::{Pipeline, Stage};

/// Puts all pipelines, in order, in the place of those that were known.
pub async fn put_all(db: &Tenant<'_>, pipelines: &[Pipeline]) -> Result<()> {
    db.execute("-- pipelines::put_all (forget)\ndelete from pipelines where user_id = $1", &[&db.owner.0]).await?;
    let sql = "-- pipelines::put_all
        insert into pipelines (user_id, pipeline_id, label, position) values ($1, $2, $3, $4)
        on conflict (user_id, pipeline_id) do nothing";
    let sql_stages = "-- pipelines::put_all (stages)
        insert into pipeline_stages (user_id, pipeline_id, stage_id, label, position, is_closed)
        select $1, $2, n.stage_id, n.label, n.position::integer, n.is_closed
          from unnest($3::text[], $4::text[], $5::boolean[]) with ordinality as n (stage_id, label, is_closed, position)
        on conflict (user_id, pipeline_id, stage_id) do nothing";
    for (position, Pipeline { id, label, stages }) in pipelines.iter().enumerate() {
        let position = i32::try_from(position).unwrap_or(i32::MAX);
        db.execute(sql, &[&db.owner.0, id, label, &position]).await?;
        let (mut ids, mut labels, mut closed) = (Vec::new(), Vec::new(), Vec::new());
        for stage in stages {
            ids.push(stage.id.as_str());
            labels.push(stage.label.as_str());
            closed.push(stage.is_closed);
        }
        db.execute(sql_stages, &[&db.owner.0, id, &ids, &labels, &closed]).await?;
    }
    Ok(())
}

/// In order, with their stages in order.
pub async fn all(db: &Tenant<'_>) -> Result<Vec<Pipeline>> {
    let sql = "-- pipelines::all
        select p.pipeline_id, p.label, s.stage_id, s.label as stage, s.is_closed
          from pipelines p left join pipeline_stages s on s.user_id = $1 and s.pipeline_id = p.pipeline_id
         where p.user_id = $1 order by p.position, p.pipeline_id, s.position";
    let mut pipelines: Vec<Pipeline> = Vec::new();
    for row in db.rows(sql, &[&db.owner.0]).await? {
        let id: String = row.try_get("pipeline_id")?;
        if pipelines.last().is_none_or(|last| last.id != id) {
            pipelines.push(Pipeline { id, label: row.try_get("label")?, stages: Vec::new() });
        }
        if let (Some(pipeline), Some(id)) = (pipelines.last_mut(), row.try_get::<_, Option<String>>("stage_id")?) {
            pipeline.stages.push(Stage { id, label: row.try_get("stage")?, is_closed: row.try_get("is_closed")? });
        }
    }
    Ok(pipelines)
}
