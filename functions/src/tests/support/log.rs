//! Everything that is logged, written as the deployed functions write it.

use std::cell::Cell;
use std::io::Write;
use std::sync::{Arc, Mutex, Once};

use tracing::Dispatch;
use tracing::subscriber::DefaultGuard;

/// What was logged on this thread, which runs the test, the product and the stand-ins.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

/// Logging goes on until this is dropped.
pub struct Logging {
    _subscriber: DefaultGuard,
    /// While there is one subscriber only, what another test's thread meets first is never logged anywhere: there are two.
    _another: Dispatch,
}

thread_local! {
    static LISTENING: Cell<bool> = const { Cell::new(false) };
}

impl Log {
    /// All that the functions would ever write, by the most talkative configuration there is.
    pub fn start(&self) -> Logging {
        hear_panics();
        LISTENING.set(true);
        let _another = Dispatch::new(tracing_subscriber::registry());
        let writer = self.clone();
        let level = "trace,shared=trace,functions=trace".to_owned();
        let subscriber = shared::telemetry::subscriber(Some(level), move || writer.clone());
        Logging { _subscriber: tracing::subscriber::set_default(subscriber), _another }
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Drop for Logging {
    fn drop(&mut self) {
        LISTENING.set(false);
    }
}

/// As a function does it; other tests' panics go on being told as ever.
fn hear_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if LISTENING.get() {
                shared::telemetry::panicked(info);
            }
            before(info);
        }));
    });
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
