//! Where names lead.

use std::sync::Arc;

use vesicle_sandbox::{AllowedHost, Network, NetworkConfig, Transport};

use super::World;

impl World {
    /// `inside.test` and what is below it, granted by name only.
    fn by_name(&self) -> Network {
        let port = self.inside.port();
        let entry = |name: &str| AllowedHost::parse(&format!("http://{name}:{port}")).unwrap();
        let hosts = [entry("inside.test"), entry("*.inside.test")];
        Network::new(hosts, Arc::new(Transport::new(self.config())))
    }

    async fn asks(&self, name: &str) -> String {
        let expression =
            format!("fetch(`http://{name}:${{input.inside}}/json`).then((r) => r.status)");
        self.error_with(&expression, self.by_name()).await
    }
}

#[tokio::test]
async fn a_granted_name_that_leads_inside_is_refused() {
    let world = World::new().await;
    insta::assert_snapshot!(world.asks("inside.test").await, @r#"denied fetch failed: inside.test:INSIDE leads to no address that is granted (loopback); `allow_hosts = [{ host = "http://inside.test:INSIDE", addresses = ["…"] }]` in vesicle.toml would allow its addresses by name"#);
    for address in [
        "10.0.0.5",
        "169.254.169.254",
        "::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "fd00:ec2::254",
        "0.0.0.0",
        "::",
    ] {
        world.names.lead("a.inside.test", &[&[address]]);
        let error = world.asks("a.inside.test").await;
        assert!(error.starts_with("denied"), "{address}: {error}");
        assert!(!error.contains(address), "{address} is told: {error}");
    }
    assert_eq!(world.inside.connections(), 0);
}

#[tokio::test]
async fn of_several_addresses_those_that_are_allowed_are_used() {
    let world = World::new().await;
    let port = world.plain.port();
    let host = AllowedHost::parse(&format!("http://plain.test:{port}")).unwrap();
    let network = || {
        let host = host.clone().at(["127.0.0.1", "127.0.0.99"]).unwrap();
        Network::new([host], Arc::new(Transport::new(world.config())))
    };
    // One that is refused, one where nobody listens, and the host.
    world
        .names
        .lead("plain.test", &[&["10.0.0.5", "127.0.0.99", "127.0.0.1"]]);
    let expression = "fetch(input.plain + '/json').then((r) => r.status)";
    assert_eq!(
        world.error_with(expression, network()).await,
        r#"["done",200]"#
    );
    world.names.lead("plain.test", &[&["127.0.0.99"]]);
    let error = world.error_with(expression, network()).await;
    insta::assert_snapshot!(error, @"unavailable fetch failed: plain.test:PLAIN cannot be connected to: connection refused");
    world.names.lead("plain.test", &[&[]]);
    let error = world.error_with(expression, network()).await;
    insta::assert_snapshot!(error, @"unavailable fetch failed: the name of plain.test:PLAIN cannot be looked up: it has no address");
}

/// A record with no time to live, changed between the look and the leap: there is one look.
#[tokio::test]
async fn a_name_that_leads_elsewhere_the_second_time_gains_nothing() {
    let world = World::new().await;
    world
        .names
        .lead("plain.test", &[&["127.0.0.1"], &["10.0.0.5"]]);
    let asked = "fetch(input.plain + '/json').then((r) => r.status)";
    assert_eq!(world.error(asked).await, r#"["done",200]"#);
    assert_eq!(
        world.names.asked.lock().len(),
        1,
        "a name is looked up once for a request"
    );
    assert!(world.error(asked).await.starts_with("denied"));
    // The other way round: a public address first, which is what a check would see.
    world.names.lead(
        "inside.test",
        &[&["192.0.2.1", "127.0.0.1"], &["127.0.0.1"]],
    );
    assert!(world.asks("inside.test").await.starts_with("denied"));
    assert_eq!(world.inside.connections(), 0);
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_told() {
    let world = World::new().await;
    insta::assert_snapshot!(world.asks("b.inside.test").await, @"unavailable fetch failed: the name of b.inside.test:INSIDE cannot be looked up: entity not found");
}

#[tokio::test]
async fn a_host_must_prove_that_it_is_the_host() {
    let world = World::new().await;
    let port = world.api.port();
    world.names.lead("other.test", &[&["127.0.0.1"]]);
    let network = |name: &str, config: NetworkConfig| {
        let host = AllowedHost::parse(&format!("{name}:{port}")).unwrap();
        let host = host.at(["127.0.0.1"]).unwrap();
        Network::new([host], Arc::new(Transport::new(config)))
    };
    // Trusted, and for another name.
    let other = network("other.test", world.config());
    let error = world
        .error_with(&format!("fetch('https://other.test:{port}/json')"), other)
        .await;
    insta::assert_snapshot!(error, @r#"failed fetch failed: other.test:API cannot be spoken to over TLS: invalid peer certificate: certificate not valid for name "other.test"; certificate is only valid for DnsName("api.test"), DnsName("*.api.test") or IpAddress(127.0.0.1)"#);
    // For this name, and not trusted.
    let config = NetworkConfig {
        authorities: Default::default(),
        ..world.config()
    };
    let error = world
        .error_with("fetch(input.api + '/json')", network("api.test", config))
        .await;
    insta::assert_snapshot!(error, @"failed fetch failed: api.test:API cannot be spoken to over TLS: invalid peer certificate: UnknownIssuer");
    assert_eq!(world.api.received().len(), 0);
}
