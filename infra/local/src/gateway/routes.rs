//! Which endpoint answers a request, as API Gateway's resource tree decides it.

use std::collections::BTreeMap;

/// What a path matched: the endpoint's index, and the path parameters, decoded.
#[derive(Debug, PartialEq, Eq)]
pub struct Match {
    pub index: usize,
    pub parameters: BTreeMap<String, String>,
}

/// Finds the endpoint for a method and a raw path: first the resource, then its method. A literal segment wins over
/// `{name}`, and that over `{name+}`; a path that exists does not fall through to a wider one that has the method. Of a
/// method and `ANY`, the method. A slash at the end is not part of the path.
///
/// Preflights are apart: deployed, every path answers them; here one endpoint does, for all.
pub fn find<'a>(endpoints: impl Iterator<Item = (&'a str, &'a str)>, method: &str, path: &str) -> Option<Match> {
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    let mut fitting: Vec<_> = endpoints
        .enumerate()
        .filter(|(_, (allowed, _))| *allowed == "ANY" || (*allowed == "OPTIONS") == (method == "OPTIONS"))
        .filter_map(|(index, (allowed, resource))| {
            let fits = matches(resource, &segments);
            let (rank, parameters) = fits.or_else(|| (allowed == "OPTIONS").then(Default::default))?;
            Some((rank, allowed, Match { index, parameters }))
        })
        .collect();
    let resource = fitting.iter().map(|(rank, ..)| rank).min()?.clone();
    fitting.retain(|(rank, allowed, _)| *rank == resource && (*allowed == method || *allowed == "ANY"));
    fitting.into_iter().min_by_key(|(_, allowed, _)| *allowed == "ANY").map(|(.., found)| found)
}

/// The rank is one number for each segment: 0 literal, 1 `{name}`, 2 `{name+}`; less is better.
fn matches(resource: &str, segments: &[&str]) -> Option<(Vec<u8>, BTreeMap<String, String>)> {
    let mut rank = Vec::new();
    let mut parameters = BTreeMap::new();
    let mut rest = segments;
    for part in resource.trim_matches('/').split('/') {
        let parameter = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
        if let Some(greedy) = parameter.and_then(|name| name.strip_suffix('+')) {
            if rest.iter().all(|segment| segment.is_empty()) {
                return None;
            }
            rank.push(2);
            parameters.insert(greedy.to_owned(), decode(&rest.join("/")));
            return Some((rank, parameters));
        }
        let (segment, tail) = rest.split_first()?;
        rest = tail;
        match parameter {
            Some(_) if segment.is_empty() => return None,
            Some(name) => {
                rank.push(1);
                parameters.insert(name.to_owned(), decode(segment));
            }
            None if part == *segment => rank.push(0),
            None => return None,
        }
    }
    rest.is_empty().then_some((rank, parameters))
}

/// A path segment without percent signs. Unlike in a query, a plus is a plus.
fn decode(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = (*first == b'%')
            .then(|| tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok()))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match escaped {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDPOINTS: [(&str, &str); 6] = [
        ("GET", "/"),
        ("GET", "/api/tasks/{id}"),
        ("GET", "/api/tasks/mine"),
        ("POST", "/api/tasks/{id}"),
        ("GET", "/console/{file+}"),
        ("ANY", "/{proxy+}"),
    ];

    fn matched(method: &str, path: &str) -> Option<usize> {
        find(ENDPOINTS.into_iter().take(5), method, path).map(|found| found.index)
    }

    #[test]
    fn the_most_literal_resource_wins() {
        assert_eq!(matched("GET", "/"), Some(0));
        assert_eq!(matched("GET", "/api/tasks/7"), Some(1));
        assert_eq!(matched("GET", "/api/tasks/7/"), Some(1));
        assert_eq!(matched("GET", "/api/tasks/mine"), Some(2));
        // The resource that fits best has no such method.
        assert_eq!(matched("POST", "/api/tasks/mine"), None);
        assert_eq!(matched("POST", "/api/tasks/7"), Some(3));
        assert_eq!(matched("DELETE", "/api/tasks/7"), None);
        assert_eq!(matched("GET", "/api/tasks"), None);
        assert_eq!(matched("GET", "/console"), None);
        assert_eq!(find(ENDPOINTS.into_iter(), "PUT", "/else/where").map(|found| found.index), Some(5));
    }

    #[test]
    fn preflights_are_answered_for_every_path_and_by_nobody_else() {
        let endpoints = [("GET", "/"), ("GET", "/{proxy+}"), ("OPTIONS", "/{proxy+}"), ("POST", "/api/chat")];
        let matched = |method, path| find(endpoints.into_iter(), method, path).map(|found| found.index);

        assert_eq!((matched("OPTIONS", "/"), matched("OPTIONS", "/api/chat")), (Some(2), Some(2)));
        assert_eq!((matched("GET", "/"), matched("GET", "/google1.html")), (Some(0), Some(1)));
        assert_eq!(matched("GET", "/api/chat"), None, "a path that exists does not fall through");
    }

    #[test]
    fn parameters_are_decoded() {
        let found = find(ENDPOINTS.into_iter(), "GET", "/api/tasks/a%2Fb+%C3%A9%zz").unwrap();
        assert_eq!(found.parameters["id"], "a/b+é%zz");

        let found = find(ENDPOINTS.into_iter(), "GET", "/console/app/main.js").unwrap();
        assert_eq!(found.parameters["file"], "app/main.js");
    }
}
