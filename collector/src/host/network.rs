//! One contact with one server on one port: does its name resolve, does it answer, which certificates does it show.
//! Sends no name and no password, follows no redirection, trusts nothing and judges nothing. Asked for with a person's
//! consent only.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream, ToSocketAddrs},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use jiff::{Timestamp, fmt::rfc2822};
use koff_bundle::{
    acquisition::{Acquisition, State},
    reading::Reading,
    record::{ReachRecord, ServerCertificate, TlsRecord},
};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned,
    client::{
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};
use x509_cert::{
    Certificate,
    der::{Decode, Encode},
    time::Time,
};

use super::failed;

/// For each attempt to connect, and for everything that is said on a connection that stands: a server that sends a byte
/// now and then cannot hold the run up.
const PATIENCE: Duration = Duration::from_secs(5);

/// Addresses tried.
const ADDRESSES: usize = 2;

/// Certificates kept; real chains have up to five.
const CHAIN: usize = 10;

/// Longest line kept, and the most of an answer's head that is read, in bytes.
const LINE: usize = 200;
const HEAD: usize = 4096;

/// What one contact with `server` says; `encrypted` as the profile's address says. Every part has its own end.
#[must_use]
pub fn reach(server: &str, port: u16, encrypted: bool) -> ReachRecord {
    let unasked = || Acquisition::ended(State::Skipped, "there was no connection to ask on");
    let mut record = ReachRecord {
        server: server.to_owned(),
        port,
        families: Reading::from(Err(unasked())),
        connect_ms: Reading::from(Err(unasked())),
        tls: Reading::from(Err(unasked())),
        http: Reading::from(Err(unasked())),
        banner: Reading::from(Err(unasked())),
        clock_ahead_seconds: Reading::from(Err(unasked())),
    };
    let addresses: Vec<SocketAddr> = match (server, port).to_socket_addrs() {
        Ok(addresses) => addresses.collect(),
        Err(error) => {
            record.families = Reading::from(Err(failed(format!("the name is not resolved: {error}"))));
            return record;
        }
    };
    let family = |address: &SocketAddr| if address.is_ipv4() { "IPv4" } else { "IPv6" }.to_owned();
    record.families = Reading::Value(addresses.iter().map(family).collect());
    let begun = Instant::now();
    let stream = match connect(&addresses) {
        Ok(stream) => stream,
        Err(end) => {
            record.connect_ms = Reading::from(Err(end));
            return record;
        }
    };
    record.connect_ms = Reading::Value(u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX));
    let answer = if encrypted {
        let (tls, answer) = over_tls(server, stream);
        record.tls = Reading::from(tls);
        answer
    } else {
        let none = Acquisition::ended(State::Absent, "the profile's address is not an encrypted one");
        record.tls = Reading::from(Err(none));
        ask(server, stream)
    };
    match answer {
        Ok(answer) => {
            (record.http, record.banner) = (Reading::Value(answer.status), Reading::from(answer.banner));
            let ahead = answer.date.map(|date| Timestamp::now().as_second() - date.as_second());
            record.clock_ahead_seconds = Reading::from(ahead);
        }
        Err(end) => {
            (record.http, record.banner) = (Reading::from(Err(end.clone())), Reading::from(Err(end.clone())));
            record.clock_ahead_seconds = Reading::from(Err(end));
        }
    }
    record
}

fn io_end(what: &str, error: &std::io::Error) -> Acquisition {
    use std::io::ErrorKind::{TimedOut, WouldBlock};
    let state = if matches!(error.kind(), TimedOut | WouldBlock) { State::TimedOut } else { State::Failed };
    let os_error = error.raw_os_error().map(i64::from);
    Acquisition { os_error, ..Acquisition::ended(state, format!("{what}: {error}")) }
}

fn connect(addresses: &[SocketAddr]) -> Result<Timed, Acquisition> {
    let mut end = failed("the name stands for no address");
    for address in addresses.iter().take(ADDRESSES) {
        match TcpStream::connect_timeout(address, PATIENCE) {
            Ok(stream) => return Ok(Timed { stream, begun: Instant::now() }),
            Err(error) => end = io_end("no connection", &error),
        }
    }
    Err(end)
}

/// A connection on which everything together may take [`PATIENCE`].
struct Timed {
    stream: TcpStream,
    begun: Instant,
}

impl Timed {
    fn left(&self) -> std::io::Result<Option<Duration>> {
        match PATIENCE.checked_sub(self.begun.elapsed()).filter(|left| !left.is_zero()) {
            Some(left) => Ok(Some(left)),
            None => Err(std::io::ErrorKind::TimedOut.into()),
        }
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.stream.set_read_timeout(self.left()?)?;
        self.stream.read(buffer)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.stream.set_write_timeout(self.left()?)?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.stream.flush()
    }
}

