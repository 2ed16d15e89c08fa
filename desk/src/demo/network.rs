//! The link between the devices and the server: a relay on loopback that can be cut, restored, and told to drop a
//! connection after so many bytes. It promises to pass bytes on untouched (TLS goes through it unopened), to serve no more
//! than a fixed number of connections at once, and to stop with everything that it started when it is dropped.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// So many connections at once; more wait.
const MAX_CONNECTIONS: usize = 64;
/// A connection on which nothing moves for so long is closed.
const IDLE: Duration = Duration::from_secs(120);
/// How long the server may take to accept.
const CONNECT: Duration = Duration::from_secs(5);
const BUFFER_BYTES: usize = 16 * 1024;

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From a device to the server.
    Up,
    /// From the server to a device.
    Down,
}

/// How many bytes have passed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Passed {
    /// From devices to the server, TLS and all.
    pub up: u64,
    /// From the server to devices.
    pub down: u64,
    /// Connections that were passed on.
    pub connections: u64,
    /// Connections that were cut off or turned away.
    pub dropped: u64,
}

/// A link that can be cut.
#[derive(Debug)]
pub struct Link {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    up: watch::Sender<bool>,
    places: Semaphore,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    server: Option<SocketAddr>,
    drop_after: Option<(Direction, u64)>,
    passed: Passed,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Counters stay usable whatever happened to another task.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts bytes on their way and says how many of them may still pass, and whether the connection then drops.
    fn account(&self, direction: Direction, bytes: usize) -> (usize, bool) {
        let mut state = self.state();
        let (allowed, drops) = match state.drop_after {
            Some((armed, left)) if armed == direction => match left.checked_sub(bytes as u64) {
                Some(left) if left > 0 => {
                    state.drop_after = Some((armed, left));
                    (bytes, false)
                }
                _ => {
                    state.drop_after = None;
                    state.passed.dropped += 1;
                    (usize::try_from(left).unwrap_or(bytes), true)
                }
            },
            _ => (bytes, false),
        };
        match direction {
            Direction::Up => state.passed.up += allowed as u64,
            Direction::Down => state.passed.down += allowed as u64,
        }
        (allowed, drops)
    }
}

impl Link {
    /// Opens a link at a free port of 127.0.0.1. It turns away everybody until it is told where the server is. Must be
    /// called inside a Tokio runtime.
    ///
    /// # Errors
    /// If no port is to be had.
    pub async fn open() -> io::Result<Self> {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            up: watch::Sender::new(true),
            places: Semaphore::new(MAX_CONNECTIONS),
            state: Mutex::default(),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, accepting })
    }

    /// Where devices connect to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Says where the server is.
    pub fn lead_to(&self, server: SocketAddr) {
        self.shared.state().server = Some(server);
    }

    /// Takes the network away: what is open breaks, what comes is turned away.
    pub fn cut(&self) {
        self.shared.up.send_replace(false);
    }

    /// Brings the network back.
    pub fn restore(&self) {
        self.shared.up.send_replace(true);
    }

    /// Whether the network is there.
    #[must_use]
    pub fn is_up(&self) -> bool {
        *self.shared.up.borrow()
    }

    /// Drops one connection after so many more bytes have gone this way, over all connections together. Once.
    pub fn drop_after(&self, direction: Direction, bytes: u64) {
        self.shared.state().drop_after = Some((direction, bytes));
    }

    /// Whether a drop that was asked for has not happened yet.
    #[must_use]
    pub fn drop_pending(&self) -> bool {
        self.shared.state().drop_after.is_some()
    }

    /// What has passed so far.
    #[must_use]
    pub fn passed(&self) -> Passed {
        self.shared.state().passed
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // Connections hear the cut and end; the listener goes with its task.
        self.shared.up.send_replace(false);
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let Ok((device, _)) = listener.accept().await else { continue };
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let Ok(_place) = shared.places.acquire().await else { return };
            let mut up = shared.up.subscribe();
            let server = shared.state().server;
            let (true, Some(server)) = (*up.borrow_and_update(), server) else {
                shared.state().passed.dropped += 1;
                return;
            };
            let Ok(Ok(server)) = timeout(CONNECT, TcpStream::connect(server)).await else { return };
            shared.state().passed.connections += 1;
            device.set_nodelay(true).ok();
            server.set_nodelay(true).ok();
            let (device_reads, device_writes) = device.into_split();
            let (server_reads, server_writes) = server.into_split();
            tokio::select! {
                () = both(
                    pass(&shared, Direction::Up, device_reads, server_writes),
                    pass(&shared, Direction::Down, server_reads, device_writes),
                ) => {}
                _ = up.wait_for(|up| !up) => shared.state().passed.dropped += 1,
            }
        });
    }
}

