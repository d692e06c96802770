# SPDX-License-Identifier: MIT
"""Fetches URLs of one server with aioquic, a QUIC and TLS 1.3 implementation in Python without any
post-quantum algorithm, and prints one JSON line for each: {"status", "bytes", "sha256"}.

    aioquic_get.py CA_FILE [METHOD=]URL... [--body FILE] [--many N] [--key-update] [--v2]

--body is what a POST sends; --many makes N requests for each URL at once; --key-update changes the keys after the first URL.
"""

import argparse
import asyncio
import hashlib
import json
from urllib.parse import urlsplit

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated
from aioquic.quic.packet import QuicProtocolVersion


class Client(QuicConnectionProtocol):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.http = H3Connection(self._quic)
        self.pending = {}

    async def request(self, method, authority, path, body):
        stream = self._quic.get_next_available_stream_id()
        done = self.pending[stream] = asyncio.get_running_loop().create_future()
        done.status, done.digest, done.bytes = 0, hashlib.sha256(), 0
        fields = {":method": method, ":scheme": "https", ":authority": authority, ":path": path}
        headers = [(name.encode(), value.encode()) for name, value in fields.items()]
        self.http.send_headers(stream, headers, end_stream=body is None)
        if body is not None:
            self.http.send_data(stream, body, end_stream=True)
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


def split(word):
    method, sign, url = word.partition("=")
    return (method, urlsplit(url)) if sign and method.isupper() else ("GET", urlsplit(word))


async def main(options):
    requests = [split(word) for word in options.urls]
    first = requests[0][1]
    configuration = QuicConfiguration(alpn_protocols=H3_ALPN, cafile=options.ca_file)
    if options.v2:
        configuration.original_version = QuicProtocolVersion.VERSION_2
        configuration.supported_versions = [QuicProtocolVersion.VERSION_2]
    body = open(options.body, "rb").read() if options.body else None
    async with connect(
        first.hostname, first.port, configuration=configuration, create_protocol=Client
    ) as client:
        for at, (method, url) in enumerate(requests):
            if options.key_update and at == 1:
                client._quic.request_key_update()
            content = body if method == "POST" else None
            made = [client.request(method, url.netloc, url.path, content) for _ in range(options.many)]
            for result in await asyncio.gather(*made):
                print(json.dumps(result))


parser = argparse.ArgumentParser()
parser.add_argument("ca_file")
parser.add_argument("urls", nargs="+")
parser.add_argument("--body")
parser.add_argument("--many", type=int, default=1)
parser.add_argument("--key-update", action="store_true")
parser.add_argument("--v2", action="store_true")
asyncio.run(main(parser.parse_args()))
