use super::*;

fn read_query<T>(
    query: &str,
    read: impl FnOnce(&mut ParameterReader) -> Option<T>,
) -> Result<T, Problem> {
    super::read(&format!("/v1/events?{query}").parse().unwrap(), read)
}

fn pointers<T: std::fmt::Debug>(result: Result<T, Problem>) -> Vec<String> {
    let problem = result.unwrap_err();
    assert_eq!(problem.status(), 422);
    problem.errors().iter().map(|error| error.pointer.clone()).collect()
}

#[test]
fn values_are_decoded_and_read() {
    let query = "q=caf%C3%A9+noir&limit=20&radius_km=2.5&include_past=true&tag=a&tag=b%26c\
                 &from=2026-01-31T20%3A00%3A00Z&id=0190163d-8694-739b-aea5-966c26f8ad91";
    let (text, limit, past, tags) = read_query(query, |query| {
        let text = query.text("q");
        let limit = query.integer("limit");
        let radius = query.number("radius_km");
        let past = query.boolean("include_past");
        let tags = query.texts("tag");
        let from = query.instant("from");
        let id = query.uuid("id");
        radius?;
        from?;
        id?;
        Some((text?, limit?, past?, tags))
    })
    .unwrap();
    assert_eq!((text.as_str(), limit, past), ("café noir", 20, true));
    assert_eq!(tags, ["a", "b&c"]);
}

#[test]
fn no_query_and_empty_values_are_absent() {
    for query in ["", "q=&limit=&tag=", "q&limit&tag", "&&"] {
        let result = read_query(query, |query| {
            let text = query.text("q");
            let limit = query.integer("limit");
            Some((text, limit, query.texts("tag").len()))
        });
        assert_eq!(result.unwrap(), (None, None, 0), "{query}");
    }
    let uri = Uri::from_static("/v1/events");
    assert_eq!(Parameters::of_uri(&uri).unwrap(), Parameters::default());
}

#[test]
fn wrong_repeated_unknown_and_missing_parameters_are_named_at_once() {
    let query = "limit=1.5&q=a&q=b&radius_km=inf&past=yes&odd=1&o%2Fdd=1&nul=%00";
    let result = read_query(query, |query| {
        let limit = query.integer("limit");
        let text = query.text("q");
        let radius = query.number("radius_km");
        let past = query.boolean("past");
        query.require("needed");
        let needed = query.integer("needed");
        let nul = query.required_text("nul");
        limit.zip(text).zip(radius).zip(past).zip(needed).zip(nul)
    });
    assert_eq!(
        pointers(result),
        ["/limit", "/q", "/radius_km", "/past", "/needed", "/nul", "/o~1dd", "/odd"]
    );
}

#[test]
fn what_cannot_be_decoded_is_a_400_before_anything_is_read() {
    for query in ["q=%ff", "%ff=1", "q=%", "q=%4"] {
        let problem = read_query(query, |_| Some(())).unwrap_err();
        assert_eq!(problem.status(), 400, "{query}");
    }
}

#[test]
fn conversion_errors_are_noted_under_the_parameter() {
    let result = read_query("near=here", |query| {
        query.parsed("near", "must be LAT,LNG", |text| text.split_once(',').map(|_| ()))
    });
    assert_eq!(pointers(result), ["/near"]);
}
