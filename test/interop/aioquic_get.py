# SPDX-License-Identifier: MIT
"""Fetches URLs of one server with aioquic, a QUIC and TLS 1.3 implementation in Python without any
post-quantum algorithm, and prints one JSON line for each: {"status", "bytes", "sha256"}.

    aioquic_get.py CA_FILE URL...
"""

import asyncio
import hashlib
import json
import sys
from urllib.parse import urlsplit

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated


class Client(QuicConnectionProtocol):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.http = H3Connection(self._quic)
        self.pending = {}

    async def get(self, authority, path):
        stream = self._quic.get_next_available_stream_id()
        done = self.pending[stream] = asyncio.get_running_loop().create_future()
        done.status, done.digest, done.bytes = 0, hashlib.sha256(), 0
        fields = {":method": "GET", ":scheme": "https", ":authority": authority, ":path": path}
        headers = [(name.encode(), value.encode()) for name, value in fields.items()]
        self.http.send_headers(stream, headers, end_stream=True)
        self.transmit()
        await done
        return {"status": done.status, "bytes": done.bytes, "sha256": done.digest.hexdigest()}

    def quic_event_received(self, event):
        if isinstance(event, ConnectionTerminated):
            for done in self.pending.values():
                if not done.done():
                    done.set_exception(ConnectionError(f"{event.error_code} {event.reason_phrase}"))
        for http_event in self.http.handle_event(event):
            self.http_event_received(http_event)

    def http_event_received(self, event):
        if not isinstance(event, (HeadersReceived, DataReceived)):
            return
        done = self.pending.get(event.stream_id)
        if done is None:
            return
        if isinstance(event, HeadersReceived):
            done.status = int(dict(event.headers).get(b":status", done.status))
        else:
            done.digest.update(event.data)
            done.bytes += len(event.data)
        if event.stream_ended and not done.done():
            done.set_result(None)


async def main(ca_file, urls):
    first = urlsplit(urls[0])
    configuration = QuicConfiguration(alpn_protocols=H3_ALPN, cafile=ca_file)
    async with connect(
        first.hostname, first.port, configuration=configuration, create_protocol=Client
    ) as client:
        for url in map(urlsplit, urls):
            print(json.dumps(await client.get(url.netloc, url.path)))


asyncio.run(main(sys.argv[1], sys.argv[2:]))
