//! The six ports of one stack: the chosen one and the five after it.

use std::time::{Duration, Instant};

use fakes::world::port::is_free;
use fakes::world::port_owner_message;

use crate::{Problem, Result};

/// All on loopback.
#[derive(Clone, Copy)]
pub struct Ports {
    pub gateway: u16,
    pub google: u16,
    pub hubspot: u16,
    pub openai: u16,
    pub postgres: u16,
    pub moto: u16,
}

impl Ports {
    pub fn from(first: u16) -> Result<Self> {
        if !(1024..=u16::MAX - 5).contains(&first) {
            return Err(Problem(format!("Port {first} does not do: choose one from 1024 to 65530 with `--port`.")));
        }
        Ok(Self {
            gateway: first,
            google: first + 1,
            hubspot: first + 2,
            openai: first + 3,
            postgres: first + 4,
            moto: first + 5,
        })
    }

    /// Fails with one sentence if one of them is taken. `patience` is for a stack that was killed a moment ago, whose
    /// servers are still shutting down.
    pub async fn check(self, patience: Duration) -> Result<()> {
        let started = Instant::now();
        for port in [self.gateway, self.google, self.hubspot, self.openai, self.postgres, self.moto] {
            while !is_free(port) {
                if started.elapsed() > patience {
                    return Err(Problem(port_owner_message(port)));
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        Ok(())
    }
}
