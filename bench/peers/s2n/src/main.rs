// SPDX-License-Identifier: MIT
//! An HTTP/3 server on s2n-quic and h3, one thread. s2n-tls under its policy `default_pq`: X25519MLKEM768 and ML-DSA.

mod adapter;

use peer_common::{Arguments, Failure, control, serve};
use s2n_quic::{Server, provider::tls::s2n_tls};
use s2n_tls_core::security::DEFAULT_PQ;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let arguments = Arguments::read()?;
    let mut tls = s2n_tls::Server::builder();
    tls.config_mut().set_security_policy(&DEFAULT_PQ)?;
    let tls = tls
        .with_certificate(arguments.cert.as_path(), arguments.key.as_path())?
        .build()?;
    let mut server = Server::builder()
        .with_tls(tls)?
        .with_io("127.0.0.1:0")?
        .start()?;
    let port = server.local_addr()?.port();
    tokio::spawn(async move {
        while let Some(connection) = server.accept().await {
            tokio::spawn(serve(adapter::Connection::new(connection)));
        }
    });
    control(port).await;
    Ok(())
}
