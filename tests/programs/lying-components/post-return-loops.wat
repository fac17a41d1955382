;; Does not come back after its result was read.
;; limits: wall_time_ms=300
;; expect: timeout
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "f") (result i32) (i32.const 7))
    (func (export "after") (param i32) (loop $again (br $again))))
  (core instance $i (instantiate $m))
  (func (export "f") (result u32)
    (canon lift (core func $i "f") (post-return (core func $i "after"))))
)
