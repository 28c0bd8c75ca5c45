//! Files under a URL as a read-only datastore.

use std::ops::Range;
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::http::HttpBuilder;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::{ByteStream, FileMeta};
use crate::error::{ObjectsError, Result};
use crate::http_file::HttpFile;
use crate::safe_path::SafePath;
use crate::secret::HiddenUrl;

/// What stays as it is in one name of a URL's path.
const NAME: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'=')
    .remove(b',');

pub(crate) struct HttpFolder {
    base: Url,
}

impl HttpFolder {
    pub(crate) fn open(url: &HiddenUrl) -> Result<Self> {
        let fault = |reason: &str| ObjectsError::Config {
            field: "url",
            reason: reason.into(),
        };
        let mut base = Url::parse(url.expose())
            .map_err(|_| fault("is not a URL; an example is `https://example.com/data/`"))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(fault("is not http:// or https://"));
        }
        base.set_fragment(None);
        if !base.path().ends_with('/') {
            let path = format!("{}/", base.path());
            base.set_path(&path);
        }
        Ok(Self { base })
    }

    pub(crate) fn label(&self) -> String {
        crate::secret::show_url(self.base.as_str())
    }

    pub(crate) fn object_store(&self) -> Result<Arc<dyn ObjectStore>> {
        match HttpBuilder::new().with_url(self.base.as_str()).build() {
            Ok(store) => Ok(Arc::new(store)),
            Err(_) => Err(ObjectsError::Config {
                field: "url",
                reason: "can't be read as a store".into(),
            }),
        }
    }

    /// The query of the base (an access token, say) goes with every file.
    fn file(&self, path: &SafePath) -> Result<HttpFile> {
        let names: Vec<String> = path
            .names()
            .map(|name| utf8_percent_encode(name, NAME).to_string())
            .collect();
        let mut url = self.base.clone();
        url.set_path(&format!("{}{}", self.base.path(), names.join("/")));
        HttpFile::open(url.as_str())
    }

    pub(crate) async fn head(&self, path: &SafePath) -> Result<FileMeta> {
        let meta = self.file(path)?.head().await?;
        Ok(FileMeta {
            path: path.clone(),
            ..meta
        })
    }

    pub(crate) async fn get(
        &self,
        path: &SafePath,
        range: Option<Range<u64>>,
    ) -> Result<(FileMeta, ByteStream)> {
        let (meta, bytes) = self.file(path)?.get(range).await?;
        Ok((
            FileMeta {
                path: path.clone(),
                ..meta
            },
            bytes,
        ))
    }

    pub(crate) fn refuse_list(&self) -> ObjectsError {
        ObjectsError::Unsupported {
            action: format!("list {}", self.label()),
            reason: "a web server doesn't tell its files; name one file".into(),
        }
    }
}
