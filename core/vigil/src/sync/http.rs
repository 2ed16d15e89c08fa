//! The real transport: HTTPS by reqwest and rustls on ring, trusting the committee's certificate authorities only.
//! No redirects, no proxy from the environment, no cookies, no referrer.

use super::transport::{Transport, TransportError};
use crate::error::{Result, VigilError};
use std::time::Duration;
use vigil_protocol::{ServerCard, limits};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// A page must come through a slow link; a dead one must not hold a monitor up for ever.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(120);

/// A warm connection to the server of one card.
pub struct HttpTransport {
    client: reqwest::Client,
    base: String,
}

impl HttpTransport {
    /// Prepares a connection; nothing is sent yet.
    ///
    /// # Errors
    /// [`VigilError::Invalid`] if the card's address or certificates are not valid.
    pub fn new(card: &ServerCard) -> Result<Self> {
        // A second installation is refused; the first one stands, and it is the same.
        rustls::crypto::ring::default_provider().install_default().ok();
        let mut authorities = Vec::new();
        for pem in &card.authorities {
            let certificate = reqwest::Certificate::from_pem(pem.as_bytes())
                .map_err(|_| VigilError::invalid("server card", "a certificate authority cannot be read"))?;
            authorities.push(certificate);
        }
        if !card.url.starts_with("https://") || authorities.is_empty() {
            return Err(VigilError::invalid("server card", "it must name an https address and its authorities"));
        }
        let client = reqwest::Client::builder()
            .tls_certs_only(authorities)
            .https_only(true)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            .build()
            .map_err(|error| VigilError::invalid("server card", root_cause(&error)))?;
        Ok(Self { client, base: card.url.trim_end_matches('/').to_owned() })
    }
}

impl Transport for HttpTransport {
    async fn post(&self, path: &str, body: Vec<u8>) -> Result<Vec<u8>, TransportError> {
        let request =
            self.client.post(format!("{}{path}", self.base)).header("content-type", "application/cbor").body(body);
        let mut response = request.send().await.map_err(|error| classify(&error))?;
        let mut answer = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| classify(&error))? {
            if answer.len() + chunk.len() > limits::MAX_BODY_BYTES {
                return Err(TransportError::TooLarge);
            }
            answer.extend_from_slice(&chunk);
        }
        Ok(answer)
    }
}

fn classify(error: &reqwest::Error) -> TransportError {
    let cause = root_cause(error);
    // rustls reports a certificate that no pinned authority vouches for as "invalid peer certificate".
    if cause.contains("certificate") { TransportError::NotTrusted(cause) } else { TransportError::Unreachable(cause) }
}

/// The innermost message: it names no address and no path.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
