//! A load balancer as operators have one: it asks replicas whether they are ready, and tries again where nothing can
//! have happened yet.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::wire::{Request, header, message};

/// Between two questions whether a replica is ready.
const PROBES: Duration = Duration::from_millis(50);
/// How long a request may look for a replica that takes it.
const PATIENCE: Duration = Duration::from_secs(10);

struct Replica {
    address: SocketAddr,
    is_ready: AtomicBool,
}

struct State {
    replicas: Vec<Replica>,
    next: AtomicUsize,
    retries: AtomicUsize,
}

/// Forwards requests to replicas that are ready, for as long as this lives.
pub(crate) struct Balancer {
    address: SocketAddr,
    state: Arc<State>,
    tasks: Vec<JoinHandle<()>>,
}

impl Balancer {
    pub(crate) async fn before(replicas: &[SocketAddr]) -> Self {
        let replica = |address: &SocketAddr| Replica { address: *address, is_ready: AtomicBool::new(true) };
        let state = Arc::new(State {
            replicas: replicas.iter().map(replica).collect(),
            next: AtomicUsize::new(0),
            retries: AtomicUsize::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut tasks: Vec<_> =
            (0..replicas.len()).map(|index| tokio::spawn(probe(Arc::clone(&state), index))).collect();
        let shared = Arc::clone(&state);
        tasks.push(tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, Arc::clone(&shared)));
            }
        }));
        Self { address, state, tasks }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many requests were sent a second time.
    pub(crate) fn retries(&self) -> usize {
        self.state.retries.load(Ordering::SeqCst)
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

async fn probe(state: Arc<State>, index: usize) {
    let replica = &state.replicas[index];
    loop {
        let answer = timeout(Duration::from_secs(1), Request::get("/readyz").try_send(replica.address)).await;
        let is_ready = matches!(answer, Ok(Ok(answer)) if answer.status == 200);
        replica.is_ready.store(is_ready, Ordering::SeqCst);
        sleep(PROBES).await;
    }
}

type Upstream = BufReader<TcpStream>;

async fn serve(client: TcpStream, state: Arc<State>) {
    drop(client.set_nodelay(true));
    let mut client = BufReader::new(client);
    let mut open = HashMap::new();
    while let Ok(Some((head, body))) = message(&mut client).await {
        let request = [head.as_bytes(), &body].concat();
        let answer = forward(&state, &mut open, head.starts_with("GET "), &request).await;
        let none = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n";
        if client.get_mut().write_all(answer.as_deref().unwrap_or(none)).await.is_err() {
            break;
        }
    }
}

/// The answer of some replica; nothing when none could be had, or when nobody knows what became of a change.
async fn forward(
    state: &State,
    open: &mut HashMap<usize, Upstream>,
    may_repeat: bool,
    request: &[u8],
) -> Option<Vec<u8>> {
    let deadline = Instant::now() + PATIENCE;
    let mut attempts = 0;
    while Instant::now() < deadline {
        let index = state.next.fetch_add(1, Ordering::SeqCst) % state.replicas.len();
        let replica = &state.replicas[index];
        // A connection that was used before may be closed by now: nothing for what cannot be repeated.
        let kept = open.remove(&index).filter(|_| may_repeat);
        if !replica.is_ready.load(Ordering::SeqCst) {
            sleep(Duration::from_millis(1)).await;
            continue;
        }
        state.retries.fetch_add(usize::from(attempts > 0), Ordering::SeqCst);
        attempts += 1;
        let upstream = match kept {
            Some(upstream) => Ok(upstream),
            None => TcpStream::connect(replica.address).await.map(BufReader::new),
        };
        // Refused before anything was sent.
        let Ok(mut upstream) = upstream else { continue };
        match exchange(&mut upstream, request).await {
            Ok((head, body)) => {
                if !header(&head, "connection").is_some_and(|it| it.eq_ignore_ascii_case("close")) {
                    open.insert(index, upstream);
                }
                return Some([head.as_bytes(), &body].concat());
            }
            Err(_) if may_repeat => {}
            Err(error) => {
                println!("the balancer lost a change on its way: {error}");
                return None;
            }
        }
    }
    None
}

async fn exchange(upstream: &mut Upstream, request: &[u8]) -> io::Result<(String, Vec<u8>)> {
    upstream.get_mut().set_nodelay(true)?;
    upstream.get_mut().write_all(request).await?;
    message(upstream).await?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}
