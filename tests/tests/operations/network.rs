//! A network between the server and its database that can be told to fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::sleep;

#[derive(Default)]
struct State {
    swallows: AtomicBool,
    delay_ms: AtomicU64,
}

/// Forwards connections to a port of this machine, for as long as this lives.
pub(crate) struct Network {
    port: u16,
    state: Arc<State>,
    task: JoinHandle<()>,
}

impl Network {
    pub(crate) async fn to(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(forward(client, target, Arc::clone(&shared)));
            }
        });
        Self { port, state, task }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// From now on everything is accepted and goes nowhere. A connection that lost something by this never carries
    /// anything again.
    pub(crate) fn swallow(&self, on: bool) {
        self.state.swallows.store(on, Ordering::SeqCst);
    }

    /// From now on everything takes so much longer, each way.
    pub(crate) fn delay(&self, time: Duration) {
        self.state.delay_ms.store(u64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn forward(client: TcpStream, target: u16, state: Arc<State>) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", target)).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let is_dead = Arc::new(AtomicBool::new(false));
    // Either side learns that the other one is gone.
    tokio::select! {
        () = copy(from_client, to_server, &state, &is_dead) => {}
        () = copy(from_server, to_client, &state, &is_dead) => {}
    }
}

async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: &State, is_dead: &AtomicBool) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        if state.swallows.load(Ordering::SeqCst) {
            is_dead.store(true, Ordering::SeqCst);
        }
        sleep(Duration::from_millis(state.delay_ms.load(Ordering::SeqCst))).await;
        if !is_dead.load(Ordering::SeqCst) && to.write_all(&buffer[..count]).await.is_err() {
            break;
        }
    }
}
