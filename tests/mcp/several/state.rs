//! State in the database: as in a file, and with the same quotas, however many hosts write.

use serde_json::json;

use super::Hosts;

#[tokio::test(flavor = "multi_thread")]
async fn state_means_the_same_as_in_a_file() {
    let hosts = Hosts::start();
    hosts.know_the_token().await;
    let kept = "for (const key of ['a%b', 'a_b', 'axb', 'b', 'ä', 'nul\\0', \"'; DROP TABLE state; --\"]) await state.set(key, 1);
        return [await state.keys('a'), await state.keys('a%'), await state.keys('nul\\0'), (await state.keys('')).length]";
    assert_eq!(
        hosts.run(kept).await,
        json!([["a%b", "a_b", "axb"], ["a%b"], ["nul\0"], 7])
    );
    let compared = "await state.set('k', {a: 1, b: [1, null]});
        return [await state.compareAndSet('k', {a: 1, b: [1]}, 0), await state.compareAndSet('k', undefined, 0),
            await state.compareAndSet('k', {b: [1, null], a: 1}, 9), await state.get('k')]";
    assert_eq!(hosts.run(compared).await, json!([false, false, true, 9]));
    let gone = "await state.set('t', 1, {ttlMs: 300}); const before = await state.get('t');
        await new Promise(r => setTimeout(r, 400));
        return [before, await state.get('t') ?? null, await state.delete('t'), (await state.keys('t')).length, await state.compareAndSet('t', undefined, 2)]";
    assert_eq!(hosts.run(gone).await, json!([1, null, false, 0, true]));
    assert_eq!(
        hosts
            .run("return [await state.delete('t'), await state.get('t') ?? null]")
            .await,
        json!([true, null])
    );
}

/// Three hosts fill one session at once; none gets past its quotas, and each is told which one it met.
#[tokio::test(flavor = "multi_thread")]
async fn quotas_hold_where_several_hosts_write() {
    let hosts = Hosts::start();
    hosts.know_the_token().await;
    hosts.sql(
        "INSERT INTO vesicle_host.state (session, key, value)
         SELECT 'account:ci', convert_to('made up ' || n, 'UTF8'), '1' FROM generate_series(1, 970) AS n",
    );
    let fill = |name: &str| {
        format!(
            "let kept = 0; try {{ for (let n = 0; n < 40; n++) {{ await state.set('{name}' + n, 1); kept++; }} }}
             catch (error) {{ return [kept, error.message] }} return [kept, '']"
        )
    };
    let (a, b, c) = (fill("a"), fill("b"), fill("c"));
    let (a, b, c) = tokio::join!(hosts.run(&a), hosts.run(&b), hosts.run(&c));
    let kept: u64 = [&a, &b, &c].iter().map(|of| of[0].as_u64().unwrap()).sum();
    assert_eq!(kept, 30, "{a} {b} {c}");
    for of in [&a, &b, &c] {
        let told = of[1].as_str().unwrap();
        assert!(told.contains("has 1000 keys"), "{told}");
    }
    let replaced = "await state.set('a0', 2); return await state.get('a0')";
    assert_eq!(
        hosts.run(replaced).await,
        2,
        "replacing takes no further key"
    );

    let large = "for (const key of await state.keys('')) if (key !== 'a0') await state.delete(key);
        const text = 'x'.repeat(250000); let kept = 0;
        try { for (;;) { await state.set('large' + kept, text); kept++; } } catch (error) { return [kept, error.message] }";
    let large = hosts.run(large).await;
    assert_eq!(large[0], 33, "{large}");
    assert!(
        large[1]
            .as_str()
            .unwrap()
            .contains("may come to 8388608 bytes"),
        "{large}"
    );
}
