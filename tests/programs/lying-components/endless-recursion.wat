;; Calls itself without end.
;; expect: stack_overflow
(component
  (core module $m
    (func $f (export "f") (call $f)))
  (core instance $i (instantiate $m))
  (func $f (export "f") (canon lift (core func $i "f")))
)
