//! A network between the program and its database that can be told to fail.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// How soon a thread notices what the proxy was told.
const TICK: Duration = Duration::from_millis(10);

#[derive(Default)]
struct State {
    swallows: AtomicBool,
    resets: AtomicBool,
    ends: AtomicBool,
    open: AtomicUsize,
}

/// Forwards connections to a port of this machine.
pub(crate) struct Proxy {
    port: u16,
    state: Arc<State>,
}

impl Proxy {
    pub(crate) fn start(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming() {
                if shared.ends.load(Ordering::SeqCst) {
                    return;
                }
                let (client, state) = (client.unwrap(), Arc::clone(&shared));
                thread::spawn(move || forward(&client, target, &state));
            }
        });
        Self { port, state }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// From now on everything is accepted and goes nowhere. A connection that lost something by this never
    /// carries anything again.
    pub(crate) fn swallow(&self, on: bool) {
        self.state.swallows.store(on, Ordering::SeqCst);
    }

    /// From now on every connection is closed, and none is let through.
    pub(crate) fn reset(&self, on: bool) {
        self.state.resets.store(on, Ordering::SeqCst);
    }

    /// How many connections clients hold open.
    pub(crate) fn open(&self) -> usize {
        self.state.open.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.ends.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for connections.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

fn forward(client: &TcpStream, target: u16, state: &State) {
    state.open.fetch_add(1, Ordering::SeqCst);
    let is_dead = AtomicBool::new(false);
    if let Ok(server) = TcpStream::connect(("127.0.0.1", target)) {
        thread::scope(|scope| {
            scope.spawn(|| copy(&server, client, state, &is_dead));
            copy(client, &server, state, &is_dead);
        });
    }
    state.open.fetch_sub(1, Ordering::SeqCst);
}

fn copy(mut from: &TcpStream, mut to: &TcpStream, state: &State, is_dead: &AtomicBool) {
    from.set_read_timeout(Some(TICK)).unwrap();
    let mut buffer = [0; 4096];
    while !state.ends.load(Ordering::SeqCst) && !state.resets.load(Ordering::SeqCst) {
        let count = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => continue,
            Err(_) => break,
        };
        if state.resets.load(Ordering::SeqCst) {
            break;
        }
        if state.swallows.load(Ordering::SeqCst) {
            is_dead.store(true, Ordering::SeqCst);
        }
        if !is_dead.load(Ordering::SeqCst) && to.write_all(buffer.get(..count).unwrap()).is_err() {
            break;
        }
    }
    // Either side learns that the other one is gone.
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
