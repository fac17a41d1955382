;; Says that its result lies beyond its memory.
;; expect: trap pointer out of bounds of memory
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "f") (result i32) (i32.const 65532))
  )
  (core instance $i (instantiate $m))
  (func (export "f") (result string)
    (canon lift (core func $i "f") (memory (core memory $i "memory"))))
)
