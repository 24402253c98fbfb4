//! The assistant at work without anybody asking: something happened, it looks at it, and plans.
//!
//! The event is somebody else's words. It may read whatever it likes, writes nothing, and ends with a plan, which is stored
//! before anything of it is proposed: a retry goes on from the plan and never asks the model again. What is planned waits for
//! the advisor. A standing approval covers what a rule's own policy says, and never what a model came up with.

pub mod ask;
pub mod next_meeting;
pub mod passage;
pub mod phrases;
pub mod run;
