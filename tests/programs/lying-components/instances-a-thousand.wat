;; Consists of a thousand instances of one module.
;; expect: limit instances
(component
  (core module $m (func (export "f")))
  (core instance $i (instantiate $m))
;; repeat 999
  (core instance (instantiate $m))
;; end
  (func (export "f") (canon lift (core func $i "f")))
)
