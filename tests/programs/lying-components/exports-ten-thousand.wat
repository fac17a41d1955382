;; Exports a function under ten thousand names.
;; call: f-9999
;; expect: value []
(component
  (core module $m (func (export "f")))
  (core instance $i (instantiate $m))
  (func $f (canon lift (core func $i "f")))
;; repeat 10000
  (export "f-@" (func $f))
;; end
)
