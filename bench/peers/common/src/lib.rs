// SPDX-License-Identifier: MIT
//! What the servers of this folder share: the site they serve, and how they talk with the harness.
//!
//! `/small` answers 1 KiB, `/download/BYTES` that many, both from memory, as `bench/native/server.c` does. A server prints one
//! JSON line `listening` and ends with its stdin.

use std::{error::Error, io::Write, path::PathBuf};

use bytes::Bytes;
use h3::{
    error::StreamError,
    quic,
    server::{RequestResolver, RequestStream},
};
use http::{Response, StatusCode, header};
use tokio::io::{AsyncReadExt, stdin};

pub type Failure = Box<dyn Error + Send + Sync>;

const SMALL_BYTES: usize = 1024;
/// What a download hands to the stack at a time.
const BLOCK_BYTES: usize = 128 * 1024;
static BLOCK: [u8; BLOCK_BYTES] = [b'x'; BLOCK_BYTES];

/// `--cert FILE --key FILE`, PEM.
pub struct Arguments {
    pub cert: PathBuf,
    pub key: PathBuf,
}

impl Arguments {
    pub fn read() -> Result<Self, Failure> {
        let file = |name| option(name).ok_or("usage: --cert FILE --key FILE");
        Ok(Self {
            cert: file("--cert")?.into(),
            key: file("--key")?.into(),
        })
    }
}

/// The word after `name` on the command line.
pub fn option(name: &str) -> Option<String> {
    std::env::args().skip_while(|word| word != name).nth(1)
}

/// One JSON line to the harness.
pub fn say(line: &str) {
    println!("{line}");
    // A harness that has gone away ends this process by stdin.
    let _ = std::io::stdout().flush();
}

/// Reports the port and resolves when stdin ends.
pub async fn control(port: u16) {
    say(&format!("{{\"event\":\"listening\",\"port\":{port}}}"));
    let mut ignored = [0; 256];
    while matches!(stdin().read(&mut ignored).await, Ok(read) if read > 0) {}
}

/// Answers the requests of one connection until it ends.
pub async fn serve<C>(connection: C)
where
    C: quic::Connection<Bytes> + Send + 'static,
    C::BidiStream: Send + 'static,
{
    let Ok(mut connection) = h3::server::builder()
        .send_grease(false)
        .build(connection)
        .await
    else {
        return;
    };
    while let Ok(Some(request)) = connection.accept().await {
        tokio::spawn(async move {
            // The client counts what it gets, and a benchmark with a lost request has no result.
            let _ = answer(request).await;
        });
    }
}

async fn answer<C>(request: RequestResolver<C, Bytes>) -> Result<(), StreamError>
where
    C: quic::Connection<Bytes>,
{
    let (request, mut stream) = request.resolve_request().await?;
    // A stream that is dropped before its end has been read tells the client to stop sending, which looks like an error.
    while stream.recv_data().await?.is_some() {}
    let path = request.uri().path();
    match path.strip_prefix("/download/").map(str::parse) {
        Some(Ok(bytes)) => send(&mut stream, StatusCode::OK, bytes).await,
        None if path == "/small" => send(&mut stream, StatusCode::OK, SMALL_BYTES).await,
        _ => send(&mut stream, StatusCode::NOT_FOUND, 0).await,
    }
}

async fn send<S>(
    stream: &mut RequestStream<S, Bytes>,
    status: StatusCode,
    bytes: usize,
) -> Result<(), StreamError>
where
    S: quic::SendStream<Bytes>,
{
    let mut response = Response::new(());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("text/plain"),
    );
    headers.insert(header::CONTENT_LENGTH, bytes.into());
    stream.send_response(response).await?;
    let mut left = bytes;
    while left > 0 {
        let part = left.min(BLOCK_BYTES);
        stream.send_data(Bytes::from_static(&BLOCK[..part])).await?;
        left -= part;
    }
    stream.finish().await
}
