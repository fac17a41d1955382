;; Wants a larger table than it may have before it runs.
;; limits: table_elements=1000
;; expect: limit table_elements
(component
  (core module $m
    (table 1001 funcref)
    (func (export "f") ))
  (core instance $i (instantiate $m))
  (func (export "f") (canon lift (core func $i "f")))
)
