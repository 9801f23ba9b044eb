//! Connections: how many there may be, and how long each may take to say what it wants or to take an answer. What is
//! answered is the router's.

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Sleep, sleep, timeout};

/// Connections at once: a browser has six of each of a few pages.
pub(super) const MOST_CONNECTIONS: usize = 64;
/// The head of a request comes within this time, and the next one on the same connection.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// Bytes of an answer are taken within this time.
const TAKEN_WITHIN: Duration = Duration::from_secs(30);
/// Whoever finds no room is gone within this time.
const FAREWELL_WITHIN: Duration = Duration::from_secs(1);
/// Bytes of the head of a request.
const MOST_HEAD: usize = 16 << 10;
/// Pause when the system has no room for another connection.
const NO_ROOM: Duration = Duration::from_millis(100);

/// The answer to whoever comes when all connections are taken.
const BUSY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nConnection: close\r\n\
    Content-Length: 44\r\nCache-Control: no-store\r\n\r\n{\"error\":\"there are too many connections.\"}\n";

/// Answers whoever connects, for ever.
pub(super) async fn answer(listener: TcpListener, router: Router, room: Arc<Semaphore>) {
    let farewells = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            sleep(NO_ROOM).await;
            continue;
        };
        match Arc::clone(&room).try_acquire_owned() {
            Ok(place) => {
                let router = router.clone();
                tokio::spawn(async move {
                    converse(stream, router).await;
                    drop(place);
                });
            }
            Err(_) => {
                // Beyond these nobody is told.
                if let Ok(place) = Arc::clone(&farewells).try_acquire_owned() {
                    tokio::spawn(async move {
                        let _ = timeout(FAREWELL_WITHIN, turn_away(stream)).await;
                        drop(place);
                    });
                }
            }
        }
    }
}

/// Says that there is no room. A connection that is closed while something is unread loses what was written, so that is read.
async fn turn_away(mut stream: TcpStream) -> io::Result<()> {
    // It fits what the system keeps for a new connection.
    stream.try_write(BUSY)?;
    poll_fn(|cx| Pin::new(&mut stream).poll_shutdown(cx)).await?;
    let mut unread = [0; 4096];
    loop {
        stream.readable().await?;
        match stream.try_read(&mut unread) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

/// One connection until it ends, for whatever reason: nobody is told of it.
async fn converse(stream: TcpStream, router: Router) {
    // Small answers go at once.
    let _ = stream.set_nodelay(true);
    let io = TokioIo::new(ImpatientStream { stream, until: None });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN).max_buf_size(MOST_HEAD);
    let _ = http.serve_connection(io, TowerToHyperService::new(router)).await;
}

/// A connection that ends when nobody takes what is written.
struct ImpatientStream {
    stream: TcpStream,
    /// The end, while something waits to be taken.
    until: Option<Pin<Box<Sleep>>>,
}

impl ImpatientStream {
    /// What became of a write, and an error once it has waited for too long.
    fn within<T>(&mut self, cx: &mut Context<'_>, done: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if done.is_ready() {
            self.until = None;
            return done;
        }
        let until = self.until.get_or_insert_with(|| Box::pin(sleep(TAKEN_WITHIN)));
        until.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for ImpatientStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl AsyncWrite for ImpatientStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.within(cx, done)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let done = Pin::new(&mut self.stream).poll_flush(cx);
        self.within(cx, done)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let done = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.within(cx, done)
    }
}
