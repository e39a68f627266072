//! The pages for people: `/`, Swagger UI at `/api/docs` and `/swagger`, ReDoc at `/redoc`.
//!
//! Everything they need is in the binary and is served by this server; the documents that they show are
//! `/openapi.json`. Scripts, style sheets and pictures live at addresses that contain a hash of their content, so
//! browsers may keep them forever.
//!
//! ```
//! use actix_web::App;
//! use http_api::pages::Pages;
//!
//! let pages = Pages::new();
//! let app = App::new().configure(|config| pages.configure(config));
//! ```

mod asset;
mod page;

use std::sync::Arc;

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, Resource};

use self::asset::Asset;
use self::page::Page;

/// What an `Allow` header of every route in [`Pages::resources`] has to say.
pub const ALLOWED_METHODS: &str = "GET, HEAD";

/// All pages and what they consist of, ready to be served.
///
/// Built once at the start and shared by all workers: a clone is cheap.
#[derive(Clone)]
pub struct Pages {
    pages: Arc<[Arc<Page>]>,
    assets: Arc<[Arc<Asset>]>,
}

impl Pages {
    /// Finds the address of each asset and writes these addresses into the pages.
    #[must_use]
    pub fn new() -> Self {
        let assets = asset::all();
        let pages = page::all(&assets);
        Self {
            pages: pages.into_iter().map(Arc::new).collect(),
            assets: assets.into_iter().map(Arc::new).collect(),
        }
    }

    /// Registers [`Self::resources`] as they are: another method than those allowed gets an empty 405.
    pub fn configure(&self, config: &mut ServiceConfig) {
        for resource in self.resources() {
            config.service(resource);
        }
    }

    /// One resource for each page and asset, for a caller who gives them a `default_service` for other methods.
    ///
    /// Paths have no trailing slash; normalizing the path of a request is up to the app. An unknown asset is no
    /// resource, so it gets what the app answers to any unknown path.
    #[must_use]
    pub fn resources(&self) -> Vec<Resource> {
        let pages = self.pages.iter().flat_map(|page| {
            page.paths().iter().map(move |path| {
                let page = Arc::clone(page);
                let answer = move || std::future::ready(page.answer());
                web::resource(*path).route(web::get().to(answer.clone())).route(web::head().to(answer))
            })
        });
        let assets = self.assets.iter().map(|asset| {
            let path = asset.path().to_owned();
            let asset = Arc::clone(asset);
            let answer = move |request: HttpRequest| std::future::ready(asset.answer(&request));
            web::resource(path).route(web::get().to(answer.clone())).route(web::head().to(answer))
        });
        pages.chain(assets).collect()
    }
}

impl Default for Pages {
    fn default() -> Self {
        Self::new()
    }
}
