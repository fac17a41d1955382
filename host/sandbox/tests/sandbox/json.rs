//! JSON in the sandbox: the engine has quick ways for plain data (`guests/js-engine/quickjs/`), and
//! nobody may see where they end. What programs come to here is what they come to in Node.

use vesicle_sandbox::{ErrorType, Execution, Limits, Outcome};

use crate::support::{check, check_expressions, execute, execution, output, run, success, told};

/// How many values are generated; each is compared about nine times.
const CASES: usize = 3_000;

/// The memory of the tests that use all of it, in bytes.
const LITTLE_MEMORY_BYTES: usize = 24 << 20;

#[tokio::test]
async fn json_is_as_its_specification_says() {
    let reference = include_str!("json/reference.js");
    let comparisons = output(&format!("const CASES = {CASES};\n{reference}")).await;
    assert!(
        comparisons.as_u64() > Some(5 * CASES as u64),
        "{comparisons}"
    );
}

#[tokio::test]
async fn reading_a_value_that_runs_code() {
    check_expressions(&[
        ("JSON.stringify({ a: [1, new Date(0), { b: new Date(0) }], c: 1 })", r#""{\"a\":[1,\"1970-01-01T00:00:00.000Z\",{\"b\":\"1970-01-01T00:00:00.000Z\"}],\"c\":1}""#),
        ("JSON.stringify({ a: { toJSON(k: string) { return 'at ' + k } }, b: [{ toJSON(k: string) { return k } }] })", r#""{\"a\":\"at a\",\"b\":[\"0\"]}""#),
        ("JSON.stringify({ get a() { return { b: 1 } }, c: 2 })", r#""{\"a\":{\"b\":1},\"c\":2}""#),
        ("JSON.stringify({ a: new Proxy({ b: 1 }, {}), c: new Proxy([1, 2], {}) })", r#""{\"a\":{\"b\":1},\"c\":[1,2]}""#),
        ("(() => { let n = 0; const proto = new Proxy({}, { get() { n++ } }); return [JSON.stringify(Object.create(proto, { a: { value: 1, enumerable: true } })), n] })()", r#"["{\"a\":1}",1]"#),
        ("(() => { const f: any = () => 1; f.toJSON = () => 'f'; return JSON.stringify({ f, g: [f, () => 1] }) })()", r#""{\"f\":\"f\",\"g\":[\"f\",null]}""#),
        ("JSON.stringify(Object.assign([1], { toJSON: () => 2 }))", r#""2""#),
        ("JSON.stringify({ toJSON: 1, a: 2 })", r#""{\"toJSON\":1,\"a\":2}""#),
        ("JSON.stringify([new (class { toJSON() { return 'C' } })(), new (class { x = 1 })(), new (class extends Array {})(3)])", r#""[\"C\",{\"x\":1},[null,null,null]]""#),
        ("(() => { try { return JSON.stringify({ a: [1n] }) } catch (error) { return error.name } })()", r#""TypeError""#),
    ])
    .await;
}

#[tokio::test]
async fn changes_while_it_is_written() {
    check_expressions(&[
        ("(() => { const o: any = { a: { toJSON() { delete o.b; o.c = [1, 2]; o.z = 3; o.list.length = 1; return 1 } }, b: 2, c: 3, list: [{ q: 1 }, { q: 2 }] }; return JSON.stringify(o) })()", r#""{\"a\":1,\"c\":[1,2],\"list\":[{\"q\":1}]}""#),
        ("(() => { const o: any = { list: [1, { get g() { o.list.push({ n: 1 }); o.list[0] = { m: 2 }; return 5 } }, { k: 1 }], end: { x: 1 } }; return JSON.stringify(o) })()", r#""{\"list\":[1,{\"g\":5},{\"k\":1}],\"end\":{\"x\":1}}""#),
        ("(() => { const o: any = [{ toJSON() { (Object.prototype as any).toJSON = () => 'gone'; return 1 } }, { a: 1 }]; try { return JSON.stringify(o) } finally { delete (Object.prototype as any).toJSON } })()", r#""[1,\"gone\"]""#),
        ("(() => { const rows = Array.from({ length: 100 }, (_, i) => ({ i })) as any; rows[50].i = { toJSON() { rows.length = 60; rows[55] = [7]; return 'cut' } }; return JSON.stringify(rows).slice(-120) })()", r#""null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null]""#),
    ])
    .await;
}

#[tokio::test]
async fn changed_prototypes() {
    check_expressions(&[
        ("(() => { const o = { a: 1, b: { c: 2 } }; let r = JSON.stringify(o); (Object.prototype as any).toJSON = function () { return Object.keys(this).join() }; try { r += JSON.stringify(o) } finally { delete (Object.prototype as any).toJSON } return r + JSON.stringify(o) })()", r#""{\"a\":1,\"b\":{\"c\":2}}\"a,b\"{\"a\":1,\"b\":{\"c\":2}}""#),
        ("(() => { (Array.prototype as any).toJSON = () => 'array'; try { return JSON.stringify({ a: [1] }) } finally { delete (Array.prototype as any).toJSON } })()", r#""{\"a\":\"array\"}""#),
        ("(() => { (String.prototype as any).toJSON = () => 'no'; try { return JSON.stringify(['a']) } finally { delete (String.prototype as any).toJSON } })()", r#""[\"a\"]""#),
        ("(() => { (BigInt.prototype as any).toJSON = () => 'big'; try { return JSON.stringify([1n, { a: 2n }]) } finally { delete (BigInt.prototype as any).toJSON } })()", r#""[\"big\",{\"a\":\"big\"}]""#),
        ("(() => { let n = 0; Object.defineProperty(Object.prototype, 'toJSON', { get() { n++ }, configurable: true }); try { return [JSON.stringify({ a: { b: [] } }), n] } finally { delete (Object.prototype as any).toJSON } })()", r#"["{\"a\":{\"b\":[]}}",3]"#),
        (r#"(() => { let n = 0; for (const [proto, key] of [[Object.prototype, 'id'], [Array.prototype, '0']] as any) Object.defineProperty(proto, key, { set() { n++ }, configurable: true }); try { const rows = JSON.parse('[{"id":1},{"id":2}]'); return [Object.hasOwn(rows, 0), Object.hasOwn(rows[1], 'id'), Object.hasOwn({ ...rows[0] }, 'id'), n] } finally { delete (Object.prototype as any).id; delete Array.prototype[0] } })()"#, "[true,true,true,0]"),
        ("(() => { Array.prototype[1] = 'p'; try { return [JSON.stringify([1, , 3]), JSON.stringify(JSON.parse('[1,2]'))] } finally { delete Array.prototype[1] } })()", r#"["[1,\"p\",3]","[1,2]"]"#),
    ])
    .await;
}

#[tokio::test]
async fn unusual_objects() {
    check_expressions(&[
        ("JSON.stringify([1, , 3, [, ], Array(2)])", r#""[1,null,3,[null],[null,null]]""#),
        ("JSON.stringify(Object.assign([1], { x: 1 }))", r#""[1]""#),
        ("JSON.stringify({ b: 1, 2: 1, a: 1, 1: 1, '01': 1, '-1': 1, '1.5': 1, 4294967295: 1, 4294967294: 1 })", r#""{\"1\":1,\"2\":1,\"4294967294\":1,\"b\":1,\"a\":1,\"01\":1,\"-1\":1,\"1.5\":1,\"4294967295\":1}""#),
        ("JSON.stringify(Object.defineProperty({ a: 1 }, 'b', { value: 2 }))", r#""{\"a\":1}""#),
        ("JSON.stringify({ [Symbol('a')]: 1, b: Symbol('c'), d: [Symbol('e'), undefined], g: undefined })", r#""{\"d\":[null,null]}""#),
        ("JSON.stringify([new String('a'), new Number(1), new Boolean(false)])", r#""[\"a\",1,false]""#),
        ("JSON.stringify(Object.assign(Object.create(null), { a: 1 }))", r#""{\"a\":1}""#),
        ("JSON.stringify(Object.freeze({ a: Object.freeze([1]) }))", r#""{\"a\":[1]}""#),
        ("JSON.stringify({ a: new Uint8Array(2), m: new Map([[1, 2]]) })", r#""{\"a\":{\"0\":0,\"1\":0},\"m\":{}}""#),
        ("(() => { const o: any = { a: 1, b: 2, c: 3 }; delete o.b; const r = JSON.stringify(o); o.b = 4; return [r, JSON.stringify(o), JSON.stringify({ ...o })] })()", r#"["{\"a\":1,\"c\":3}","{\"a\":1,\"c\":3,\"b\":4}","{\"a\":1,\"c\":3,\"b\":4}"]"#),
        ("(() => { const s = { x: 1 }; return JSON.stringify([s, s, { s }]) })()", r#""[{\"x\":1},{\"x\":1},{\"s\":{\"x\":1}}]""#),
        (r#"JSON.stringify({ s: 'a'.repeat(9000) + '"' + 'b'.repeat(9000) }).length"#, "18010"),
        ("[undefined, null, 1, 'a', true, () => 1, Symbol('a'), NaN].map(v => String(JSON.stringify(v)))", r#"["undefined","null","1","\"a\"","true","undefined","undefined","null"]"#),
        ("JSON.stringify({ a: 1, b: [1, { c: 2 }] }, (_, v) => typeof v === 'number' ? v + 1 : v)", r#""{\"a\":2,\"b\":[2,{\"c\":3}]}""#),
        ("JSON.stringify({ a: 1, b: { a: 2, c: 3 }, 1: 4 }, ['b', 'a', 1, 'a'] as any)", r#""{\"b\":{\"a\":2},\"a\":1,\"1\":4}""#),
        ("JSON.stringify({ a: [], b: {}, c: [{}], d: [[1]] }, null, 1)", r#""{\n \"a\": [],\n \"b\": {},\n \"c\": [\n  {}\n ],\n \"d\": [\n  [\n   1\n  ]\n ]\n}""#),
        ("JSON.stringify({ d: new Date(0), e: [1] }, null, '--')", r#""{\n--\"d\": \"1970-01-01T00:00:00.000Z\",\n--\"e\": [\n----1\n--]\n}""#),
    ])
    .await;
}

#[tokio::test]
async fn cycles() {
    check_expressions(&[
        ("(() => { const a: any = { b: [{}] }; a.b[0].c = a; try { JSON.stringify(a) } catch (error) { return error.name } })()", r#""TypeError""#),
        ("(() => { const a: any[] = []; a[0] = [[a]]; try { JSON.stringify(a, null, 2) } catch (error) { return error.name } })()", r#""TypeError""#),
        ("(() => { const a: any = { d: new Date(0), x: {} }; a.x.y = { a }; try { JSON.stringify(a) } catch (error) { return error.name } })()", r#""TypeError""#),
    ])
    .await;
}

#[tokio::test]
async fn objects_from_texts_are_their_own() {
    check_expressions(&[
        (r#"(() => { const a = JSON.parse('[{"x":1,"y":2},{"x":3,"y":4}]'); a[0].z = 1; delete a[1].x; a[0].x = 'changed'; Object.freeze(a[1]); return [a, JSON.parse('[{"x":1,"y":2}]')] })()"#, r#"[[{"x":"changed","y":2,"z":1},{"y":4}],[{"x":1,"y":2}]]"#),
        (r#"(() => { const a = JSON.parse('[{"x":1},{"x":2}]'); Object.setPrototypeOf(a[0], null); Object.defineProperty(a[1], 'x', { enumerable: false }); return [Object.keys(a[1]), JSON.parse('{"x":3}'), Object.getPrototypeOf(JSON.parse('{"x":3}')) === Object.prototype] })()"#, r#"[[],{"x":3},true]"#),
        ("(() => { const o: any = { a: 1, b: 2 }, p = { ...o }, q: any = { ...p }; q.c = 1; p.a = 9; delete o.b; return [o, p, q] })()", r#"[{"a":1},{"a":9,"b":2},{"a":1,"b":2,"c":1}]"#),
        ("[{ a: 1, get b() { return 2 } }, { 2: 1, 1: 2, a: 3 }, Object.defineProperty({ a: 1 }, 'h', { value: 1 }), Object.create(null, { a: { value: 1, enumerable: true } }), new Proxy({ p: 1 }, {}), [1, 2], Object.freeze({ f: 1 }), {}].map(v => JSON.stringify({ ...v as any }))", r#"["{\"a\":1,\"b\":2}","{\"1\":2,\"2\":1,\"a\":3}","{\"a\":1}","{\"a\":1}","{\"p\":1}","{\"0\":1,\"1\":2}","{\"f\":1}","{}"]"#),
        (r#"[Object.hasOwn({ ...JSON.parse('{"__proto__":5}') }, '__proto__'), Object.getPrototypeOf(JSON.parse('{"__proto__":[]}')) === Object.prototype]"#, "[true,true]"),
        (r#"JSON.parse('[{"a":1,"b":2},{"a":1,"b":2,"a":3},{"b":1,"a":2},{"a":1},{"a":1,"b":2,"c":3},{},{"a":1,"b":2}]')"#, r#"[{"a":1,"b":2},{"a":3,"b":2},{"b":1,"a":2},{"a":1},{"a":1,"b":2,"c":3},{},{"a":1,"b":2}]"#),
        (r#"JSON.parse('[{"a\\\\nb":1},{"a\\nb":1},{"a\\u005cnb":1}]').map(Object.keys)"#, r#"[["a\\nb"],["a\nb"],["a\\nb"]]"#),
        (r#"JSON.parse('[{"é":1},{"é":1},{"Ã©":1}]').map(Object.keys)"#, r#"[["é"],["é"],["Ã©"]]"#),
    ])
    .await;
}

/// The quick ways end at 256; what is deeper goes the ordinary way.
#[tokio::test]
async fn depth_changes_nothing() {
    for depth in [1, 255, 256, 257, 1_000] {
        check(&[(
            &format!(
                "const arrays = '['.repeat({depth}) + ']'.repeat({depth});
                 const objects = '{{\"a\":'.repeat({depth}) + '1' + '}}'.repeat({depth});
                 return [arrays, objects].map(text => JSON.stringify(JSON.parse(text)) === text)"
            ),
            "[true,true]",
        )])
        .await;
    }
    let outcome = run("return JSON.parse('['.repeat(1e6))").await;
    assert!(
        matches!(
            outcome,
            Outcome::Error {
                error_type: ErrorType::StackOverflow,
                ..
            }
        ),
        "{}",
        told(&outcome)
    );
}

/// Positions are those of the ordinary reader.
#[tokio::test]
async fn errors_say_where_they_are() {
    check(&[
        (
            r#"try { JSON.parse('[{"a":1},{"a":1,}]') } catch (error) { return error.message }"#,
            r#""Expected property name or '}' in JSON at position 16 (line 1 column 17)""#,
        ),
        (
            r#"try { JSON.parse('[1,\n 2\n 3]') } catch (error) { return error.message }"#,
            r#""Expected ',' or ']' after array element in JSON at position 8 (line 3 column 2)""#,
        ),
        (
            r#"try { JSON.parse('"a\\x"') } catch (error) { return error.message }"#,
            r#""Bad escaped character in JSON at position 3 (line 1 column 4)""#,
        ),
        (
            "try { JSON.parse('[1') } catch (error) { return error.message }",
            r#""Expected ',' or ']' after array element in JSON at position 2 (line 1 column 3)""#,
        ),
    ])
    .await;
}

/// Reading and writing until there is no memory, again and again, leaves what was there as it was.
#[tokio::test]
async fn memory_may_end_anywhere() {
    let code = r#"
        const rows = Array.from({ length: 500 }, (_, id) => ({ id, name: `row ${id}`, amount: id / 4, inner: { list: [id, 'é', null] } }));
        const text = JSON.stringify(rows), seen: string[] = [];
        const exhaust = (work: () => unknown) => {
            let kept: unknown[] = [];
            try { for (;;) kept.push(work()) } catch (error) { kept = kept.slice(0, 1); seen.push(String(error)) }
            if (JSON.stringify(JSON.parse(text)) !== text || JSON.stringify(rows) !== text) seen.push('changed');
        };
        for (const padding of ['', 'x'.repeat(100), 'x'.repeat(5000), '日'.repeat(5000)]) {
            const padded = JSON.stringify([padding, rows]);
            exhaust(() => JSON.parse(padded));
            exhaust(() => JSON.stringify([padding, rows]));
            exhaust(() => JSON.stringify([padding, new Date(0), rows]));
            exhaust(() => rows.map(row => ({ ...row, padding })));
        }
        return [seen.length, seen.includes('changed')]"#;
    let execution = execution(code);
    let outcome = execute(Execution {
        limits: Limits {
            memory_bytes: LITTLE_MEMORY_BYTES,
            ..execution.limits
        },
        ..execution
    })
    .await;
    assert_eq!(success(outcome).get(), "[16,false]");
}
