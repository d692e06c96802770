// SPDX-License-Identifier: MIT
//! TLS for quinn as rustls-post-quantum offers it: aws-lc-rs, X25519MLKEM768, ML-DSA.

use std::sync::Arc;

use rustls::crypto::{
    CryptoProvider,
    aws_lc_rs::{cipher_suite, kx_group},
};

/// TLS_AES_128_GCM_SHA256 first and X25519MLKEM768 alone, as the benchmark's other clients offer.
pub fn provider() -> Arc<CryptoProvider> {
    let mut provider = rustls_post_quantum::provider();
    provider.cipher_suites = vec![
        cipher_suite::TLS13_AES_128_GCM_SHA256,
        cipher_suite::TLS13_AES_256_GCM_SHA384,
        cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
    ];
    provider.kx_groups = vec![kx_group::X25519MLKEM768];
    Arc::new(provider)
}