/// Runs both ways until both have ended by themselves, or one of them was dropped.
async fn both(up: impl Future<Output = Ended>, down: impl Future<Output = Ended>) {
    tokio::pin!(up, down);
    let (first, other): (Ended, _) = tokio::select! {
        ended = &mut up => (ended, Direction::Down),
        ended = &mut down => (ended, Direction::Up),
    };
    if first == Ended::ByItself {
        match other {
            Direction::Up => up.await,
            Direction::Down => down.await,
        };
    }
}

/// How one way of a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    ByItself,
    Dropped,
}

async fn pass(
    shared: &Shared,
    direction: Direction,
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
) -> Ended {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let read = match timeout(IDLE, from.read(&mut buffer)).await {
            Ok(Ok(0)) => {
                to.shutdown().await.ok();
                return Ended::ByItself;
            }
            Ok(Ok(read)) => read,
            Ok(Err(_)) | Err(_) => return Ended::Dropped,
        };
        let (allowed, drops) = shared.account(direction, read);
        if to.write_all(buffer.get(..allowed).unwrap_or_default()).await.is_err() || drops {
            return Ended::Dropped;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that sends back what it gets.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut reads, mut writes) = stream.split();
                    tokio::io::copy(&mut reads, &mut writes).await.ok();
                });
            }
        });
        address
    }

    async fn link_to_echo() -> Link {
        let link = Link::open().await.unwrap();
        link.lead_to(echo().await);
        link
    }

    async fn there_and_back(link: &Link, bytes: usize) -> io::Result<usize> {
        let mut stream = TcpStream::connect(link.address()).await?;
        stream.write_all(&vec![7; bytes]).await?;
        stream.shutdown().await?;
        let mut back = Vec::new();
        let result = timeout(Duration::from_secs(5), stream.read_to_end(&mut back)).await?;
        result.map(|_| back.len())
    }

    #[tokio::test]
    async fn what_goes_in_comes_out_and_is_counted() {
        let link = link_to_echo().await;
        assert_eq!(there_and_back(&link, 100_000).await.unwrap(), 100_000);
        assert_eq!(link.passed(), Passed { up: 100_000, down: 100_000, connections: 1, dropped: 0 });
    }

    #[tokio::test]
    async fn a_cut_link_turns_away_and_a_restored_one_serves() {
        let link = link_to_echo().await;
        link.cut();
        assert_eq!(there_and_back(&link, 10).await.unwrap_or(0), 0);
        link.restore();
        assert_eq!(there_and_back(&link, 10).await.unwrap(), 10);
    }

    #[tokio::test]
    async fn cutting_breaks_what_is_open() {
        let link = link_to_echo().await;
        let mut stream = TcpStream::connect(link.address()).await.unwrap();
        stream.write_all(b"hello").await.unwrap();
        let mut buffer = [0; 5];
        stream.read_exact(&mut buffer).await.unwrap();
        link.cut();
        let end = timeout(Duration::from_secs(5), stream.read(&mut buffer)).await.unwrap();
        assert!(matches!(end, Ok(0) | Err(_)));
    }

    #[tokio::test]
    async fn one_connection_is_dropped_after_so_many_bytes_in_either_direction() {
        for direction in [Direction::Up, Direction::Down] {
            let link = link_to_echo().await;
            link.drop_after(direction, 1000);
            assert!(there_and_back(&link, 100_000).await.unwrap_or(0) <= 1000);
            assert!(!link.drop_pending());
            let passed = link.passed();
            assert_eq!(if direction == Direction::Up { passed.up } else { passed.down }, 1000);
            assert_eq!(there_and_back(&link, 5000).await.unwrap(), 5000);
        }
    }

    #[tokio::test]
    async fn a_dropped_link_serves_nobody() {
        let link = link_to_echo().await;
        let address = link.address();
        drop(link);
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(TcpStream::connect(address).await.is_err());
    }
}
