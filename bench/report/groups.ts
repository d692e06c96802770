// SPDX-License-Identifier: MIT
// Sorts functions into groups, by name and by where they are: the same groups for servers in C and in Rust.

/** A group, with what its functions look like. */
interface Group {
  readonly name: string;
  /** Whether a server could do without it: what has to be computed or copied for the operation, whoever does it, is not. */
  readonly isGiven: boolean;
  readonly pattern: RegExp;
}

const KERNEL = "[kernel";

/** Functions of the kernel that carry datagrams; the others schedule, wait, and enter and leave. */
const NETWORK =
  /udp|ip_|ipv4|skb|sock|net|dev_|xmit|gro|gso|csum|route|fib_|copy_(from|to)_iter|copy_(from|to)_user|iov|msg|loopback|qdisc|nf_|page_frag|check_object_size/i;

/** The first that fits counts. */
const GROUPS: readonly Group[] = [
  {
    name: "SHA-3 of ML-KEM and ML-DSA",
    isGiven: true,
    pattern: /sha3_|keccak|shake/i,
  },
  {
    name: "ML-DSA",
    isGiven: true,
    pattern: /ml_?dsa|mld_|dilithium|looptop\d|OQS/i,
  },
  {
    name: "ML-KEM",
    isGiven: true,
    pattern: /ml_?kem|mlk_|kyber/i,
  },
  {
    name: "X25519 and ECDSA",
    isGiven: true,
    pattern:
      /curve25519|x25519|p256|p384|ecdsa|ec_|ecp_|bn_|bignum|fiat|edwards|fe_|scalar|beeu|felem|ord_/i,
  },
  {
    name: "AEAD and header protection",
    isGiven: true,
    pattern: /aes|gcm|ghash|chacha|poly1305|aead|skip_iv|crypter|header_protection/i,
  },
  {
    name: "hashes, HKDF, random numbers",
    isGiven: true,
    pattern: /sha256|sha512|hmac|hkdf|EVP_MD|digest|rdrand|RAND|ctr_drbg|rng|entropy|getrandom/i,
  },
  {
    name: "TLS and certificates",
    isGiven: false,
    pattern:
      /ssl|tls|s2n_(?!quic)|rustls|webpki|cbs_|cbb_|CBB|CBS|x509|asn1|EVP_|ERR_|pem|OPENSSL|CRYPTO_|probe|certificate/i,
  },
  {
    name: "HTTP/3",
    isGiven: false,
    pattern: /nghttp3|h3|http|qpack|huffman|pqq__session|pqq__fields/i,
  },
  {
    name: "QUIC",
    isGiven: false,
    pattern:
      /ngtcp2|quic|quinn|conn_|rtb_|ppe_|strm|pqq__conn|pqq__endpoint|frame|packet|stream|ack|pktns|congestion|cubic|recovery|interval_set|codec/i,
  },
  {
    name: "memory: allocating, copying",
    isGiven: false,
    pattern: /alloc|free|mem(cpy|move|set|cmp)|unlink_chunk|consolidate|bytes::|drop_in_place/i,
  },
  {
    name: "driver, runtime, server",
    isGiven: false,
    pattern:
      /pqq|tokio|epoll|recvmmsg|sendmmsg|sendmsg|syscall|pthread|std::|core::|alloc::|ngx_|worker|run$/i,
  },
];

const REST = "rest";
const KERNEL_NETWORK = "kernel: datagrams";
const KERNEL_REST = "kernel: waiting, system calls";

/** AWS-LC's symbols carry its version in Rust. */
const bare = (symbol: string): string => symbol.replace(/^aws_lc_\d+_\d+_\d+_/, "");

/** The group of a function. */
export function groupOf(symbol: string, object: string): string {
  const name = bare(symbol);
  if (object.includes(KERNEL)) return NETWORK.test(name) ? KERNEL_NETWORK : KERNEL_REST;
  return GROUPS.find(({ pattern }) => pattern.test(name))?.name ?? REST;
}

/** Groups in the order of tables. */
export const GROUP_NAMES: readonly string[] = [
  ...GROUPS.map(({ name }) => name),
  ...[KERNEL_NETWORK, KERNEL_REST, REST],
];

/** Those that no server of the same protocol and algorithms is without. */
export const GIVEN: readonly string[] = GROUPS.filter(({ isGiven }) => isGiven).map(
  ({ name }) => name,
);