/// The encrypted connection, and what answers inside it.
fn over_tls(server: &str, stream: Timed) -> (Result<TlsRecord, Acquisition>, Result<Said, Acquisition>) {
    let none = || failed("there was no encrypted connection to ask on");
    let witness = Arc::new(Witness { provider: Arc::new(ring::default_provider()), seen: Mutex::default() });
    let connection = match client(server, &witness) {
        Ok(connection) => connection,
        Err(error) => return (Err(failed(error)), Err(none())),
    };
    let mut stream = StreamOwned::new(connection, stream);
    let handshake = stream.conn.complete_io(&mut stream.sock);
    let version = stream.conn.protocol_version().and_then(|version| version.as_str());
    let version = match version.map(|text| text.replace("TLSv1_", "TLS 1.")) {
        Some(version) => Reading::Value(version),
        None => Reading::missing(State::Failed, "no version was agreed on"),
    };
    let record = witness.record(server, version);
    match handshake {
        Ok(_) => (Ok(record), ask(server, stream)),
        // A chain that was shown counts even where the connection failed afterwards.
        Err(error) if !record.chain.is_empty() => (Ok(record), Err(io_end("no encrypted connection", &error))),
        Err(error) => (Err(io_end("no encrypted connection", &error)), Err(none())),
    }
}

