;; Calls its own export, through the host, while it runs.
;; expect: trap cannot enter component instance
(component
  (core module $first
    (table (export "table") 1 funcref)
    (type $nothing (func))
    (func (export "f") (call_indirect (type $nothing) (i32.const 0))))
  (core instance $first (instantiate $first))
  (func $f (canon lift (core func $first "f")))
  (core func $again (canon lower (func $f)))
  (core module $second
    (import "" "table" (table 1 funcref))
    (import "" "again" (func $again))
    (elem (i32.const 0) func $again))
  (core instance (instantiate $second (with "" (instance
    (export "table" (table $first "table")) (export "again" (func $again))))))
  (export "f" (func $f))
)
