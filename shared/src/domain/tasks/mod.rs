//! Background tasks: at-least-once delivery, nothing acknowledged is lost, every task ends.
//!
//! The row is the truth and the queue is a bell. A task is inserted in the transaction of its cause; the bell is rung
//! after the commit. Whoever claims it holds a fence, and only the newest fence may finish it. The sweep rings again for
//! what was not heard, and takes back what lost its worker.

pub mod run;
pub mod sweep;
