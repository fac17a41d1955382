;; Says that its result lies at an odd address.
;; expect: trap pointer not aligned
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "f") (result i32) (i32.const 17))
  )
  (core instance $i (instantiate $m))
  (func (export "f") (result string)
    (canon lift (core func $i "f") (memory (core memory $i "memory"))))
)
