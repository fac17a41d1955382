//! Redirects are requests of their own.

use serde_json::json;

use super::World;

#[tokio::test]
async fn they_are_followed_by_the_rules_of_the_web() {
    let world = World::new().await;
    let told = world
        .output(
            "const ask = async (status: number, method: string, to = input.api + '/echo') => {
               const body = method === 'POST' || method === 'PUT' ? 'content' : undefined;
               const headers = { 'x-own': '1', authorization: 'mine', cookie: 'a=b', 'content-type': 'text/x' };
               const response = await fetch(`${input.api}/redirect/${status}/${to}`, { method, body, headers });
               const { head, body: got } = await response.json();
               const names = head.slice(1).map((line: string) => line.split(':')[0]).sort().join(' ');
               return [status, method, response.redirected, response.url === to, head[0].split(' ')[0], got, names];
             };
             const all: unknown[] = [];
             for (const status of [301, 302, 303, 307, 308]) for (const method of ['POST', 'PUT', 'GET']) all.push((await ask(status, method)).slice(0, 6).join(' '));
             all.push((await ask(307, 'POST'))[6], (await ask(303, 'POST'))[6]);
             all.push((await ask(307, 'POST', input.plain + '/echo'))[6]);
             return all",
        )
        .await;
    insta::assert_json_snapshot!(told);
}

#[tokio::test]
async fn they_are_an_error_or_an_answer_where_code_says_so() {
    let world = World::new().await;
    let manual = world
        .output(
            "const response = await fetch(input.api + '/redirect/302//json', { redirect: 'manual' });
             return [response.status, response.headers.get('location'), response.redirected, await response.text()]",
        )
        .await;
    assert_eq!(manual, json!([302, "/json", false, "moved"]));
    let error = world
        .error("fetch(input.api + '/redirect/302//json', { redirect: 'error' })")
        .await;
    insta::assert_snapshot!(error, @"failed fetch failed: api.test:API redirects, which the request takes as an error");
    assert_eq!(world.api.received().len(), 2);
}

#[tokio::test]
async fn twenty_are_followed_and_no_more() {
    let world = World::new().await;
    let get = |count: usize| format!("fetch(input.api + '/again/{count}').then((r) => r.text())");
    assert_eq!(world.error(&get(20)).await, r#"["done","arrived"]"#);
    insta::assert_snapshot!(world.error(&get(21)).await, @"failed fetch failed: api.test:API is the end of 20 redirects, after which no more are followed");
}

#[tokio::test]
async fn they_lead_only_to_what_is_granted() {
    let world = World::new().await;
    let to = |place: &str| format!("fetch(`${{input.api}}/redirect/302/{place}`)");
    let mut told = Vec::new();
    for place in [
        "http://127.0.0.1:${input.inside}/",
        "http://inside.test:${input.inside}/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]:${input.inside}/",
        "http://api.test:${input.apiPort}/json",
        "https://plain.test:${input.inside}/",
        "https://user:secret@api.test:${input.apiPort}/",
        "file:///etc/passwd",
        "https://",
    ] {
        told.push(world.error(&to(place)).await);
    }
    insta::assert_snapshot!(told.join("\n"), @r#"
    denied fetch failed: a redirect leads to http://127.0.0.1:INSIDE, which is not granted; `allow_hosts = ["http://127.0.0.1:INSIDE"]` in vesicle.toml, or `--allow-host http://127.0.0.1:INSIDE`, would allow it
    denied fetch failed: a redirect leads to http://inside.test:INSIDE, which is not granted; `allow_hosts = ["http://inside.test:INSIDE"]` in vesicle.toml, or `--allow-host http://inside.test:INSIDE`, would allow it
    denied fetch failed: a redirect leads to http://169.254.169.254:80, which is not granted; `allow_hosts = ["http://169.254.169.254:80"]` in vesicle.toml, or `--allow-host http://169.254.169.254:80`, would allow it
    denied fetch failed: a redirect leads to http://[::1]:INSIDE, which is not granted; `allow_hosts = ["http://[::1]:INSIDE"]` in vesicle.toml, or `--allow-host http://[::1]:INSIDE`, would allow it
    denied fetch failed: a redirect leads to http://api.test:API, which is not granted; `allow_hosts = ["http://api.test:API"]` in vesicle.toml, or `--allow-host http://api.test:API`, would allow it
    denied fetch failed: a redirect leads to plain.test:INSIDE, which is not granted; `allow_hosts = ["plain.test:INSIDE"]` in vesicle.toml, or `--allow-host plain.test:INSIDE`, would allow it
    invalid_input fetch failed: a URL with a user or a password before an `@` is not sent; use the authorization header
    invalid_input fetch failed: `file:` is no way to a host from here; use https
    invalid_input fetch failed: the host redirects to `https://`: empty host
    "#);
    assert_eq!(world.inside.connections(), 0);
}
