;; Asks for the time without end, which is no capability call.
;; limits: wall_time_ms=300
;; expect: timeout
(component
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock (export "now" (func (result u64)))))
  (core func $now (canon lower (func $clock "now")))
  (core module $m
    (import "" "now" (func $now (result i64)))
    (func (export "f") (loop $again (drop (call $now)) (br $again))))
  (core instance $i (instantiate $m (with "" (instance (export "now" (func $now))))))
  (func (export "f") (canon lift (core func $i "f")))
)
