//! Certificates for a PostgreSQL server that speaks TLS.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};

use super::{Error, Identity};

/// An authority that nobody else knows, made for one test.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    /// A new one with a key of its own.
    pub fn new() -> Result<Self, Error> {
        let key = KeyPair::generate().map_err(Error::at("make a key"))?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Authority for a test");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let issuer = CertifiedIssuer::self_signed(params, key).map_err(Error::at("make an authority"))?;
        Ok(Self { issuer })
    }

    /// Its own certificate in PEM: what a client trusts.
    pub fn root(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate for a server of this name.
    pub fn issue(&self, name: &str) -> Result<Identity, Error> {
        let key = KeyPair::generate().map_err(Error::at("make a key"))?;
        let mut params = CertificateParams::new([name.to_owned()]).map_err(Error::at("name the server"))?;
        params.distinguished_name.push(DnType::CommonName, name);
        // All authorities have one name: the key tells them apart.
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.issuer).map_err(Error::at("make a certificate"))?;
        Ok(Identity { certificate: certificate.pem(), key: key.serialize_pem() })
    }
}
