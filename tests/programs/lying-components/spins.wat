;; Computes without end.
;; limits: cpu_time_ms=100
;; expect: limit cpu_time
(component
  (core module $m
    (func (export "f") (loop $again (br $again))))
  (core instance $i (instantiate $m))
  (func (export "f") (canon lift (core func $i "f")))
)
