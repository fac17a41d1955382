//! The globals: that they are there and do their job, and that nothing else is.

use serde_json::Value;

use crate::support::{assert_transcript, check, check_expressions, output};

/// Everything that a program can reach by name, so that a new name does not slip in.
#[tokio::test]
async fn the_names_that_there_are() {
    let names = output("return Object.getOwnPropertyNames(globalThis).sort()").await;
    let names: Vec<&str> = names
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    insta::assert_snapshot!(names.join("\n"));
}

#[tokio::test]
async fn what_other_runtimes_have_is_absent() {
    for name in [
        "process",
        "require",
        "module",
        "exports",
        "__dirname",
        "XMLHttpRequest",
        "WebSocket",
        "Deno",
        "Bun",
        "Buffer",
        "std",
        "os",
        "bjson",
        "Javy",
        "javy",
        "WebAssembly",
        "Intl",
        "print",
        "scriptArgs",
        "window",
        "self",
        "document",
        "global",
        "Worker",
        "SharedWorker",
        "importScripts",
        "localStorage",
        "navigator",
        "alert",
        "gc",
        "native",
        "shared",
        "vesicle",
        "setImmediate",
        "__quickjs",
        "Atomics2",
        "DOMParser",
    ] {
        let code = format!("return [typeof {name}, '{name}' in globalThis]");
        assert_eq!(
            output(&code).await,
            serde_json::json!(["undefined", false]),
            "{name}"
        );
    }
}

