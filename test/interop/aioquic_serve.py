# SPDX-License-Identifier: MIT
"""An HTTP/3 server of aioquic, a QUIC and TLS 1.3 implementation in Python without any post-quantum algorithm. Prints its
port, then answers until it is killed: GET with a file of FOLDER, or with the name of the application protocol for "/";
POST with the body.

    aioquic_serve.py CERT_FILE KEY_FILE [FOLDER] [--retry]
"""

import asyncio
import os
import sys

from aioquic.asyncio import serve
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration

options = [argument for argument in sys.argv[1:] if argument.startswith("--")]
arguments = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
folder = arguments[2] if len(arguments) > 2 else None


class Server(QuicConnectionProtocol):
    http = None

    def quic_event_received(self, event):
        if self.http is None:
            self.http = H3Connection(self._quic)
            self.requests = {}
        for http_event in self.http.handle_event(event):
            if isinstance(http_event, HeadersReceived):
                self.requests[http_event.stream_id] = (dict(http_event.headers), [])
            elif isinstance(http_event, DataReceived):
                self.requests[http_event.stream_id][1].append(http_event.data)
            if isinstance(http_event, (HeadersReceived, DataReceived)) and http_event.stream_ended:
                self.answer(http_event.stream_id, *self.requests.pop(http_event.stream_id))

    def answer(self, stream, headers, body):
        method = headers[b":method"].decode()
        status, content = self.content(method, headers[b":path"].decode(), b"".join(body))
        if method == "HEAD":
            content = b""
        self.http.send_headers(stream, [(b":status", str(status).encode())])
        self.http.send_data(stream, content, end_stream=True)
        self.transmit()

    def content(self, method, path, body):
        if method == "POST":
            return 200, body
        if path == "/":
            return 200, self._quic.tls.alpn_negotiated.encode()
        file = None if folder is None else os.path.join(folder, os.path.basename(path))
        if file is None or not os.path.isfile(file):
            return 404, b""
        with open(file, "rb") as opened:
            return 200, opened.read()


async def main():
    configuration = QuicConfiguration(is_client=False, alpn_protocols=H3_ALPN)
    configuration.load_cert_chain(arguments[0], arguments[1])
    server = await serve(
        "127.0.0.1",
        0,
        configuration=configuration,
        create_protocol=Server,
        retry="--retry" in options,
    )
    print(server._transport.get_extra_info("sockname")[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
