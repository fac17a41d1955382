//! Headers that the host adds: they reach their host, and nobody else.

use std::sync::Arc;

use serde_json::json;
use vesicle_sandbox::{AllowedHost, AttachedHeader, Network, NetworkConfig, Redact, Transport};

use super::World;
use crate::support::success;

const VALUE: &str = "Bearer a-very-secret-token";

struct Stars;

impl Redact for Stars {
    fn redact(&self, bytes: Vec<u8>) -> Vec<u8> {
        let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
        text.replace("a-very-secret-token", "[secret]").into_bytes()
    }
}

fn network(world: &World) -> Network {
    let host = AllowedHost::parse(&format!("api.test:{}", world.api.port())).unwrap();
    let config = NetworkConfig {
        headers: vec![AttachedHeader::new(host, "authorization", VALUE).unwrap()],
        redact: Arc::new(Stars),
        ..world.config()
    };
    Network::new(world.granted(), Arc::new(Transport::new(config)))
}

#[tokio::test]
async fn a_secret_goes_to_its_host_and_is_never_seen() {
    let world = World::new().await;
    let code = "const seen: string[] = [];
        const look = async (response: Response) => seen.push(await response.text(), JSON.stringify([...response.headers]));
        await look(await fetch(input.api + '/echo', { headers: { Authorization: 'mine', 'accept-encoding': 'gzip' } }));
        await look(await fetch(input.api + '/redirect/302/' + input.plain + '/echo'));
        await look(await fetch(input.plain + '/redirect/302/' + input.api + '/echo'));
        await look(await fetch(input.api + '/redirect/302/a-very-secret-token', { redirect: 'manual' }));
        const all = seen.join();
        return [all.includes('a-very-secret-token'), all.includes('Bearer [secret]'), all.includes('mine')]";
    let outcome = world.run_with(code, network(&world)).await;
    assert_eq!(
        success(outcome).get(),
        json!([false, true, false]).to_string()
    );
    for request in world.api.received() {
        assert_eq!(request.header("authorization"), [VALUE]);
        assert_eq!(request.header("accept-encoding"), ["identity"]);
    }
    assert_eq!(world.api.received().len(), 4);
    for request in world.plain.received() {
        assert!(request.header("authorization").is_empty(), "{request:?}");
    }
    assert_eq!(world.plain.received().len(), 2);
}
