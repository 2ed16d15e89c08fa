//! The server on the network: TLS, routes, slow clients, large bodies, restarts, and what it writes to its log.

use crate::committee::{Device, Folder, Record, epoch, genesis, random};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use vigil_protocol::{Answer, RefusalCode, Role, ServerCard, SpaceId, SyncRequest, canonical, limits};
use vigil_sync_server::logging::{LogLevel, subscriber};
use vigil_sync_server::{CARD_PREFIX, RunningServer, ServerConfig, start};

type Stream = TlsStream<TcpStream>;

/// Connects as a device does: with the authorities of the card and no others.
async fn connect_with(server: &RunningServer, card: &ServerCard) -> std::io::Result<Stream> {
    let mut roots = rustls::RootCertStore::empty();
    for pem in &card.authorities {
        roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
    }
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(server.address()).await?;
    let name = ServerName::try_from("127.0.0.1").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

async fn connect(server: &RunningServer) -> Stream {
    connect_with(server, &server.card()).await.unwrap()
}

/// Sends bytes and reads until the server closes; status and body.
async fn exchange(stream: &mut Stream, sent: &[u8]) -> (u16, Vec<u8>) {
    // The server may answer and close before it has read everything.
    let _ = stream.write_all(sent).await;
    let mut received = Vec::new();
    let _ = stream.read_to_end(&mut received).await;
    let head = received.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
    let text = String::from_utf8(received[..head].to_vec()).unwrap();
    let status = text.split(' ').nth(1).unwrap().parse().unwrap();
    (status, received[head + 4..].to_vec())
}

fn post(body: &[u8]) -> Vec<u8> {
    let head =
        format!("POST /v1/sync HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

async fn post_body(server: &RunningServer, body: &[u8]) -> (u16, Vec<u8>) {
    exchange(&mut connect(server).await, &post(body)).await
}

async fn sync(server: &RunningServer, request: &SyncRequest, device: &Device) -> vigil_protocol::SyncResponse {
    let card = server.card();
    let body = request.to_body(&card.identity, &device.space, &device.key);
    let (status, answer) = post_body(server, &body).await;
    assert_eq!(status, 200);
    match Answer::from_body(&answer, &body, &card.identity, None).unwrap() {
        Answer::Sync(response) => response,
        Answer::Refused { code, .. } => panic!("refused: {code:?}"),
    }
}

/// A founder and the request that creates its space.
fn founder() -> (Device, SyncRequest) {
    let mut desk = Device::new(SpaceId(random()), Role::Desk);
    let mut request = desk.request();
    request.log = vec![genesis(&desk)];
    (desk, request)
}

#[tokio::test]
async fn a_space_is_founded_over_tls_and_is_there_after_a_restart() {
    let folder = Folder::new();
    let server = start(ServerConfig::loopback(folder.path())).await.unwrap();
    let (mut desk, request) = founder();
    let created = sync(&server, &request, &desk).await;
    assert_eq!(created.log_appended, 1);
    let card = server.card();
    server.shutdown().await;

    let server = start(ServerConfig::loopback(folder.path())).await.unwrap();
    assert_eq!((server.card().identity, &server.card().authorities), (card.identity, &card.authorities));
    let again = sync(&server, &desk.request(), &desk).await;
    assert_eq!((again.incarnation, again.log.len()), (created.incarnation, 1));
    assert!(connect_with(&server, &card).await.is_ok(), "devices keep the authority that they were given");
    server.shutdown().await;
}

#[tokio::test]
async fn the_card_file_says_how_to_reach_the_server() {
    let folder = Folder::new();
    let config =
        ServerConfig { public_url: Some("https://sync.example.org/".into()), ..ServerConfig::loopback(folder.path()) };
    let server = start(config).await.unwrap();
    let line = std::fs::read_to_string(server.card_path()).unwrap();
    let hex = line.trim_end().strip_prefix(CARD_PREFIX).unwrap();
    let bytes: Vec<u8> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    let card: ServerCard = canonical::decode(&bytes).unwrap();
    assert_eq!(card, server.card());
    assert_eq!(card.url, "https://sync.example.org");
    server.shutdown().await;
}

#[tokio::test]
async fn a_configuration_that_no_device_could_use_is_refused() {
    let folder = Folder::new();
    let everywhere = ServerConfig { listen: ([0, 0, 0, 0], 0).into(), ..ServerConfig::loopback(folder.path()) };
    assert_eq!(start(everywhere).await.unwrap_err().code(), "server.config");
    let plain = ServerConfig { public_url: Some("http://example.org".into()), ..ServerConfig::loopback(folder.path()) };
    assert_eq!(start(plain).await.unwrap_err().code(), "server.config");
}

#[tokio::test]
async fn a_device_with_another_servers_authority_is_not_talked_into_trust() {
    let (one, other) = (Folder::new(), Folder::new());
    let server = start(ServerConfig::loopback(one.path())).await.unwrap();
    let stranger = start(ServerConfig::loopback(other.path())).await.unwrap();
    assert!(connect_with(&server, &stranger.card()).await.is_err());
    server.shutdown().await;
    stranger.shutdown().await;
}

#[tokio::test]
async fn there_are_two_routes_and_no_others() {
    let folder = Folder::new();
    let server = start(ServerConfig::loopback(folder.path())).await.unwrap();
    for (line, expected) in [
        ("GET /healthz", 200),
        ("GET /v1/sync", 405),
        ("DELETE /healthz", 405),
        ("GET /", 404),
        ("GET /v1/sync/../../etc/passwd", 404),
        ("POST /v2/sync", 404),
    ] {
        let request = format!("{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let (status, _) = exchange(&mut connect(&server).await, request.as_bytes()).await;
        assert_eq!(status, expected, "{line}");
    }
    server.shutdown().await;
}

#[tokio::test]
async fn every_refusal_has_its_status_and_is_signed() {
    let folder = Folder::new();
    let server = start(ServerConfig::loopback(folder.path())).await.unwrap();
    let (desk, request) = founder();
    let stranger = Device::new(desk.space, Role::Monitor);
    let identity = server.card().identity;
    let good = request.to_body(&identity, &desk.space, &desk.key);
    let unknown = SyncRequest { device: stranger.id, ..request.clone() }.to_body(&identity, &desk.space, &stranger.key);
    sync(&server, &request, &desk).await;
    for (body, status, code) in [
        (b"nonsense".to_vec(), 400, RefusalCode::Malformed),
        (unknown, 401, RefusalCode::UnknownDevice),
        (good, 409, RefusalCode::Replayed),
    ] {
        let (found, answer) = post_body(&server, &body).await;
        assert_eq!(found, status);
        let answer = Answer::from_body(&answer, &body, &identity, None).unwrap();
        assert!(matches!(answer, Answer::Refused { code: found, .. } if found == code), "{answer:?}");
    }
    server.shutdown().await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_before_it_is_read() {
    let folder = Folder::new();
    let server = start(ServerConfig::loopback(folder.path())).await.unwrap();
    let stated = format!("POST /v1/sync HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", limits::MAX_BODY_BYTES + 1);
    let (status, _) = exchange(&mut connect(&server).await, stated.as_bytes()).await;
    assert_eq!(status, 413);

    let mut unstated = b"POST /v1/sync HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let chunk = vec![0; 1024 * 1024];
    for _ in 0..5 {
        unstated.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        unstated.extend_from_slice(&chunk);
        unstated.extend_from_slice(b"\r\n");
    }
    let (status, _) = exchange(&mut connect(&server).await, &unstated).await;
    assert_eq!(status, 413);
    server.shutdown().await;
}

#[tokio::test]
async fn clients_that_are_slow_on_purpose_are_cut_and_hold_nobody_up() {
    let folder = Folder::new();
    let server = start(ServerConfig::loopback(folder.path())).await.unwrap();
    let started = Instant::now();
    // One says nothing at all, one says nothing after the handshake, one sends a head byte by byte.
    let mut silent = TcpStream::connect(server.address()).await.unwrap();
    let mut mute = connect(&server).await;
    let mut slow = connect(&server).await;
    let trickle = tokio::spawn(async move {
        for byte in b"POST /v1/sync HTTP/1.1\r\nhost: x".iter().cycle() {
            if slow.write_all(&[*byte]).await.is_err() || slow.flush().await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    });
    let (desk, request) = founder();
    sync(&server, &request, &desk).await;
    assert!(started.elapsed() < Duration::from_secs(5));
    let all_cut = async {
        let mut rest = Vec::new();
        let _ = silent.read_to_end(&mut rest).await;
        let _ = mute.read_to_end(&mut rest).await;
        trickle.await.unwrap();
    };
    tokio::time::timeout(Duration::from_secs(20), all_cut).await.expect("all of them are cut");
    server.shutdown().await;
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_idle_connections() {
    let folder = Folder::new();
    let server = start(ServerConfig::loopback(folder.path())).await.unwrap();
    let mut idle = connect(&server).await;
    idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut first = [0; 12];
    idle.read_exact(&mut first).await.unwrap();
    let started = Instant::now();
    server.shutdown().await;
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_log_has_numbers_and_codes_and_no_content() {
    let lines = Lines::default();
    let writer = lines.clone();
    let _ = tracing::subscriber::set_global_default(subscriber(LogLevel::Info, move || writer.clone()));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (desk, record) = runtime.block_on(async {
        let folder = Folder::new();
        let server = start(ServerConfig::loopback(folder.path())).await.unwrap();
        let (mut desk, mut request) = founder();
        let view = vigil_protocol::Membership::from_log(&request.log).unwrap();
        let record = Record::new();
        let batch = desk.batch(&view, vec![record.create(&[epoch()], b"SEALED-CONTENT")]);
        request.batches = vec![vigil_protocol::PushedBatch::from_batch(&batch, None).unwrap()];
        sync(&server, &request, &desk).await;
        post_body(&server, b"NONSENSE-CONTENT").await;
        server.shutdown().await;
        (desk, record)
    });
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let parsed: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let with = |outcome: &str| parsed.iter().find(|line| line["fields"]["outcome"] == outcome).cloned();
    assert_eq!(with("ok").unwrap()["fields"]["stored"], 1);
    assert!(with("malformed").is_some());
    for secret in [desk.id.to_string(), desk.space.to_string(), record.id.to_string(), desk.key.public().to_string()] {
        assert!(!text.contains(&secret));
    }
    for trace in ["CONTENT", "127.0.0.1", "rustls", "hyper"] {
        assert!(!text.contains(trace), "{trace} is in the log");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn the_server_leaves_no_core_file() {
    let data = std::env::temp_dir().join(format!("vigil-server-no-core-{}", std::process::id()));
    let mut server = std::process::Command::new(env!("CARGO_BIN_EXE_vigil-sync-server"))
        .args(["--log", "off", "--listen", "127.0.0.1:0", "--data"])
        .arg(&data)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // It has begun when it says where it serves.
    std::io::Read::read(server.stdout.as_mut().unwrap(), &mut [0; 16]).unwrap();
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.id())).unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    std::fs::remove_dir_all(&data).ok();
    let core: Vec<&str> =
        limits.lines().find(|line| line.starts_with("Max core file")).unwrap().split_whitespace().collect();
    assert_eq!(core[4..6], ["0", "0"], "{limits}");
}
