;; Consists of nine instances of one module, where eight may be.
;; expect: limit instances
(component
  (core module $m (func (export "f")))
  (core instance $i (instantiate $m))
  (core instance (instantiate $m))
  (core instance (instantiate $m))
  (core instance (instantiate $m))
  (core instance (instantiate $m))
  (core instance (instantiate $m))
  (core instance (instantiate $m))
  (core instance (instantiate $m))
  (core instance (instantiate $m))
  (func (export "f") (canon lift (core func $i "f")))
)
