//! What the servers say of all bookings of some events.

use std::collections::HashMap;

use anyhow::Context as _;
use bytes::Bytes;
use http::header::{ACCEPT, LINK};
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use uuid::Uuid;

/// A booking as it stands in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) status: String,
    pub(crate) quantity: i64,
}

/// All bookings of some events.
#[derive(Debug, Clone, Default)]
pub(crate) struct DoorList(pub(crate) HashMap<Uuid, Entry>);

impl DoorList {
    /// Returns how many tickets the bookings in a state are for.
    pub(crate) fn tickets(&self, status: &str) -> i64 {
        self.0.values().filter(|entry| entry.status == status).map(|entry| entry.quantity).sum()
    }

    /// Reads the list of one event, page by page.
    pub(crate) async fn read(admin: &str, event: &str) -> anyhow::Result<Self> {
        let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
        let mut list = Self::default();
        let mut path = format!("/v1/events/{event}/bookings");
        loop {
            let request = Request::builder()
                .uri(format!("http://{admin}{path}"))
                .header(ACCEPT, "text/csv")
                .body(Full::default())?;
            let answer = client.request(request).await?;
            anyhow::ensure!(answer.status() == 200, "{path} is answered {}", answer.status());
            let next = next_page(answer.headers());
            list.add(&answer.into_body().collect().await?.to_bytes())?;
            match next {
                Some(next) => path = next,
                None => return Ok(list),
            }
        }
    }

    fn add(&mut self, table: &[u8]) -> anyhow::Result<()> {
        let mut table = csv::Reader::from_reader(table);
        let columns = table.headers()?.clone();
        let find = |name: &str| columns.iter().position(|column| column == name);
        let (Some(id), Some(status), Some(quantity)) =
            (find("booking_id"), find("status"), find("quantity"))
        else {
            anyhow::bail!("the door list has other columns: {columns:?}");
        };
        for row in table.records() {
            let row = row?;
            let field = |at: usize| row.get(at).context("a row of the door list is short");
            let (status, quantity) = (field(status)?.to_owned(), field(quantity)?.parse()?);
            self.0.insert(field(id)?.parse()?, Entry { status, quantity });
        }
        Ok(())
    }
}

/// `Link: </v1/…>; rel="next"`, see RFC 8288.
fn next_page(headers: &HeaderMap) -> Option<String> {
    let link = headers.get(LINK)?.to_str().ok()?;
    let (target, relation) = link.strip_prefix('<')?.split_once('>')?;
    relation.contains(r#"rel="next""#).then(|| target.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_whatever_people_are_called() {
        let id = "0190163d-8694-739b-aea5-966c26f8ad91";
        let table = format!(
            "booking_id,status,quantity,name\n{id},confirmed,2,\"Smith, \"\"Ann\"\"\nJones\"\n"
        );
        let mut list = DoorList::default();
        list.add(table.as_bytes()).unwrap();
        let entry = Entry { status: "confirmed".to_owned(), quantity: 2 };
        assert_eq!(list.0[&id.parse::<Uuid>().unwrap()], entry);
        assert_eq!((list.tickets("confirmed"), list.tickets("pending")), (2, 0));
        assert!(list.add(b"id,state\n1,2\n").is_err());
    }

    #[test]
    fn the_next_page_is_found() {
        let headers = |link: &'static str| {
            HeaderMap::from_iter([(LINK, http::HeaderValue::from_static(link))])
        };
        assert_eq!(
            next_page(&headers(r#"</v1/a?cursor=b>; rel="next""#)).unwrap(),
            "/v1/a?cursor=b"
        );
        assert_eq!(next_page(&headers(r#"</v1/a>; rel="prev""#)), None);
        assert_eq!(next_page(&HeaderMap::new()), None);
    }
}
