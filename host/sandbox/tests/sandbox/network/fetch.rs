//! What has to work.

use serde_json::json;

use super::World;

#[tokio::test]
async fn an_answer_is_read_in_every_way() {
    let world = World::new().await;
    let read = world
        .output(
            "const get = (path: string) => fetch(input.api + path);
             const one = await get('/json');
             const copy = one.clone();
             const bytes = await (await get('/bytes')).bytes();
             return [
               [one.status, one.statusText, one.ok, one.redirected, one.type, one.url === input.api + '/json'],
               [one.bodyUsed, await one.json(), one.bodyUsed, await copy.text()],
               [one.headers.get('Content-Type'), one.headers.get('x-none'), one instanceof Response],
               [bytes.length, bytes[255], (await (await get('/bytes')).arrayBuffer()).byteLength],
               await (await get('/cookies')).headers.getSetCookie(),
               [...(await get('/cookies')).headers],
               [(await get('/nobody/204')).status, await (await get('/nobody/204')).text()],
               [(await get('/status/418')).statusText, (await get('/status/418')).ok],
               await (await fetch(new URL('/json', input.api))).json(),
               (await (await fetch(new Request(input.plain + '/json'))).json()).ok,
             ]",
        )
        .await;
    insta::assert_json_snapshot!(read);
}

#[tokio::test]
async fn a_request_arrives_as_it_was_made() {
    let world = World::new().await;
    world
        .output(
            "const post = (body: any, headers = {}) => fetch(input.api + '/echo?q=1#part', { method: 'post', body, headers });
             await post('gr\u{fc}n', { 'X-Own': 'a', authorization: 'Bearer mine' });
             await post(new Uint8Array([1, 2, 255]).subarray(1));
             await post(new Uint8Array([7]).buffer, [['content-type', 'image/x']]);
             await post(new URLSearchParams({ a: '1 2', b: '\u{e9}' }));
             await fetch(input.api + '/echo', { method: 'PATCH', headers: new Headers({ 'x-latin': 'caf\u{e9}' }) });
             await fetch(input.plain + '/echo', { method: 'DELETE' });",
        )
        .await;
    let mut received: Vec<String> = Vec::new();
    for host in [&world.api, &world.plain] {
        for request in host.received() {
            received.push(request.head.replace(&host.port().to_string(), "PORT"));
            received.push(format!("{:?}", request.body));
        }
    }
    insta::assert_snapshot!(received.join("\n\n"));
}

#[tokio::test]
async fn requests_are_under_way_together_and_beside_other_calls() {
    let world = World::new().await;
    let told = world
        .output(
            "const began = performance.now();
             const all = await Promise.all([
               ...Array.from({ length: 6 }, () => fetch(input.api + '/slow-head/200')),
               new Promise((resolve) => setTimeout(() => resolve('timer'), 200)),
             ]);
             return [all.map((one: any) => one.status ?? one), performance.now() - began < 1200]",
        )
        .await;
    assert_eq!(told, json!([[200, 200, 200, 200, 200, 200, "timer"], true]));
    assert_eq!(world.api.at_once(), 6);
}

#[tokio::test]
async fn waiting_is_free_of_cpu_time_and_computing_does_not_make_a_host_late() {
    let mut world = World::new().await;
    world.limits.first_byte = std::time::Duration::from_millis(400);
    let outcome = world
        .run("await fetch(input.api + '/slow-head/300'); return 1")
        .await;
    let vesicle_sandbox::Outcome::Success { resources, .. } = outcome else {
        panic!("{outcome:?}");
    };
    assert!(resources.cpu_time_us < 200_000, "{}", resources.cpu_time_us);
    let told = world
        .output(
            "const asked = fetch(input.api + '/json');
             await new Promise((resolve) => setTimeout(resolve, 1));
             const began = performance.now();
             while (performance.now() - began < 900);
             return (await asked).status",
        )
        .await;
    assert_eq!(told, json!(200));
}

#[tokio::test]
async fn a_name_below_and_an_address_are_asked_as_granted() {
    let world = World::new().await;
    let port = world.api.port();
    let entry = |text: String| vesicle_sandbox::AllowedHost::parse(&text).unwrap();
    let hosts = [
        entry(format!("*.api.test:{port}"))
            .at(["127.0.0.0/8"])
            .unwrap(),
        entry(format!("127.0.0.1:{port}")),
    ];
    let transport = std::sync::Arc::new(vesicle_sandbox::Transport::new(world.config()));
    let network = vesicle_sandbox::Network::new(hosts, transport);
    let code = "return [
       (await fetch(`https://sub.api.test:${input.apiPort}/json`)).status,
       (await fetch(`https://127.0.0.1:${input.apiPort}/json`)).status,
       (await fetch(`https://2130706433:${input.apiPort}/json`)).status,
     ]";
    let outcome = world.run_with(code, network).await;
    assert_eq!(crate::support::success(outcome).get(), "[200,200,200]");
    assert_eq!(world.names.asked.lock().as_slice(), ["sub.api.test"]);
}

#[tokio::test]
async fn requests_are_told_to_who_watches() {
    let world = World::new().await;
    world
        .output(
            "await (await fetch(input.api + '/again/1', { method: 'POST', body: '12345' })).text();
             await fetch(input.plain + '/large/1000');
             await fetch('https://evil.test/secret?path').catch(() => {});
             await fetch('nonsense://').catch(() => {});
             await fetch(input.api + '/json', { headers: { host: 'x' } }).catch(() => {});
             await fetch(input.api + '/hang', { signal: AbortSignal.timeout(300) }).catch(() => {});",
        )
        .await;
    // That one was given up is known when its task is gone.
    while world.records().len() < 7 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let told: Vec<_> = world
        .records()
        .into_iter()
        .map(|record| {
            let host = record.host.replace(&world.api.port().to_string(), "API");
            let host = host.replace(&world.plain.port().to_string(), "PLAIN");
            let status = record
                .status
                .map_or("-".to_owned(), |status| status.to_string());
            format!(
                "{host} {} {status} out {} in {} {}",
                record.method, record.bytes_out, record.bytes_in, record.verdict
            )
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    api.test:API POST 302 out 5 in 0 ok
    api.test:API GET 200 out 0 in 7 ok
    http://plain.test:PLAIN GET 200 out 0 in 1000 ok
    evil.test:443 GET - out 0 in 0 denied
     GET - out 0 in 0 invalid_input
    api.test:API GET - out 0 in 0 invalid_input
    api.test:API GET - out 0 in 0 given_up
    "#);
}
