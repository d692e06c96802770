# SPDX-License-Identifier: MIT
"""One connection of aioquic to each server on the command line. For each it prints one JSON line: {"body", "protocol",
"cipher"} if a request was answered, {"error": QUIC's error code} if the connection was closed.

    aioquic_probe.py [CA_FILE URL]...
"""

import asyncio
import json
import sys
from urllib.parse import urlsplit

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated

SECONDS = 10


class Client(QuicConnectionProtocol):
    def __init__(self, done, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.http = H3Connection(self._quic)
        self.body = b""
        self.done = done

    def get(self, authority):
        fields = {":method": "GET", ":scheme": "https", ":authority": authority, ":path": "/"}
        headers = [(name.encode(), value.encode()) for name, value in fields.items()]
        stream = self._quic.get_next_available_stream_id()
        self.http.send_headers(stream, headers, end_stream=True)
        self.transmit()

    def finish(self, result):
        if not self.done.done():
            self.done.set_result(result)

    def facts(self):
        tls = self._quic.tls
        cipher = "TLS_" + tls.key_schedule.cipher_suite.name
        return {"body": self.body.decode(), "protocol": tls.alpn_negotiated, "cipher": cipher}

    def quic_event_received(self, event):
        if isinstance(event, ConnectionTerminated):
            self.finish({"error": event.error_code})
        for http_event in self.http.handle_event(event):
            if isinstance(http_event, DataReceived):
                self.body += http_event.data
                if http_event.stream_ended:
                    self.finish(self.facts())


async def probe(ca_file, url):
    target = urlsplit(url)
    configuration = QuicConfiguration(alpn_protocols=H3_ALPN, cafile=ca_file)
    done = asyncio.get_running_loop().create_future()
    try:
        async with connect(
            target.hostname,
            target.port,
            configuration=configuration,
            create_protocol=lambda *args, **options: Client(done, *args, **options),
        ) as client:
            client.get(target.netloc)
            return await asyncio.wait_for(asyncio.shield(done), SECONDS)
    except ConnectionError:
        return await done


async def main(arguments):
    for ca_file, url in zip(arguments[::2], arguments[1::2]):
        print(json.dumps(await probe(ca_file, url)), flush=True)


asyncio.run(main(sys.argv[1:]))
