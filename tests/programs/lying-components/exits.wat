;; Ends itself with a status of its own.
;; expect: trap the component ended itself with status 1
(component
  (import "wasi:cli/exit@0.2.0" (instance $exit (export "exit" (func (param "status" (result))))))
  (core func $exit (canon lower (func $exit "exit")))
  (core module $m
    (import "" "exit" (func $exit (param i32)))
    (func (export "f") (call $exit (i32.const 1))))
  (core instance $i (instantiate $m (with "" (instance (export "exit" (func $exit))))))
  (func (export "f") (canon lift (core func $i "f")))
)
