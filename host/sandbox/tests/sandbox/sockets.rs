//! Sockets, which libraries of languages import: they can be asked for, and are refused.

use vesicle_sandbox::{Call, CompileLimits, Outcome, Val};

use crate::support::sandbox;

/// Asks for a TCP and for a UDP socket, and answers with what came of each: 100 for a failure, and the
/// number of the error among those that there are.
const ASKS: &str = r#"(component
  (import "wasi:sockets/network@0.2.0" (instance $network
    (type $e (enum "unknown" "access-denied" "not-supported" "invalid-argument" "out-of-memory" "timeout"
      "concurrency-conflict" "not-in-progress" "would-block" "invalid-state" "new-socket-limit"
      "address-not-bindable" "address-in-use" "remote-unreachable" "connection-refused" "connection-reset"
      "connection-aborted" "datagram-too-large" "name-unresolvable" "temporary-resolver-failure"
      "permanent-resolver-failure"))
    (export "error-code" (type (eq $e)))
    (type $f (enum "ipv4" "ipv6"))
    (export "ip-address-family" (type (eq $f)))))
  (alias export $network "error-code" (type $error))
  (alias export $network "ip-address-family" (type $family))
  (import "wasi:sockets/tcp@0.2.0" (instance $tcp (export "tcp-socket" (type (sub resource)))))
  (alias export $tcp "tcp-socket" (type $tcp-socket))
  (import "wasi:sockets/udp@0.2.0" (instance $udp (export "udp-socket" (type (sub resource)))))
  (alias export $udp "udp-socket" (type $udp-socket))
  (import "wasi:sockets/tcp-create-socket@0.2.0" (instance $create-tcp
    (export "error-code" (type $e (eq $error)))
    (export "ip-address-family" (type $f (eq $family)))
    (export "tcp-socket" (type $s (eq $tcp-socket)))
    (export "create-tcp-socket" (func (param "address-family" $f) (result (result (own $s) (error $e)))))))
  (import "wasi:sockets/udp-create-socket@0.2.0" (instance $create-udp
    (export "error-code" (type $e (eq $error)))
    (export "ip-address-family" (type $f (eq $family)))
    (export "udp-socket" (type $s (eq $udp-socket)))
    (export "create-udp-socket" (func (param "address-family" $f) (result (result (own $s) (error $e)))))))
  (core module $memory (memory (export "memory") 1))
  (core instance $memory (instantiate $memory))
  (core func $tcp (canon lower (func $create-tcp "create-tcp-socket") (memory (core memory $memory "memory"))))
  (core func $udp (canon lower (func $create-udp "create-udp-socket") (memory (core memory $memory "memory"))))
  (core module $m
    (import "" "memory" (memory 1))
    (import "" "tcp" (func $tcp (param i32 i32)))
    (import "" "udp" (func $udp (param i32 i32)))
    (func $came (result i32)
      (i32.add (i32.mul (i32.load8_u (i32.const 16)) (i32.const 100)) (i32.load8_u (i32.const 20))))
    (func (export "tcp") (result i32) (call $tcp (i32.const 0) (i32.const 16)) (call $came))
    (func (export "udp") (result i32) (call $udp (i32.const 1) (i32.const 16)) (call $came)))
  (core instance $i (instantiate $m (with "" (instance
    (export "memory" (memory $memory "memory")) (export "tcp" (func $tcp)) (export "udp" (func $udp))))))
  (func (export "tcp") (result u32) (canon lift (core func $i "tcp")))
  (func (export "udp") (result u32) (canon lift (core func $i "udp")))
)"#;

#[tokio::test]
async fn no_socket_is_made() {
    let wasm = wat::parse_str(ASKS).unwrap();
    let component = sandbox().await.load(wasm, CompileLimits::default()).await;
    let component = component.unwrap();
    for kind in ["tcp", "udp"] {
        let function = component.function(None, kind).unwrap();
        let call = Call::new(&component, function, Vec::new());
        let outcome = sandbox().await.call(call).await.unwrap();
        let Outcome::Success { output, .. } = outcome else {
            panic!("{kind}: {outcome:?}")
        };
        // `access-denied`.
        assert_eq!(output, [Val::U32(101)], "{kind}");
    }
}
