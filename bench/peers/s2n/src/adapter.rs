// SPDX-License-Identifier: MIT
//! s2n-quic under h3: the traits of `h3::quic` for a server. s2n-quic's own adapter is not published as a crate.

use std::{
    marker::PhantomData,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use h3::{
    error::Code,
    quic::{self, ConnectionErrorIncoming, StreamErrorIncoming, StreamId, WriteBuf},
};
use s2n_quic::{
    application, connection,
    connection::{BidirectionalStreamAcceptor, Handle, ReceiveStreamAcceptor},
    stream,
};

/// A connection that a server has accepted.
pub struct Connection {
    bidirectional: BidirectionalStreamAcceptor,
    unidirectional: ReceiveStreamAcceptor,
    opener: Opener,
}

impl Connection {
    pub fn new(connection: s2n_quic::Connection) -> Self {
        let (handle, acceptor) = connection.split();
        let (bidirectional, unidirectional) = acceptor.split();
        Self {
            bidirectional,
            unidirectional,
            opener: Opener(handle),
        }
    }
}

impl<B: Buf> quic::Connection<B> for Connection {
    type RecvStream = RecvStream;
    type OpenStreams = Opener;

    fn poll_accept_recv(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<RecvStream, ConnectionErrorIncoming>> {
        let accepted = ready!(self.unidirectional.poll_accept_receive_stream(cx));
        Poll::Ready(accepted_or_closed(accepted).map(RecvStream))
    }

    fn poll_accept_bidi(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<BidiStream<B>, ConnectionErrorIncoming>> {
        let accepted = ready!(self.bidirectional.poll_accept_bidirectional_stream(cx));
        Poll::Ready(accepted_or_closed(accepted).map(BidiStream::new))
    }

    fn opener(&self) -> Opener {
        self.opener.clone()
    }
}

impl<B: Buf> quic::OpenStreams<B> for Connection {
    type BidiStream = BidiStream<B>;
    type SendStream = SendStream<B>;

    fn poll_open_bidi(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<BidiStream<B>, StreamErrorIncoming>> {
        self.opener.poll_open_bidi(cx)
    }

    fn poll_open_send(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<SendStream<B>, StreamErrorIncoming>> {
        self.opener.poll_open_send(cx)
    }

    fn close(&mut self, code: Code, reason: &[u8]) {
        quic::OpenStreams::<B>::close(&mut self.opener, code, reason);
    }
}

/// Opens streams and closes the connection.
#[derive(Clone)]
pub struct Opener(Handle);

impl<B: Buf> quic::OpenStreams<B> for Opener {
    type BidiStream = BidiStream<B>;
    type SendStream = SendStream<B>;

    fn poll_open_bidi(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<BidiStream<B>, StreamErrorIncoming>> {
        let opened = ready!(self.0.poll_open_bidirectional_stream(cx));
        Poll::Ready(
            opened
                .map(BidiStream::new)
                .map_err(stream_of_connection_error),
        )
    }

    fn poll_open_send(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<SendStream<B>, StreamErrorIncoming>> {
        let opened = ready!(self.0.poll_open_send_stream(cx));
        Poll::Ready(
            opened
                .map(SendStream::new)
                .map_err(stream_of_connection_error),
        )
    }

    fn close(&mut self, code: Code, _reason: &[u8]) {
        self.0.close(application_error(code.value()));
    }
}

/// Both directions of a request.
pub struct BidiStream<B> {
    send: SendStream<B>,
    recv: RecvStream,
}

impl<B> BidiStream<B> {
    fn new(stream: stream::BidirectionalStream) -> Self {
        let (recv, send) = stream.split();
        Self {
            send: SendStream::new(send),
            recv: RecvStream(recv),
        }
    }
}

impl<B: Buf> quic::BidiStream<B> for BidiStream<B> {
    type SendStream = SendStream<B>;
    type RecvStream = RecvStream;

    fn split(self) -> (SendStream<B>, RecvStream) {
        (self.send, self.recv)
    }
}

impl<B: Buf> quic::SendStream<B> for BidiStream<B> {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StreamErrorIncoming>> {
        self.send.poll_ready(cx)
    }

    fn send_data<T: Into<WriteBuf<B>>>(&mut self, data: T) -> Result<(), StreamErrorIncoming> {
        self.send.send_data(data)
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StreamErrorIncoming>> {
        self.send.poll_finish(cx)
    }

    fn reset(&mut self, code: u64) {
        self.send.reset(code);
    }

    fn send_id(&self) -> StreamId {
        self.send.send_id()
    }
}

impl<B> quic::RecvStream for BidiStream<B> {
    type Buf = Bytes;

    fn poll_data(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Bytes>, StreamErrorIncoming>> {
        self.recv.poll_data(cx)
    }

    fn stop_sending(&mut self, code: u64) {
        self.recv.stop_sending(code);
    }

    fn recv_id(&self) -> StreamId {
        self.recv.recv_id()
    }
}

/// The sending half. What `send_data` is given waits in `queued` until `poll_ready` has put it into the stream: a frame's
/// head and its payload in one call.
pub struct SendStream<B> {
    stream: stream::SendStream,
    queued: Vec<Bytes>,
    payload: PhantomData<fn(B)>,
}

impl<B> SendStream<B> {
    fn new(stream: stream::SendStream) -> Self {
        Self {
            stream,
            queued: Vec::new(),
            payload: PhantomData,
        }
    }
}

impl<B: Buf> quic::SendStream<B> for SendStream<B> {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StreamErrorIncoming>> {
        if !self.queued.is_empty() {
            ready!(self.stream.poll_send_vectored(&mut self.queued, cx)).map_err(stream_error)?;
            self.queued.clear();
        }
        Poll::Ready(Ok(()))
    }

    fn send_data<T: Into<WriteBuf<B>>>(&mut self, data: T) -> Result<(), StreamErrorIncoming> {
        let mut data = data.into();
        while data.has_remaining() {
            let bytes = data.chunk().len();
            self.queued.push(data.copy_to_bytes(bytes));
        }
        Ok(())
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StreamErrorIncoming>> {
        ready!(self.poll_ready(cx))?;
        Poll::Ready(self.stream.finish().map_err(stream_error))
    }

    fn reset(&mut self, code: u64) {
        // Fails only for streams that have ended.
        let _ = self.stream.reset(application_error(code));
    }

    fn send_id(&self) -> StreamId {
        stream_id(self.stream.id())
    }
}

/// The receiving half.
pub struct RecvStream(stream::ReceiveStream);

impl quic::RecvStream for RecvStream {
    type Buf = Bytes;

    fn poll_data(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Bytes>, StreamErrorIncoming>> {
        self.0.poll_receive(cx).map_err(stream_error)
    }

    fn stop_sending(&mut self, code: u64) {
        // Fails only for streams that have ended.
        let _ = self.0.stop_sending(application_error(code));
    }

    fn recv_id(&self) -> StreamId {
        stream_id(self.0.id())
    }
}

/// Both count as RFC 9000 does, up to 2^62 - 1.
fn stream_id(id: u64) -> StreamId {
    StreamId::try_from(id).expect("a QUIC stream id")
}

fn application_error(code: u64) -> application::Error {
    application::Error::new(code).unwrap_or(application::Error::UNKNOWN)
}

/// No further stream is how s2n-quic says that a connection was closed without an error.
fn accepted_or_closed<T>(
    accepted: connection::Result<Option<T>>,
) -> Result<T, ConnectionErrorIncoming> {
    match accepted {
        Ok(Some(stream)) => Ok(stream),
        Ok(None) => Err(ConnectionErrorIncoming::ApplicationClose {
            error_code: Code::H3_NO_ERROR.value(),
        }),
        Err(error) => Err(connection_error(error)),
    }
}

fn connection_error(error: connection::Error) -> ConnectionErrorIncoming {
    match error {
        connection::Error::Application { error, .. } => ConnectionErrorIncoming::ApplicationClose {
            error_code: error.into(),
        },
        connection::Error::Closed { .. } => ConnectionErrorIncoming::ApplicationClose {
            error_code: Code::H3_NO_ERROR.value(),
        },
        connection::Error::IdleTimerExpired { .. } => ConnectionErrorIncoming::Timeout,
        other => ConnectionErrorIncoming::Undefined(Arc::new(other)),
    }
}

fn stream_of_connection_error(error: connection::Error) -> StreamErrorIncoming {
    StreamErrorIncoming::ConnectionErrorIncoming {
        connection_error: connection_error(error),
    }
}

fn stream_error(error: stream::Error) -> StreamErrorIncoming {
    match error {
        stream::Error::StreamReset { error, .. } => StreamErrorIncoming::StreamTerminated {
            error_code: error.into(),
        },
        stream::Error::ConnectionError { error, .. } => stream_of_connection_error(error),
        other => StreamErrorIncoming::Unknown(Box::new(other)),
    }
}
