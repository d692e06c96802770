#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds h2load with HTTP/3, inside the newer Debian: the one that Debian packs takes --h3 but has no QUIC in it. From
# nghttp2's source as Debian has it, with Debian's ngtcp2, nghttp3 and OpenSSL. About three minutes; the result is
# /usr/local/bin/h2load. The packages it takes stay installed in there.
set -eu
test -x /usr/local/bin/h2load && exit 0
export DEBIAN_FRONTEND=noninteractive
sed 's/^deb /deb-src /' /etc/apt/sources.list > /etc/apt/sources.list.d/h2load.list
old='-o Acquire::Check-Valid-Until=false'
apt-get $old update
apt-get install --yes --no-install-recommends make g++ pkg-config dpkg-dev autoconf automake libtool \
  libngtcp2-dev libngtcp2-crypto-ossl-dev libnghttp3-dev libnghttp2-dev libssl-dev zlib1g-dev libev-dev libc-ares-dev
mkdir -p /tmp/h2load
cd /tmp/h2load
apt-get $old source --download-only nghttp2 || true # its .dsc may be gone; the source itself is enough
tar -xf nghttp2_*.orig.tar.*
cd nghttp2-*/
test -x configure || autoreconf -i
./configure --enable-app --enable-http3 --disable-shared --disable-dependency-tracking
make -j2 -C lib
make -j2 -C third-party
make -j2 -C src h2load
install src/h2load /usr/local/bin/h2load
rm -rf /tmp/h2load /etc/apt/sources.list.d/h2load.list
