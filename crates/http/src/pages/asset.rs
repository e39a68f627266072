//! Scripts, style sheets and the like, compressed at rest and served as the client likes.

use std::io::{self, Read};

use actix_web::body::SizedStream;
use actix_web::http::header::{
    AcceptEncoding, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ContentEncoding, ETag, Encoding,
    EntityTag, IfNoneMatch, VARY,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use flate2::read::GzDecoder;
use futures_util::stream;
use twox_hash::XxHash64;

/// A year: the address changes with the content.
const FOREVER: &str = "public, max-age=31536000, immutable";

/// How much is unpacked at a time for a client that accepts no compression.
const CHUNK: usize = 32 * 1024;

/// How the bytes are kept in the binary.
#[derive(Clone, Copy)]
enum Stored {
    /// As they are: too small to be worth more.
    Plain(&'static [u8]),
    /// The same content twice.
    Packed { brotli: &'static [u8], gzip: &'static [u8] },
}

/// Something that a page refers to.
pub(super) struct Asset {
    name: &'static str,
    content_type: &'static str,
    stored: Stored,
    path: String,
    hash: u64,
}

/// A vendored file, stored as `.br` and `.gz`.
macro_rules! packed {
    ($file:literal) => {
        Stored::Packed {
            brotli: include_bytes!(concat!("../../assets/vendor/", $file, ".br")),
            gzip: include_bytes!(concat!("../../assets/vendor/", $file, ".gz")),
        }
    };
}

/// A file of our own.
macro_rules! plain {
    ($file:literal) => {
        Stored::Plain(include_bytes!(concat!("../../assets/docs/", $file)))
    };
}

/// The texts that have to go wherever the vendored files go.
const LICENSES: &str = concat!(
    "==== Swagger UI ====\n\n",
    include_str!("../../assets/vendor/swagger-ui/NOTICE"),
    "\n\n",
    include_str!("../../assets/vendor/swagger-ui/LICENSE"),
    "\n\n",
    include_str!("../../assets/vendor/swagger-ui/swagger-ui-bundle.js.LICENSE.txt"),
    "\n\n==== ReDoc ====\n\n",
    include_str!("../../assets/vendor/redoc/LICENSE"),
    "\n\n",
    include_str!("../../assets/vendor/redoc/redoc.standalone.js.LICENSE.txt"),
    "\n\n",
    include_str!("../../assets/vendor/redoc/redoc.worker.js.LICENSE.txt"),
);

/// All assets.
pub(super) fn all() -> Vec<Asset> {
    const SCRIPT: &str = "text/javascript; charset=utf-8";
    const STYLE: &str = "text/css; charset=utf-8";
    vec![
        Asset::new("swagger-ui.css", STYLE, packed!("swagger-ui/swagger-ui.css")),
        Asset::new("swagger-ui-bundle.js", SCRIPT, packed!("swagger-ui/swagger-ui-bundle.js")),
        Asset::new("redoc.standalone.js", SCRIPT, packed!("redoc/redoc.standalone.js")),
        Asset::new("swagger-init.js", SCRIPT, plain!("swagger-init.js")),
        Asset::new("swagger.css", STYLE, plain!("swagger.css")),
        Asset::new("redoc-init.js", SCRIPT, plain!("redoc-init.js")),
        Asset::new("redoc.css", STYLE, plain!("redoc.css")),
        Asset::new("pages.css", STYLE, plain!("pages.css")),
        Asset::new("icon.svg", "image/svg+xml", plain!("icon.svg")),
        Asset::new("licenses.txt", "text/plain; charset=utf-8", Stored::Plain(LICENSES.as_bytes())),
    ]
}

impl Asset {
    fn new(name: &'static str, content_type: &'static str, stored: Stored) -> Self {
        // Not a secret and not against an attacker: it only has to change with the content. What is packed is not read
        // for that, a megabyte that would stay in memory: gzip ends with a checksum of the content (RFC 1952,
        // section 2.3.1).
        let hash = match stored {
            Stored::Plain(bytes) => XxHash64::oneshot(0, bytes),
            Stored::Packed { brotli, gzip } => {
                let sizes = [brotli.len(), gzip.len()].map(usize::to_le_bytes).concat();
                let checksum = gzip.last_chunk::<8>().copied().unwrap_or_default();
                XxHash64::oneshot(u64::from_le_bytes(checksum), &sizes)
            }
        };
        let path = format!("/static/docs/{:08x}/{name}", hash >> 32);
        Self { name, content_type, stored, path, hash }
    }

    /// Name of the file, which pages refer to.
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Address on this server: `/static/docs/<hash>/<name>`.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The content in the best form that the client accepts, or 304 if the client has that form already.
    pub(super) fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let form = self.form(request);
        let tag = EntityTag::new_strong(format!("{:016x}{}", self.hash, form.suffix()));
        let known = is_known(request, &tag);
        let mut response =
            HttpResponseBuilder::new(if known { StatusCode::NOT_MODIFIED } else { StatusCode::OK });
        response.insert_header((CACHE_CONTROL, FOREVER)).insert_header(ETag(tag));
        if matches!(self.stored, Stored::Packed { .. }) {
            response.insert_header((VARY, "Accept-Encoding"));
        }
        if known {
            return response.finish();
        }
        response.insert_header((CONTENT_TYPE, self.content_type));
        match form {
            Form::Plain(bytes) => response.body(bytes),
            Form::Brotli(bytes) => response.insert_header((CONTENT_ENCODING, "br")).body(bytes),
            Form::Gzip(bytes) => response.insert_header((CONTENT_ENCODING, "gzip")).body(bytes),
            Form::Unpacked(gzip) => unpacked(&mut response, gzip, request.method() == Method::HEAD),
        }
    }

    /// Without a wish, or with one that cannot be met, the content goes out as it is.
    fn form(&self, request: &HttpRequest) -> Form {
        let (brotli, gzip) = match self.stored {
            Stored::Plain(bytes) => return Form::Plain(bytes),
            Stored::Packed { brotli, gzip } => (brotli, gzip),
        };
        let offered = [Encoding::brotli(), Encoding::gzip(), Encoding::identity()];
        let wanted =
            request.get_header::<AcceptEncoding>().and_then(|accepted| accepted.negotiate(offered.iter()));
        match wanted {
            Some(Encoding::Known(ContentEncoding::Brotli)) => Form::Brotli(brotli),
            Some(Encoding::Known(ContentEncoding::Gzip)) => Form::Gzip(gzip),
            _ => Form::Unpacked(gzip),
        }
    }
}

/// What one client gets.
enum Form {
    Plain(&'static [u8]),
    Brotli(&'static [u8]),
    Gzip(&'static [u8]),
    Unpacked(&'static [u8]),
}

impl Form {
    /// Keeps the tags of different bytes apart.
    fn suffix(&self) -> &'static str {
        match self {
            Self::Plain(_) | Self::Unpacked(_) => "",
            Self::Brotli(_) => "-br",
            Self::Gzip(_) => "-gz",
        }
    }
}

fn is_known(request: &HttpRequest, tag: &EntityTag) -> bool {
    match request.get_header::<IfNoneMatch>() {
        Some(IfNoneMatch::Any) => true,
        Some(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(tag)),
        None => false,
    }
}

/// Unpacks while sending, so that such clients cost neither memory nor a long stop of the worker.
fn unpacked(response: &mut HttpResponseBuilder, gzip: &'static [u8], head_only: bool) -> HttpResponse {
    // The last four bytes of a gzip file are the length of its content (RFC 1952, section 2.3.1).
    let length = gzip.last_chunk().map_or(0, |bytes| u64::from(u32::from_le_bytes(*bytes)));
    if head_only {
        return response.body(SizedStream::new(length, stream::empty::<io::Result<Bytes>>()));
    }
    response.body(SizedStream::new(length, stream::iter(Chunks(GzDecoder::new(gzip)))))
}

/// The unpacked content of a gzip file, piece by piece.
struct Chunks(GzDecoder<&'static [u8]>);

impl Iterator for Chunks {
    type Item = io::Result<Bytes>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut chunk = vec![0; CHUNK];
        match self.0.read(&mut chunk) {
            Ok(0) => None,
            Ok(length) => {
                chunk.truncate(length);
                Some(Ok(chunk.into()))
            }
            Err(error) => Some(Err(error)),
        }
    }
}
