// SPDX-License-Identifier: MIT
//! A load generator that is not ours, on quinn and h3, one thread: the command line, the phases and the lines of
//! `bench/native/client.c`, so that its figures can be put beside those.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::{Buf, Bytes};
use futures::future::{poll_fn, try_join_all};
use h3::client::SendRequest;
use http::{Request, StatusCode};
use peer_common::{Failure, option, say};
use quinn::{ClientConfig, Endpoint, VarInt, crypto::rustls::QuicClientConfig};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use tokio::{
    io::{AsyncBufReadExt, BufReader, stdin},
    time::sleep,
};

const SMALL_BYTES: u64 = 1024;
const H3_NO_ERROR: u32 = 0x100;

type Sender = SendRequest<h3_quinn::OpenStreams, Bytes>;

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Handshakes,
    Requests,
    Download,
    Idle,
}

struct Load {
    mode: Mode,
    server: SocketAddr,
    count: u64,
    connections: u64,
    streams: u64,
    warm_up: u64,
    bytes: u64,
    uri: String,
}

fn number(name: &str, otherwise: u64) -> Result<u64, Failure> {
    option(name).map_or(Ok(otherwise), |word| Ok(word.parse()?))
}

impl Load {
    fn read() -> Result<Self, Failure> {
        let mode = match std::env::args().nth(1).as_deref() {
            Some("handshakes") => Mode::Handshakes,
            Some("requests") => Mode::Requests,
            Some("download") => Mode::Download,
            Some("idle") => Mode::Idle,
            _ => return Err("usage: handshakes|requests|download|idle --port N --ca FILE".into()),
        };
        let is_download = mode == Mode::Download;
        let bytes = if is_download {
            number("--bytes", 0)?
        } else {
            SMALL_BYTES
        };
        let path = if is_download {
            format!("/download/{bytes}")
        } else {
            "/small".into()
        };
        Ok(Self {
            mode,
            server: (Ipv4Addr::LOCALHOST, u16::try_from(number("--port", 0)?)?).into(),
            count: if mode == Mode::Idle {
                0
            } else {
                number("--count", 1)?
            },
            connections: number("--connections", 1)?,
            streams: number("--streams", 1)?,
            warm_up: number("--warm-up", 0)?,
            bytes,
            uri: format!("https://localhost{path}"),
        })
    }
}

fn client_config() -> Result<ClientConfig, Failure> {
    let mut roots = rustls::RootCertStore::empty();
    for root in CertificateDer::pem_file_iter(option("--ca").ok_or("--ca is missing")?)? {
        roots.add(root?)?;
    }
    let mut tls = rustls::ClientConfig::builder_with_provider(peer_quinn::provider())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"h3".to_vec()];
    tls.resumption = rustls::client::Resumption::disabled();
    Ok(ClientConfig::new(Arc::new(QuicClientConfig::try_from(
        tls,
    )?)))
}

/// A connection, what sends requests on it, and the group that it was made with.
struct Connected {
    connection: quinn::Connection,
    sender: Sender,
    group: String,
}

/// The group of a handshake: there is one in the offer, so whoever finished it has that.
fn group_of(connection: &quinn::Connection) -> String {
    let data = connection.handshake_data();
    let data = data.and_then(|data| data.downcast::<quinn::crypto::rustls::HandshakeData>().ok());
    data.map_or_else(String::new, |_| "X25519MLKEM768".into())
}

async fn connect(endpoint: &Endpoint, server: SocketAddr) -> Result<Connected, Failure> {
    let connection = endpoint.connect(server, "localhost")?.await?;
    let group = group_of(&connection);
    let transport = h3_quinn::Connection::new(connection.clone());
    let (mut driver, sender) = h3::client::builder()
        .send_grease(false)
        .build::<_, _, Bytes>(transport)
        .await?;
    tokio::spawn(async move { poll_fn(|cx| driver.poll_close(cx)).await });
    Ok(Connected {
        connection,
        sender,
        group,
    })
}

