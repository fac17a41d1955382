;; Loops in the start function of its module, before anything of it is called.
;; limits: wall_time_ms=300
;; expect: timeout
(component
  (core module $m
    (func $start (loop $again (br $again)))
    (start $start)
    (func (export "f") ))
  (core instance $i (instantiate $m))
  (func (export "f") (canon lift (core func $i "f")))
)
