//! A bucket that speaks S3: Amazon's own, MinIO, or that of another cloud.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, RetryConfig};
use url::Url;

use super::wire::Wire;

/// How often, and for how long, a request is repeated that a bucket could not answer.
const TRIES: usize = 3;
const PATIENCE: Duration = Duration::from_secs(15);

/// Where a bucket is, and how it is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    name: String,
    /// What stands before every name; empty when nothing does.
    prefix: String,
    endpoint: Option<String>,
    region: String,
    /// Whether the bucket stands in the name of the host instead of the path.
    in_host: bool,
    keys: Option<Keys>,
}

/// What proves who asks.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    /// The name of the key.
    pub id: String,
    /// The key.
    pub secret: String,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Bucket {
    /// Reads `s3://bucket/prefix?endpoint=https://minio.example:9000&region=us-east-1&style=host`.
    ///
    /// The prefix and every parameter may be left out: `endpoint` is then Amazon's, `region` `us-east-1`, `style` `path`.
    /// Without keys, those that the machine was given by its cloud are used.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(address: &str, keys: Option<Keys>) -> Result<Self, String> {
        let wrong = || format!("`{address}` is not an address such as s3://bucket/folder?region=us-east-1");
        let url = Url::parse(address).map_err(|_| wrong())?;
        let name = url.host_str().filter(|name| !name.is_empty()).ok_or_else(wrong)?.to_owned();
        if url.scheme() != "s3" || !url.username().is_empty() || url.port().is_some() {
            return Err(wrong());
        }
        let mut bucket = Self {
            name,
            prefix: url.path().trim_matches('/').to_owned(),
            endpoint: None,
            region: "us-east-1".to_owned(),
            in_host: false,
            keys,
        };
        for (key, value) in url.query_pairs() {
            match (&*key, &*value) {
                ("endpoint", there) if is_web(there) => bucket.endpoint = Some(there.to_owned()),
                ("region", region) if !region.is_empty() => region.clone_into(&mut bucket.region),
                ("style", "path") => bucket.in_host = false,
                ("style", "host") => bucket.in_host = true,
                ("endpoint" | "region" | "style", value) => return Err(format!("`{value}` is no {key}")),
                (other, _) => return Err(format!("`{other}` is none of endpoint, region and style")),
            }
        }
        Ok(bucket)
    }

    /// The bucket as an object store; it is not asked anything yet.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub(super) fn open(&self) -> Result<Arc<dyn ObjectStore>, String> {
        let retry = RetryConfig { max_retries: TRIES, retry_timeout: PATIENCE, ..RetryConfig::default() };
        let mut builder = AmazonS3Builder::new()
            .with_retry(retry)
            .with_bucket_name(&self.name)
            .with_region(&self.region)
            .with_virtual_hosted_style_request(self.in_host)
            .with_allow_http(true)
            .with_disable_bulk_delete(true)
            .with_http_connector(Wire);
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(self.host_of(endpoint)?);
        }
        if let Some(keys) = &self.keys {
            builder = builder.with_access_key_id(&keys.id).with_secret_access_key(&keys.secret);
        }
        let store = builder.build().map_err(|error| error.to_string())?;
        if self.prefix.is_empty() {
            return Ok(Arc::new(store));
        }
        Ok(Arc::new(PrefixStore::new(store, self.prefix.as_str())))
    }

    /// The endpoint, with the bucket before its host where it stands there.
    fn host_of(&self, endpoint: &str) -> Result<String, String> {
        if !self.in_host {
            return Ok(endpoint.to_owned());
        }
        let wrong = || format!("`{endpoint}` has no host");
        let mut url = Url::parse(endpoint).map_err(|_| wrong())?;
        let host = format!("{}.{}", self.name, url.host_str().ok_or_else(wrong)?);
        url.set_host(Some(&host)).map_err(|_| wrong())?;
        Ok(url.as_str().trim_end_matches('/').to_owned())
    }
}

fn is_web(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| ["http", "https"].contains(&url.scheme()) && url.has_host())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_where_the_bucket_is() {
        let plain = Bucket::parse("s3://papers", None).expect("an address");
        assert_eq!(
            (plain.name.as_str(), plain.prefix.as_str(), plain.region.as_str()),
            ("papers", "", "us-east-1")
        );
        let address = "s3://papers/kezhi/one?endpoint=https://oss-cn-hangzhou.example&region=cn&style=host";
        let bucket = Bucket::parse(address, None).expect("an address");
        assert_eq!((bucket.prefix.as_str(), bucket.region.as_str()), ("kezhi/one", "cn"));
        let endpoint = bucket.endpoint.clone().expect("an endpoint");
        assert_eq!(bucket.host_of(&endpoint).as_deref(), Ok("https://papers.oss-cn-hangzhou.example"));
        for wrong in [
            "papers",
            "https://papers",
            "s3://",
            "s3://id:secret@papers",
            "s3://papers?endpoint=minio:9000",
            "s3://papers?style=other",
            "s3://papers?regoin=cn",
        ] {
            assert!(Bucket::parse(wrong, None).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_key_is_not_told() {
        let keys = Keys { id: "id".to_owned(), secret: "hush".to_owned() };
        let bucket = Bucket::parse("s3://papers", Some(keys)).expect("an address");
        assert!(!format!("{bucket:?}").contains("hush"));
        assert!(bucket.open().is_ok());
    }
}