#[tokio::test]
async fn the_language_is_there() {
    check_expressions(&[
        ("[1, 2, 3].at(-1)", "3"),
        ("[3, 1, 2].toSorted()", "[1,2,3]"),
        (
            "Object.groupBy([1, 2, 3], n => n % 2 ? 'odd' : 'even')",
            r#"{"odd":[1,3],"even":[2]}"#,
        ),
        ("'a-b'.replaceAll('-', '+')", r#""a+b""#),
        (
            "[...'x1y22'.matchAll(/(?<d>\\d+)/g)].map(m => m.groups!.d)",
            r#"["1","22"]"#,
        ),
        ("/(?<=a)b/.test('ab')", "true"),
        ("/\\p{Lu}/u.test('Ä')", "true"),
        ("new Set([1, 2]).union(new Set([3])).size", "3"),
        (
            "structuredClone(new Map([[1, { a: 1n }]])).get(1).a",
            r#""1""#,
        ),
        ("'Ǆ'.toLowerCase() + 'ß'.toUpperCase()", r#""ǆSS""#),
        ("'e\\u0301'.normalize('NFC').length", "1"),
        (
            "new Date(Date.UTC(2024, 1, 29, 12)).toISOString()",
            r#""2024-02-29T12:00:00.000Z""#,
        ),
        ("new Date('2024-02-29').getTimezoneOffset()", "0"),
        (
            "new Date(2024, 0, 1).toString()",
            r#""Mon Jan 01 2024 00:00:00 GMT+0000""#,
        ),
        ("typeof new Date(0).toLocaleDateString()", r#""string""#),
        ("(1234.5).toLocaleString().length > 0", "true"),
        ("Array.fromAsync([Promise.resolve(1)])", "[1]"),
        ("Promise.withResolvers() !== null", "true"),
        (
            "Iterator.from([1, 2, 3]).map(n => n * 2).toArray()",
            "[2,4,6]",
        ),
        (
            "(() => { const o = { a: 1 }; return new WeakRef(o).deref() === o })()",
            "true",
        ),
        (
            "[parseInt('12px'), parseFloat('1.5e3'), Number('0x10'), isNaN(NaN as any)]",
            "[12,1500,16,true]",
        ),
        (
            "encodeURIComponent('ä&b') + decodeURIComponent('%F0%9F%98%80')",
            r#""%C3%A4%26b😀""#,
        ),
        ("escape('ä') + unescape('%E4')", r#""%E4ä""#),
    ])
    .await;
}

#[tokio::test]
async fn url() {
    check(&[
        (
            "const u = new URL('HTTPS://user:p%40ss@EXAMPLE.com:8080/a/./b/../c d?x=1&x=2#h');
            return [u.href, u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash]",
            r##"["https://user:p%40ss@example.com:8080/a/c%20d?x=1&x=2#h","https://example.com:8080","https:","user","p%40ss","example.com:8080","example.com","8080","/a/c%20d","?x=1&x=2","#h"]"##,
        ),
        (
            "const u = new URL('http://a.example/'); u.protocol = 'https'; u.host = 'b.example:81'; u.pathname = 'x y'; u.search = 'q=ä'; u.hash = 'f'; u.username = 'me'; u.password = 'p:w'; u.port = '443'; return u.href",
            r##""https://me:p%3Aw@b.example/x%20y?q=%C3%A4#f""##,
        ),
        ("const u = new URL('http://a.example/'); u.hostname = 'c.example'; u.port = '99999'; return u.href", r#""http://c.example/""#),
        ("const u = new URL('http://a.example/'); u.href = 'data:text/plain,x'; return [u.href, u.origin, u.pathname]", r#"["data:text/plain,x","null","text/plain,x"]"#),
        ("const u = new URL('http://a.example/?a=1'); u.searchParams.append('b', 'ä &'); u.searchParams.delete('a'); return u.href", r#""http://a.example/?b=%C3%A4+%26""#),
        ("const u = new URL('http://a.example/?a=1'); const p = u.searchParams; u.search = '?c=3'; return [p.get('a'), p.get('c'), p === u.searchParams]", r#"[null,"3",true]"#),
        ("return [new URL('../x?y', 'http://a.example/b/c/d').href, new URL('//other.example', 'https://a.example').href]", r#"["http://a.example/b/x?y","https://other.example/"]"#),
        ("return [new URL('http://münchen.example/ü').href, new URL('http://日本.example').host]", r#"["http://xn--mnchen-3ya.example/%C3%BC","xn--wgv71a.example"]"#),
        ("return [new URL('http://0x7f.1/').host, new URL('http://[::0001]/').host]", r#"["127.0.0.1","[::1]"]"#),
        ("return [URL.canParse('nope'), URL.canParse('/x', 'http://a.example'), URL.parse('nope')]", "[false,true,null]"),
        ("return JSON.stringify({ u: new URL('http://a.example') }) + new URL('http://a.example')", r#""{\"u\":\"http://a.example/\"}http://a.example/""#),
        ("return ['nope', 'http://', 'http://a b', 'http://a:99999', 'http://[', '//x', ''].map(text => { try { return new URL(text).href } catch (e) { return e.name + ' ' + e.code } })", r#"["TypeError ERR_INVALID_URL","TypeError ERR_INVALID_URL","TypeError ERR_INVALID_URL","TypeError ERR_INVALID_URL","TypeError ERR_INVALID_URL","TypeError ERR_INVALID_URL","TypeError ERR_INVALID_URL"]"#),
        ("return new URL('http://a.example/\\ud800').pathname", r#""/%EF%BF%BD""#),
    ])
    .await;
    assert_transcript![
        "new URL('not a url')",
        "new URL('/x', 'also not')",
        "URL('http://a.example')",
        "new URL()"
    ];
}

#[tokio::test]
async fn url_search_params() {
    check(&[
        ("const p = new URLSearchParams('?a=1&b=2&a=3&c'); return [p.get('a'), p.getAll('a'), p.get('c'), p.get('none'), p.has('b'), p.has('a', '3'), p.size]", r#"["1",["1","3"],"",null,true,true,4]"#),
        ("return [new URLSearchParams({ a: '1', b: 'x y' }).toString(), new URLSearchParams([['q', '1'], ['q', '2']]).toString(), new URLSearchParams(new Map([['m', '1']])).toString()]", r#"["a=1&b=x+y","q=1&q=2","m=1"]"#),
        ("const p = new URLSearchParams('b=2&a=1&b=1'); p.sort(); return [...p]", r#"[["a","1"],["b","2"],["b","1"]]"#),
        ("const p = new URLSearchParams('a=1&a=2'); p.set('a', '3'); p.append('d', '4'); p.delete('x'); p.delete('d', '5'); return p.toString()", r#""a=3&d=4""#),
        ("return [...new URLSearchParams('%41=%zz&+=%2B')]", r#"[["A","%zz"],[" ","+"]]"#),
        ("const seen: string[] = []; new URLSearchParams('a=1').forEach((value, key) => seen.push(key + value)); return [seen, [...new URLSearchParams('x=1').keys()], [...new URLSearchParams('x=1').values()]]", r#"[["a1"],["x"],["1"]]"#),
        ("try { new URLSearchParams([['one']]) } catch (e) { return e.name }", r#""TypeError""#),
    ])
    .await;
}

#[tokio::test]
async fn text_encoder_and_decoder() {
    check(&[
        ("return [...new TextEncoder().encode('aä€😀\\ud800')]", "[97,195,164,226,130,172,240,159,152,128,239,191,189]"),
        ("const b = new Uint8Array(5); const r = new TextEncoder().encodeInto('ä€x', b); return [r, [...b]]", r#"[{"read":2,"written":5},[195,164,226,130,172]]"#),
        ("const b = new Uint8Array(3); return new TextEncoder().encodeInto('ä€', b)", r#"{"read":1,"written":2}"#),
        ("return new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 0xe2, 0x82, 0xac]))", r#""€""#),
        ("return new TextDecoder('utf-8', { ignoreBOM: true }).decode(new Uint8Array([0xef, 0xbb, 0xbf])).length", "1"),
        ("return new TextDecoder().decode(new Uint8Array([0x61, 0xff, 0xe2, 0x82, 0x62]))", "\"a\u{fffd}\u{fffd}b\""),
        ("try { new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0xff])) } catch (e) { return [e.name, e.message] }", r#"["TypeError","The encoded data was not valid for encoding utf-8"]"#),
        ("const d = new TextDecoder(); const bytes = [0xf0, 0x9f, 0x98, 0x80, 0x61]; return bytes.map(b => d.decode(new Uint8Array([b]), { stream: true })).concat(d.decode())", r#"["","","","😀","a",""]"#),
        ("const d = new TextDecoder(); return [d.decode(new Uint8Array([0xe2, 0x82]), { stream: true }), d.decode()]", "[\"\",\"\u{fffd}\"]"),
        ("return [new TextDecoder('utf-16le').decode(new Uint8Array([0xac, 0x20, 0x3d, 0xd8, 0x00, 0xde])), new TextDecoder('utf-16be').decode(new Uint8Array([0x20, 0xac]))]", r#"["€😀","€"]"#),
        ("const d = new TextDecoder('utf-16'); return [d.decode(new Uint8Array([0x3d, 0xd8, 0x00]), { stream: true }), d.decode(new Uint8Array([0xde])), d.encoding]", r#"["","😀","utf-16le"]"#),
        ("return [new TextDecoder('latin1').decode(new Uint8Array([0xe4, 0x80])), new TextDecoder('ascii').encoding]", r#"["ä€","windows-1252"]"#),
        ("const b = new Uint8Array([1, 0x61, 0x62, 2]); return [new TextDecoder().decode(b.subarray(1, 3)), new TextDecoder().decode(b.buffer.slice(1, 2)), new TextDecoder().decode(new DataView(b.buffer, 1, 1))]", r#"["ab","a","a"]"#),
        ("try { new TextDecoder('klingon') } catch (e) { return [e.name, e.message] }", r#"["RangeError","The \"klingon\" encoding is not supported"]"#),
        ("const text = 'aä€😀'.repeat(20000); return new TextDecoder().decode(new TextEncoder().encode(text)) === text", "true"),
    ])
    .await;
}

#[tokio::test]
async fn structured_clone() {
    check(&[
        ("const o: any = { d: new Date(5), m: new Map([[1, new Set([2])]]), a: [1, , 3], r: /x/g, n: null, u: undefined }; o.self = o; const c = structuredClone(o); return [c !== o, c.self === c, c.d.getTime(), [...c.m.get(1)], 1 in c.a, c.r.flags, 'u' in c]", r#"[true,true,5,[2],false,"g",true]"#),
        ("const b = new Uint8Array([1, 2]).buffer; const c = structuredClone(b); new Uint8Array(c)[0] = 9; return [b, c]", "[[1,2],[9,2]]"),
        ("const b = new ArrayBuffer(4); const c = structuredClone(b, { transfer: [b] }); return [b.byteLength, c.byteLength]", "[0,4]"),
        ("const e = structuredClone(new RangeError('r', { cause: 1 })); return [e instanceof RangeError, e.message, e.cause]", r#"[true,"r",1]"#),
        ("class A { x = 1; get y() { return 2 } } const c = structuredClone(new A()); return [c, c instanceof A]", r#"[{"x":1},false]"#),
        ("return [() => 1, Symbol('s'), new WeakMap(), Promise.resolve(1), { deep: [() => 1] }].map(v => { try { structuredClone(v) } catch (e) { return e.name } })", r#"["DataCloneError","DataCloneError","DataCloneError","DataCloneError","DataCloneError"]"#),
        ("const shared = { n: 1 }; const [a, b] = structuredClone([shared, shared]); return a === b", "true"),
    ])
    .await;
}

#[tokio::test]
async fn base64() {
    check(&[
        ("return [btoa('Hello, wörld'), atob('SGVsbG8='), atob(' SGVs bG8 '), btoa(''), atob('')]", r#"["SGVsbG8sIHf2cmxk","Hello","Hello","",""]"#),
        ("let all = ''; for (let i = 0; i < 256; i++) all += String.fromCharCode(i); return atob(btoa(all)) === all", "true"),
        ("return ['€', '😀'].map(t => { try { btoa(t) } catch (e) { return [e.name, e.code] } })", r#"[["InvalidCharacterError",5],["InvalidCharacterError",5]]"#),
        ("return ['a', '=', 'ab=', 'a===', 'ab$d', 'abcde'].map(t => { try { return atob(t) } catch (e) { return e.name } })", r#"["InvalidCharacterError","InvalidCharacterError","InvalidCharacterError","InvalidCharacterError","InvalidCharacterError","InvalidCharacterError"]"#),
        ("const big = 'x'.repeat(300000); return atob(btoa(big)) === big", "true"),
    ])
    .await;
}

#[tokio::test]
async fn crypto() {
    check(&[
        ("const b = crypto.getRandomValues(new Uint8Array(64)); return [b.length, new Set(b).size > 16]", "[64,true]"),
        ("const b = new Uint32Array(4); return crypto.getRandomValues(b) === b", "true"),
        ("const b = new Uint8Array(8); crypto.getRandomValues(b.subarray(2, 4)); return [...b.slice(0, 2), ...b.slice(4)]", "[0,0,0,0,0,0]"),
        ("return crypto.getRandomValues(new Uint8Array(65536)).length", "65536"),
        ("try { crypto.getRandomValues(new Uint8Array(65537)) } catch (e) { return [e.name, e.message] }", r#"["QuotaExceededError","crypto.getRandomValues gives at most 65536 bytes at once, not 65537"]"#),
        ("return [new Float32Array(1), [1], new DataView(new ArrayBuffer(1))].map(v => { try { crypto.getRandomValues(v as any) } catch (e) { return e.name } })", r#"["TypeMismatchError","TypeMismatchError","TypeMismatchError"]"#),
        ("return /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID())", "true"),
        ("return new Set(Array.from({ length: 1000 }, () => crypto.randomUUID())).size", "1000"),
        ("return Array.from({ length: 1000 }, Math.random).every(n => n >= 0 && n < 1)", "true"),
        ("return new Set(Array.from({ length: 1000 }, Math.random)).size", "1000"),
        ("return typeof crypto.subtle", r#""undefined""#),
    ])
    .await;
}

/// Nothing random comes from the engine's snapshot, which all sandboxes share.
#[tokio::test]
async fn randomness_differs_between_executions() {
    for code in [
        "return Math.random()",
        "return crypto.randomUUID()",
        "return [...crypto.getRandomValues(new Uint8Array(16))].join()",
    ] {
        let mut seen = std::collections::HashSet::new();
        for _ in 0..20 {
            assert!(
                seen.insert(output(code).await.to_string()),
                "{code}: twice the same"
            );
        }
    }
}

#[tokio::test]
async fn dates_are_now() {
    let before = std::time::SystemTime::now();
    let now = output("return [Date.now(), new Date().getTime(), performance.timeOrigin]").await;
    let after = std::time::SystemTime::now();
    let ms = |time: std::time::SystemTime| {
        time.duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_secs_f64()
            * 1e3
    };
    for now in now.as_array().unwrap() {
        let now = now.as_f64().unwrap();
        // The two clocks of the host move in steps.
        assert!(
            ms(before) - 5.0 <= now && now <= ms(after) + 5.0,
            "{now} is not now"
        );
    }
}

#[tokio::test]
async fn performance_now_is_monotonic_and_coarse() {
    let times = output(
        "const times = [performance.now()];
        while (times.length < 10000) times.push(performance.now());
        await new Promise(done => setTimeout(done, 2));
        times.push(performance.now());
        return times",
    )
    .await;
    let times: Vec<f64> = times
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_f64)
        .collect();
    assert!(times.windows(2).all(|pair| pair[0] <= pair[1]));
    assert!(times[0] >= 0.0);
    assert!(
        times[10_000] - times[9_999] >= 1.9,
        "the timer fired early: {:?}",
        &times[9_998..]
    );
    for time in times {
        let steps = time / 0.1;
        assert!(
            (steps - steps.round()).abs() < 1e-6,
            "{time} is no multiple of 0.1 ms"
        );
    }
}

/// No clock is finer: not the ones that the program could make of a date or a timer.
#[tokio::test]
async fn dates_are_whole_milliseconds() {
    check_expressions(&[
        ("Number.isInteger(Date.now())", "true"),
        ("Number.isInteger(new Date().getTime())", "true"),
    ])
    .await;
}

#[tokio::test]
async fn abort_controllers() {
    check(&[
        ("const c = new AbortController(); const seen: string[] = []; c.signal.addEventListener('abort', e => seen.push(e.type)); c.signal.onabort = () => seen.push('on'); c.abort('why'); c.abort('again'); return [seen, c.signal.aborted, c.signal.reason]", r#"[["abort","on"],true,"why"]"#),
        ("const c = new AbortController(); c.abort(); return [c.signal.reason.name, c.signal.reason.code, c.signal.reason instanceof DOMException]", r#"["AbortError",20,true]"#),
        ("try { AbortSignal.abort('r').throwIfAborted() } catch (e) { return e }", r#""r""#),
        ("const s = AbortSignal.timeout(1); await new Promise(done => { s.onabort = done; setTimeout(done, 10000) }); return s.reason.name", r#""TimeoutError""#),
        ("const c = new AbortController(); const s = AbortSignal.any([c.signal, AbortSignal.timeout(1e6)]); c.abort(1); return [s.aborted, s.reason]", "[true,1]"),
        ("AbortSignal.timeout(1e8); return 'does not wait'", r#""does not wait""#),
        ("try { new AbortSignal() } catch (e) { return e.name }", r#""TypeError""#),
        ("const t = new EventTarget(); let n = 0; t.addEventListener('x', () => n++, { once: true }); t.dispatchEvent(new Event('x')); t.dispatchEvent(new Event('x')); return n", "1"),
    ])
    .await;
}

/// Programs may replace what they like; what the sandbox needs goes on working.
#[tokio::test]
async fn replaced_builtins_do_not_break_the_globals() {
    check(&[
        ("Array.prototype.push = Array.prototype.join = String.prototype.slice = Map.prototype.get = null as any; console.log('a', [1, { b: 2 }], new Map([[1, 2]])); return 1", "1"),
        ("Promise.prototype.then = null as any; globalThis.Promise = null as any; setTimeout(() => console.log('late'), 1); queueMicrotask(() => console.log('soon')); return 1", "1"),
        ("JSON.parse = JSON.stringify = null as any; Object.keys = null as any; return structuredClone({ a: [1] })", r#"{"a":[1]}"#),
        ("String.prototype.concat = Array.prototype[Symbol.iterator] = null as any; return new URL('http://a.example/?b=1').searchParams.get('b')", r#""1""#),
        ("Object.defineProperty(Object.prototype, 'get', { get() { throw new Error('polluted') } }); Object.defineProperty(Object.prototype, 'value', { get() { throw new Error('polluted') } }); console.log({}); return btoa('x') + crypto.randomUUID().length", r#""eA==36""#),
    ])
    .await;
}

/// The prelude's own functions and files do not show in what is told of errors.
#[tokio::test]
async fn the_prelude_does_not_show() {
    assert_transcript![
        "console.log(Object.keys(globalThis).filter(name => /^(vesicle|native|hooks|shared)/.test(name)))",
        "new URL('x')",
        "try { structuredClone(() => {}) } catch (error) { console.log(error) }",
        "await tools.some.tool()",
        "setTimeout(() => console.log(new Error('in a timer')))",
        "console.log({ get [Symbol.toStringTag]() { console.log(new Error('while inspected')); return 'tag' } })",
        "return setTimeout.toString()",
        "return [URL.toString().length < 100, console.log.toString().length < 100]",
    ];
}
