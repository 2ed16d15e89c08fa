//! TLS: a certificate authority of the server's own, and a certificate under it.
//! Devices promise themselves to trust this authority and no other (it stands in the server card), so the certificate is
//! made anew at each start, never touches the disk, and is valid at all times: phones' clocks are hints.

use crate::error::ServerError;
use crate::files::DataFolder;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::sync::Arc;

const AUTHORITY_FILE: &str = "authority.pem";
const AUTHORITY_KEY_FILE: &str = "authority.key";
const MAX_PEM_BYTES: u64 = 64 * 1024;

/// What the rest of the server needs of TLS.
pub(crate) struct Tls {
    /// For the acceptor.
    pub(crate) config: Arc<ServerConfig>,
    /// The authority's certificate, in PEM, for the server card.
    pub(crate) authority: String,
}

fn tls_error(error: impl std::fmt::Display) -> ServerError {
    ServerError::Tls(error.to_string())
}

fn authority_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Vigil sync server's own authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    params
}

fn authority(folder: &DataFolder, in_use: bool) -> Result<(String, KeyPair), ServerError> {
    let text = |name: &str| -> Result<Option<String>, ServerError> {
        let damaged = |_| ServerError::DamagedFile { path: folder.file(name), why: "it is not text" };
        folder.read(name, MAX_PEM_BYTES)?.map(|bytes| String::from_utf8(bytes).map_err(damaged)).transpose()
    };
    if let Some(certificate) = text(AUTHORITY_FILE)? {
        let damaged = |why| ServerError::DamagedFile { path: folder.file(AUTHORITY_KEY_FILE), why };
        let key = text(AUTHORITY_KEY_FILE)?.ok_or_else(|| damaged("it is missing"))?;
        return Ok((certificate, KeyPair::from_pem(&key).map_err(|_| damaged("it is not a private key"))?));
    }
    if in_use {
        return Err(ServerError::DamagedFile { path: folder.file(AUTHORITY_FILE), why: "it is missing" });
    }
    let key = KeyPair::generate().map_err(tls_error)?;
    let certificate = authority_params().self_signed(&key).map_err(tls_error)?.pem();
    // The certificate goes last: with it, the pair is complete.
    folder.write(AUTHORITY_KEY_FILE, key.serialize_pem().as_bytes())?;
    folder.write(AUTHORITY_FILE, certificate.as_bytes())?;
    Ok((certificate, key))
}

/// Sets up TLS 1.3 for these host names and addresses. An authority is made only while nobody relies on one yet.
pub(crate) fn set_up(folder: &DataFolder, hosts: Vec<String>, in_use: bool) -> Result<Tls, ServerError> {
    let (authority, authority_key) = authority(folder, in_use)?;
    let key = KeyPair::generate().map_err(tls_error)?;
    let mut params = CertificateParams::new(hosts).map_err(tls_error)?;
    params.distinguished_name.push(DnType::CommonName, "Vigil sync server");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    let issuer = Issuer::new(authority_params(), authority_key);
    let certificate: CertificateDer<'static> = params.signed_by(&key, &issuer).map_err(tls_error)?.der().clone();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(tls_error)?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .map_err(tls_error)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Tls { config: Arc::new(config), authority })
}
