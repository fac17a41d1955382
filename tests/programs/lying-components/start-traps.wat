;; Traps in the start function of its module.
;; expect: trap unreachable
(component
  (core module $m
    (func $start unreachable)
    (start $start)
    (func (export "f") ))
  (core instance $i (instantiate $m))
  (func (export "f") (canon lift (core func $i "f")))
)
