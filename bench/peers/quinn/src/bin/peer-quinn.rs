// SPDX-License-Identifier: MIT
//! An HTTP/3 server on quinn and h3, one thread.

use std::{net::Ipv4Addr, sync::Arc};

use peer_common::{Arguments, Failure, control, serve};
use quinn::{Endpoint, ServerConfig, crypto::rustls::QuicServerConfig};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

fn server_config(arguments: &Arguments) -> Result<ServerConfig, Failure> {
    let chain = CertificateDer::pem_file_iter(&arguments.cert)?.collect::<Result<_, _>>()?;
    let key = PrivateKeyDer::from_pem_file(&arguments.key)?;
    let mut tls = rustls::ServerConfig::builder_with_provider(peer_quinn::provider())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    tls.alpn_protocols = vec![b"h3".to_vec()];
    // No server of the benchmark resumes.
    tls.send_tls13_tickets = 0;
    Ok(ServerConfig::with_crypto(Arc::new(
        QuicServerConfig::try_from(tls)?,
    )))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = server_config(&Arguments::read()?)?;
    let endpoint = Endpoint::server(config, (Ipv4Addr::LOCALHOST, 0).into())?;
    let port = endpoint.local_addr()?.port();
    tokio::spawn(async move {
        while let Some(incoming) = endpoint.accept().await {
            tokio::spawn(async move {
                // The client sees and reports a handshake that fails.
                if let Ok(connection) = incoming.await {
                    serve(h3_quinn::Connection::new(connection)).await;
                }
            });
        }
    });
    control(port).await;
    Ok(())
}