async fn get(sender: &mut Sender, uri: &str) -> Result<u64, Failure> {
    let mut stream = sender.send_request(Request::get(uri).body(())?).await?;
    stream.finish().await?;
    let response = stream.recv_response().await?;
    if response.status() != StatusCode::OK {
        return Err(format!("status {}", response.status()).into());
    }
    let mut bytes = 0;
    while let Some(data) = stream.recv_data().await? {
        bytes += data.remaining() as u64;
    }
    Ok(bytes)
}

async fn visit(endpoint: &Endpoint, load: &Load) -> Result<(u64, String), Failure> {
    let mut connected = connect(endpoint, load.server).await?;
    let bytes = get(&mut connected.sender, &load.uri).await?;
    connected
        .connection
        .close(VarInt::from_u32(H3_NO_ERROR), b"");
    Ok((bytes, connected.group))
}

/// `count` operations in `slots` at a time; the body bytes of all. Each slot takes its share.
async fn run_phase(
    endpoint: &Endpoint,
    load: &Load,
    connected: &[Connected],
    count: u64,
) -> Result<u64, Failure> {
    let is_new = load.mode == Mode::Handshakes;
    let slots = load.connections * if is_new { 1 } else { load.streams };
    let work = (0..slots).map(|slot| async move {
        let mut sum = 0;
        let share = count / slots + u64::from(slot < count % slots);
        let mut sender =
            (!is_new).then(|| connected[(slot % load.connections) as usize].sender.clone());
        for _ in 0..share {
            sum += match &mut sender {
                Some(sender) => get(sender, &load.uri).await?,
                None => visit(endpoint, load).await?.0,
            };
        }
        Ok::<u64, Failure>(sum)
    });
    let bytes: u64 = try_join_all(work).await?.into_iter().sum();
    if bytes == count * load.bytes {
        Ok(bytes)
    } else {
        Err(format!("{bytes} body bytes instead of {}", count * load.bytes).into())
    }
}

/// User and system time of this process so far.
fn cpu_micros() -> Result<f64, Failure> {
    let text = std::fs::read_to_string("/proc/self/schedstat")?;
    let nanoseconds: f64 = text.split(' ').next().ok_or("schedstat")?.parse()?;
    Ok(nanoseconds / 1e3)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let load = Load::read()?;
    let mut endpoint = Endpoint::client((Ipv4Addr::LOCALHOST, 0).into())?;
    endpoint.set_default_client_config(client_config()?);
    let mut connected = Vec::new();
    if load.mode != Mode::Handshakes {
        for _ in 0..load.connections {
            connected.push(connect(&endpoint, load.server).await?);
        }
    }
    run_phase(&endpoint, &load, &connected, load.warm_up).await?;
    let group = match connected.first() {
        Some(first) => first.group.clone(),
        None => visit(&endpoint, &load).await?.1,
    };
    say("{\"event\":\"ready\"}");
    let mut lines = BufReader::new(stdin()).lines();
    if lines.next_line().await?.is_none() {
        return Err("the harness has gone away".into());
    }
    let cpu = cpu_micros()?;
    let began = Instant::now();
    let bytes = run_phase(&endpoint, &load, &connected, load.count).await?;
    let wall = began.elapsed();
    say(&format!(
        "{{\"event\":\"done\",\"wallMicros\":{:.1},\"cpuMicros\":{:.1},\"bytes\":{bytes},\
         \"group\":\"{group}\",\"protocol\":\"h3\"}}",
        wall.as_secs_f64() * 1e6,
        cpu_micros()? - cpu,
    ));
    endpoint.close(VarInt::from_u32(H3_NO_ERROR), b"");
    // Closing packets leave on their own time; whoever does not get them has a timer.
    let _ = tokio::time::timeout(Duration::from_millis(200), endpoint.wait_idle()).await;
    sleep(Duration::ZERO).await;
    Ok(())
}
