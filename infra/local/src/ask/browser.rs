//! As much of a browser as signing in takes: cookies, redirects, and one control on a page.

use std::collections::BTreeMap;

use reqwest::{Client, Response, StatusCode, header};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{Problem, Result, http_client};

/// Cookies by `host:port` and name. Real browsers share a host's cookies among its ports; keeping them apart here keeps
/// the product's session from its stand-ins.
#[derive(Default, Serialize, Deserialize)]
pub struct Jar(BTreeMap<String, BTreeMap<String, String>>);

impl Jar {
    fn key(url: &Url) -> String {
        format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
    }

    /// What a browser would send there.
    pub fn header(&self, url: &Url) -> Option<String> {
        let cookies = self.0.get(&Self::key(url))?;
        let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    fn store(&mut self, url: &Url, set_cookie: &str) {
        let mut parts = set_cookie.split(';').map(str::trim);
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { return };
        let gone = parts.any(|attribute| attribute.to_ascii_lowercase().replace(' ', "") == "max-age=0");
        let cookies = self.0.entry(Self::key(url)).or_default();
        if gone || value.is_empty() {
            cookies.remove(name);
        } else {
            cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

/// A client with its cookies.
pub struct Browser {
    client: Client,
    pub jar: Jar,
}

/// Where a chain of redirects ended.
pub struct Page {
    pub url: Url,
    pub status: StatusCode,
    /// Empty when the chain ended on an address that was not visited.
    pub body: String,
}

impl Browser {
    pub fn new(jar: Jar) -> Result<Self> {
        Ok(Self { client: http_client::client()?, jar })
    }

    /// One request, with the cookies the host gave. `body` makes it the POST of a page's script.
    pub async fn request(&mut self, url: &Url, body: Option<&serde_json::Value>) -> Result<Response> {
        let mut request = match body {
            None => self.client.get(url.clone()),
            Some(body) => self
                .client
                .post(url.clone())
                .header(header::ORIGIN, url.origin().ascii_serialization())
                .header("x-requested-with", "XMLHttpRequest")
                .json(body),
        };
        if let Some(cookies) = self.jar.header(url) {
            request = request.header(header::COOKIE, cookies);
        }
        let response = http_client::send(request).await?;
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            if let Ok(cookie) = cookie.to_str() {
                self.jar.store(url, cookie);
            }
        }
        Ok(response)
    }

    /// Opens an address as a person would. Stops at a page, or at the redirect that ends the sign-in at `origin`: the
    /// address it names may be a frontend that does not run.
    pub async fn open(&mut self, url: Url, origin: &Url) -> Result<Page> {
        let mut url = url;
        for _ in 0..10 {
            let response = self.request(&url, None).await?;
            let status = response.status();
            let location = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
            let Some(location) = location.filter(|_| status.is_redirection()) else {
                let body = response.text().await.unwrap_or_default();
                return Ok(Page { url, status, body });
            };
            let next = url.join(location).map_err(|_| Problem(format!("{url} redirects to nowhere.")))?;
            if url.origin() == origin.origin() && url.path().ends_with("/callback") {
                return Ok(Page { url: next, status, body: String::new() });
            }
            url = next;
        }
        Err(Problem(format!("{url} redirects in circles.")))
    }
}

impl Page {
    /// Where the element with this id leads, if the page has it.
    pub fn link(&self, id: &str) -> Option<Url> {
        let tag = self.body.split('<').find(|tag| tag.starts_with("a ") && tag.contains(&format!("id=\"{id}\"")))?;
        self.href(tag)
    }

    /// Where the item of a list that names this text leads, if the page has it and it is a link.
    pub fn choice(&self, text: &str) -> Option<Url> {
        let item =
            self.body.split("<li>").skip(1).find(|item| item.split("</li>").next().unwrap_or(item).contains(text))?;
        self.href(item.split("</li>").next()?)
    }

    fn href(&self, html: &str) -> Option<Url> {
        let href = html.split("href=\"").nth(1)?.split('"').next()?;
        self.url.join(&super::text::unescape(href)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_kept_replaced_and_forgotten() {
        let mut jar = Jar::default();
        let api = Url::parse("http://localhost:8000/api/auth/me").unwrap();
        jar.store(&api, "session=one; HttpOnly; Secure; SameSite=None; Path=/");
        jar.store(&api, "session=two; Path=/");
        jar.store(&api, "state=x");

        assert_eq!(jar.header(&api).as_deref(), Some("session=two; state=x"));
        assert_eq!(jar.header(&Url::parse("http://localhost:8001/").unwrap()), None);

        jar.store(&api, "session=\"\"; Max-Age=0; Path=/");
        jar.store(&api, "state=; Path=/");
        assert_eq!(jar.header(&api), None);
    }

    #[test]
    fn the_approving_link_is_found() {
        let page = Page {
            url: Url::parse("http://localhost:8001/o/oauth2/v2/auth?x=1").unwrap(),
            status: StatusCode::OK,
            body: r#"<p><a href="/no">x</a> <a class="b" id="approve" href="/yes?a=1&amp;b=2">Go</a>"#.to_owned(),
        };

        assert_eq!(page.link("approve").unwrap().as_str(), "http://localhost:8001/yes?a=1&b=2");
        assert_eq!(page.link("deny"), None);
    }

    #[test]
    fn an_account_is_chosen_from_the_list() {
        let page = Page {
            url: Url::parse("http://localhost:8001/auth").unwrap(),
            status: StatusCode::OK,
            body:
                r#"<ul><li><b>Dana</b> dana@x.example (chosen)</li><li><a href="?a=2">Sam</a> sam@x.example</li></ul>"#
                    .to_owned(),
        };

        assert_eq!(page.choice("sam@x.example").unwrap().as_str(), "http://localhost:8001/auth?a=2");
        assert_eq!(page.choice("dana@x.example"), None);
    }
}
