# SPDX-License-Identifier: MIT
"""An HTTP/3 server of aioquic, a QUIC and TLS 1.3 implementation in Python without any post-quantum algorithm. Prints its
port, then answers every request with the name of the application protocol, until it is killed.

    aioquic_serve.py CERT_FILE KEY_FILE
"""

import asyncio
import sys

from aioquic.asyncio import serve
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import HeadersReceived
from aioquic.quic.configuration import QuicConfiguration


class Server(QuicConnectionProtocol):
    http = None

    def quic_event_received(self, event):
        self.http = self.http or H3Connection(self._quic)
        for http_event in self.http.handle_event(event):
            if isinstance(http_event, HeadersReceived):
                protocol = self._quic.tls.alpn_negotiated.encode()
                self.http.send_headers(http_event.stream_id, [(b":status", b"200")])
                self.http.send_data(http_event.stream_id, protocol, end_stream=True)
                self.transmit()


async def main(cert_file, key_file):
    configuration = QuicConfiguration(is_client=False, alpn_protocols=H3_ALPN)
    configuration.load_cert_chain(cert_file, key_file)
    server = await serve("127.0.0.1", 0, configuration=configuration, create_protocol=Server)
    print(server._transport.get_extra_info("sockname")[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main(*sys.argv[1:]))
