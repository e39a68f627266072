//! Scripts and the style sheet, at addresses that contain a hash of their content.

use std::sync::Arc;

use actix_web::http::header::{
    AcceptEncoding, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ContentEncoding, Encoding, VARY,
};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use sha2::{Digest as _, Sha256};

/// A year: the address changes with the content.
const FOREVER: &str = "public, max-age=31536000, immutable";

/// How the bytes are kept in the binary.
#[derive(Clone, Copy)]
enum Stored {
    Plain(&'static [u8]),
    Packed { brotli: &'static [u8], gzip: &'static [u8] },
}

/// Something that a page refers to.
pub(crate) struct Asset {
    content_type: &'static str,
    stored: Stored,
    path: String,
}

/// The addresses that every page names.
pub(crate) struct Links {
    pub(crate) style: String,
    pub(crate) script: String,
    pub(crate) htmx: String,
    pub(crate) icon: String,
}

/// All assets.
pub(crate) struct Assets {
    all: Vec<Arc<Asset>>,
    links: Arc<Links>,
}

impl Assets {
    pub(crate) fn new() -> Self {
        const SCRIPT: &str = "text/javascript; charset=utf-8";
        let plain =
            |name, content_type, bytes| Arc::new(Asset::new(name, content_type, Stored::Plain(bytes)));
        let style = plain("panel.css", "text/css; charset=utf-8", include_bytes!("../assets/own/panel.css"));
        let script = plain("panel.js", SCRIPT, include_bytes!("../assets/own/panel.js"));
        let icon = plain("icon.svg", "image/svg+xml", include_bytes!("../assets/own/icon.svg"));
        let license = plain(
            "htmx-license.txt",
            "text/plain; charset=utf-8",
            include_bytes!("../assets/vendor/htmx/LICENSE"),
        );
        let packed = Stored::Packed {
            brotli: include_bytes!("../assets/vendor/htmx/htmx.min.js.br"),
            gzip: include_bytes!("../assets/vendor/htmx/htmx.min.js.gz"),
        };
        let htmx = Arc::new(Asset::new("htmx.js", SCRIPT, packed));
        let links = Links {
            style: style.path.clone(),
            script: script.path.clone(),
            htmx: htmx.path.clone(),
            icon: icon.path.clone(),
        };
        Self { all: vec![style, script, icon, htmx, license], links: Arc::new(links) }
    }

    pub(crate) fn all(&self) -> &[Arc<Asset>] {
        &self.all
    }

    pub(crate) fn links(&self) -> Arc<Links> {
        Arc::clone(&self.links)
    }
}

impl Asset {
    fn new(name: &str, content_type: &'static str, stored: Stored) -> Self {
        let (Stored::Plain(bytes) | Stored::Packed { gzip: bytes, .. }) = stored;
        let hash = Sha256::digest(bytes);
        let hash = hash.first_chunk().copied().map(u32::from_be_bytes).unwrap_or_default();
        Self { content_type, stored, path: format!("/admin/static/{hash:08x}/{name}") }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The content. What is small is packed on its way out.
    pub(crate) fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        response.insert_header((CACHE_CONTROL, FOREVER)).insert_header((CONTENT_TYPE, self.content_type));
        let (brotli, gzip) = match self.stored {
            Stored::Plain(bytes) => return response.body(bytes),
            Stored::Packed { brotli, gzip } => (brotli, gzip),
        };
        response.insert_header((VARY, "Accept-Encoding"));
        let offered = [Encoding::brotli(), Encoding::gzip(), Encoding::identity()];
        let wanted =
            request.get_header::<AcceptEncoding>().and_then(|accepted| accepted.negotiate(offered.iter()));
        match wanted {
            Some(Encoding::Known(ContentEncoding::Brotli)) => {
                response.insert_header((CONTENT_ENCODING, "br")).body(brotli)
            }
            Some(Encoding::Known(ContentEncoding::Gzip)) => {
                response.insert_header((CONTENT_ENCODING, "gzip")).body(gzip)
            }
            // Every browser takes one of the two; who asks otherwise pays for it.
            _ => response.body(unpacked(gzip)),
        }
    }
}

fn unpacked(gzip: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    // The file is part of the program; what cannot be read of it is empty.
    let _ = std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(gzip), &mut bytes);
    bytes
}