fn client(server: &str, witness: &Arc<Witness>) -> Result<ClientConnection, String> {
    let name = ServerName::try_from(server.to_owned()).map_err(|error| error.to_string())?;
    let config = ClientConfig::builder_with_provider(Arc::clone(&witness.provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::<Witness>::clone(witness))
        .with_no_client_auth();
    ClientConnection::new(Arc::new(config), name).map_err(|error| error.to_string())
}

/// What answers a request.
struct Said {
    status: String,
    banner: Result<String, Acquisition>,
    date: Result<Timestamp, Acquisition>,
}

/// Asks with `HEAD`, which changes nothing on the server and brings no content.
fn ask(server: &str, mut stream: impl Read + Write) -> Result<Said, Acquisition> {
    let request = format!("HEAD / HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).and_then(|()| stream.flush()).map_err(|error| io_end("no request", &error))?;
    let (mut head, mut block) = (Vec::new(), [0_u8; 1024]);
    while head.len() < HEAD && !head.windows(4).any(|four| four == b"\r\n\r\n") {
        match stream.read(&mut block) {
            Ok(0) => break,
            Ok(read) => head.extend(block.get(..read).unwrap_or_default()),
            Err(error) if head.is_empty() => return Err(io_end("no answer", &error)),
            // What came before the connection broke off counts.
            Err(_) => break,
        }
    }
    said(&String::from_utf8_lossy(&head)).ok_or_else(|| failed("the answer does not begin like HTTP"))
}

fn said(head: &str) -> Option<Said> {
    let short = |line: &str| line.trim().chars().take(LINE).collect::<String>();
    let mut lines = head.lines();
    let status = lines.next().map(short).filter(|line| line.starts_with("HTTP/"))?;
    let fields: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(':')).collect();
    let field = |wanted: &str| {
        let found = fields.iter().find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
        let none = || Acquisition::ended(State::Absent, format!("the answer has no {wanted} line"));
        found.map(|(_, value)| *value).ok_or_else(none)
    };
    let date = field("Date").and_then(|text| {
        let date = rfc2822::parse(text.trim()).map(|zoned| zoned.timestamp());
        date.map_err(|_| failed("the answer's Date line holds no date"))
    });
    Some(Said { status, banner: field("Server").map(short), date })
}

/// Keeps the certificates that it is shown, and refuses none: an untrusted chain is what a diagnosis is about. Nothing
/// secret is ever sent over such a connection.
#[derive(Debug)]
struct Witness {
    provider: Arc<CryptoProvider>,
    seen: Mutex<Vec<CertificateDer<'static>>>,
}

impl Witness {
    fn record(&self, server: &str, version: Reading<String>) -> TlsRecord {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let matches = || {
            let name = ServerName::try_from(server).map_err(|error| failed(error.to_string()))?;
            let first = seen.first().ok_or_else(|| failed("no certificate was shown"))?;
            let parsed = ParsedCertificate::try_from(first).map_err(|error| failed(error.to_string()))?;
            Ok(verify_server_name(&parsed, &name).is_ok())
        };
        TlsRecord { version, name_matches: Reading::from(matches()), chain: seen.iter().map(dates).collect() }
    }
}

fn dates(certificate: &CertificateDer<'static>) -> ServerCertificate {
    let parsed = Certificate::from_der(certificate).map_err(|error| failed(format!("not readable: {error}")));
    let time = |pick: fn(&Certificate) -> Time| {
        let parsed = parsed.as_ref().map_err(Clone::clone)?;
        let seconds =
            i64::try_from(pick(parsed).to_unix_duration().as_secs()).map_err(|error| failed(error.to_string()))?;
        Timestamp::from_second(seconds).map_err(|error| failed(error.to_string()))
    };
    let own = parsed.as_ref().map_err(Clone::clone).and_then(|parsed| {
        let names = &parsed.tbs_certificate;
        let bytes = |name: &x509_cert::name::Name| name.to_der().map_err(|error| failed(error.to_string()));
        Ok(bytes(&names.subject)? == bytes(&names.issuer)?)
    });
    ServerCertificate {
        not_before: Reading::from(time(|one| one.tbs_certificate.validity.not_before)),
        not_after: Reading::from(time(|one| one.tbs_certificate.validity.not_after)),
        self_issued: Reading::from(own),
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        first: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _server: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let chain = std::iter::once(first).chain(others).take(CHAIN).map(|one| one.clone().into_owned());
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = chain.collect();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::{net::TcpListener, thread};

    use super::*;

    /// A server that answers one request in the clear.
    fn server(answer: &'static [u8]) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 512]);
            let _ = stream.write_all(answer);
        });
        port
    }

    #[test]
    fn a_server_in_the_clear_is_asked_once_and_its_status_line_kept() {
        let answer = b"HTTP/1.1 503 Service Unavailable\r\nSERVER: Kerio Connect 9.4.0\r\n\r\n";
        let record = reach("127.0.0.1", server(answer), false);
        assert_eq!(record.families, Reading::Value(vec!["IPv4".to_owned()]));
        assert!(record.connect_ms.value().is_some());
        assert_eq!(record.http.value().map(String::as_str), Some("HTTP/1.1 503 Service Unavailable"));
        assert_eq!(record.banner.value().map(String::as_str), Some("Kerio Connect 9.4.0"));
        assert_eq!(record.clock_ahead_seconds.why_missing().map(|why| why.missing), Some(State::Absent));
        let late = Timestamp::now() - jiff::SignedDuration::from_mins(10);
        let date = rfc2822::to_string(&late.to_zoned(jiff::tz::TimeZone::UTC)).unwrap().replace("+0000", "GMT");
        let answer = format!("HTTP/1.1 200 OK\r\nDate: {date}\r\n\r\n");
        let record = reach("127.0.0.1", server(answer.into_bytes().leak()), false);
        let ahead = *record.clock_ahead_seconds.value().unwrap();
        assert!((600..640).contains(&ahead), "{ahead}");
        let record = reach("127.0.0.1", server(b"HTTP/1.1 200 OK\r\nDate: yesterday\r\n\r\n"), false);
        assert_eq!(record.clock_ahead_seconds.why_missing().map(|why| why.missing), Some(State::Failed));
        let record = reach("127.0.0.1", server(b"HTTP/1.1 200 OK\r\n"), false);
        assert_eq!(record.http.value().map(String::as_str), Some("HTTP/1.1 200 OK"));
        assert_eq!(record.banner.why_missing().map(|why| why.missing), Some(State::Absent));
    }

    #[test]
    fn a_server_that_sends_a_byte_now_and_then_holds_nothing_up() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            while stream.write_all(b"H").is_ok() {
                thread::sleep(Duration::from_millis(300));
            }
        });
        let begun = Instant::now();
        let record = reach("127.0.0.1", port, false);
        assert!(begun.elapsed() < 2 * PATIENCE, "{:?}", begun.elapsed());
        assert!(record.connect_ms.value().is_some() && record.http.value().is_none(), "{record:?}");
    }

    #[test]
    fn what_is_no_tls_no_http_or_nobody_is_said_in_its_own_field() {
        let record = reach("127.0.0.1", server(b"220 smtp ready\r\n"), true);
        assert!(record.connect_ms.value().is_some() && record.tls.value().is_none(), "{record:?}");
        let record = reach("127.0.0.1", server(b"220 smtp ready\r\n"), false);
        assert!(record.http.value().is_none(), "{record:?}");
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let record = reach("127.0.0.1", free, true);
        assert!(record.families.value().is_some() && record.connect_ms.value().is_none(), "{record:?}");
    }
}
